"""The report's figures on language models that answered, from records made by hand."""

import re
from typing import Any

from tabletutor.records.episode import Ended, Episode, Role, Taxonomy, Trace, Turn, Verdict
from tabletutor.records.question import AnswerSpec, Difficulty, Question
from tabletutor.reporting.readers import Uplift, readers_section
from tabletutor.reporting.render import templates


def question(name: str, source: str, difficulty: Difficulty) -> Question:
    return Question(
        question_id=name, table="t", source=source, text=name, answer_type="integer", answer_spec=AnswerSpec(),
        answer=1, family=source, category="", wording="", novelty="trained", difficulty=difficulty,
    )  # fmt: skip


def trace(name: str, role: Role, answer: int, teacher: str = "reader", ended: Ended = "submit") -> Trace:
    turns = (Turn(0, "", "df" if ended == "submit" else "", ""), Turn(1, "", "submit(1)", ""))
    return Trace(name, role, teacher, turns, ended, answer)


def verdict(name: str, taxonomy: Taxonomy, right: dict[str, bool], independent: int, entropy: float | None) -> Verdict:
    agreeing = sum(each for trace_id, each in right.items() if trace_id.startswith("i"))
    return Verdict(
        name, "t", taxonomy == "verified", 1, (), {}, taxonomy, right, independent=independent, agreeing=agreeing,
        entropy=entropy,
    )  # fmt: skip


QUESTIONS = [question("p", "program", "easy"), question("u", "program", "easy"), question("l", "llm", "hard")]
EPISODES = [
    Episode(
        "1", "p", "t",
        (
            trace("g", "gold", 1, "program"), trace("i1", "independent", 1), trace("i2", "independent", 2),
            trace("i3", "independent", 1),
        ),
    ),
    Episode("2", "u", "t", (trace("g", "gold", 1, "program"),)),
    Episode("3", "l", "t", (trace("g", "gold", 1), trace("i1", "independent", 2, ended="turn_limit"))),
]  # fmt: skip
VERDICTS = [
    verdict("p", "verified", {"g": True, "i1": True, "i2": False, "i3": True}, 3, 0.9),
    verdict("u", "verified", {"g": True}, 0, None),
    verdict("l", "too_hard", {"g": True, "i1": False}, 1, None),
]


def test_figures_are_of_the_questions_that_language_models_answered() -> None:
    section: Any = readers_section(QUESTIONS, EPISODES, VERDICTS, 0.95)
    assert (section["questions"], section["traces"], section["turns"], section["turns_without_code"]) == (2, 5, 10, 1)
    groups = {
        label: {name: (dict(counts), entropy) for name, counts, entropy in rows} for label, rows in section["groups"]
    }
    assert groups["source"] == {"program": ({"verified": 1}, 0.9), "llm": ({"too_hard": 1}, None)}
    assert groups["difficulty"] == {"easy": ({"verified": 1}, 0.9), "hard": ({"too_hard": 1}, None)}
    assert groups["table"] == {"t": ({"verified": 1, "too_hard": 1}, 0.9)}
    (reader,) = section["readers"]
    assert (reader["teacher"], reader["right"], reader["n"]) == ("reader", 2, 3)
    assert section["uplift"] == Uplift(1, 1.0, 0.0), "the gold trace of a program has seen no hint"


def test_the_section_shows_them() -> None:
    section = readers_section(QUESTIONS, EPISODES, VERDICTS, 0.95)
    text = " ".join(
        re.sub(r"<[^>]+>", " ", templates().get_template("readers.html.j2").render(readers=section)).split()
    )
    assert "answered 2 questions in 5 traces" in text
    assert "reader is right in 66.7 % of 3 traces" in text
    assert "Hint uplift over 1 question: 100.0 % of the traces with the hint" in text
    assert "source llm – – – 1 – 0.0 % – program 1 – – – – 100.0 % 0.90" in text


def test_without_language_models_there_is_no_section() -> None:
    assert readers_section(QUESTIONS[1:2], EPISODES[1:2], VERDICTS[1:2], 0.95) is None
