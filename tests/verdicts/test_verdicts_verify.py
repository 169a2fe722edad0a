"""Verdicts on episodes."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.records.episode import Ended, Episode, Replay, Role, Trace, Turn, Verdict
from tabletutor.records.question import AnswerSpec, Question
from tabletutor.records.record import read_records, write_records
from tabletutor.verdicts.verified_questions import write_verified
from tabletutor.verdicts.verify import judge, judge_all, judge_table

CONFIG = VerdictsConfig()
AGREEING = {"pandas": 12.5, "duckdb": 12.5, "polars": 12.500000001}


def question(source: str = "program", answer: Any = 12.5, engines: dict[str, Any] | None = None) -> Question:
    return Question(
        question_id="q1",
        table="weather",
        source=source,
        text="What is the mean of wind?",
        answer_type="number",
        answer_spec=AnswerSpec(),
        answer=answer,
        family="mean",
        category="aggregate",
        wording="mean-1",
        novelty="trained",
        difficulty="easy",
        engines=AGREEING if engines is None else engines,
    )


def trace(name: str, role: Role, answer: Any, ended: Ended = "submit") -> Trace:
    return Trace(trace_id=name, role=role, teacher="program", turns=(), ended=ended, answer=answer)


def episode(*traces: Trace) -> Episode:
    return Episode(episode_id="e1", question_id="q1", table="weather", traces=traces)


def replayed(judged: Episode) -> Replay:
    """Return the replay of traces without turns."""
    return Replay(judged.question_id, judged.table, {each.trace_id: () for each in judged.traces})


def verdict_on(judged: Episode, asked: Question) -> Verdict:
    return judge(judged, asked, replayed(judged), CONFIG)


def test_a_program_question_is_verified_when_engines_and_the_gold_trace_agree() -> None:
    verdict = verdict_on(
        episode(trace("g", "gold", "12.5"), trace("p", "perturbed", 13.0), trace("r", "perturbed", 12.5)), question()
    )
    assert (verdict.verified, verdict.taxonomy, verdict.answer) == (True, "verified", 12.5)
    assert verdict.trace_correct == {"g": True, "p": False, "r": True}
    assert {vote.voter: vote.cluster for vote in verdict.votes} == {
        "engine:duckdb": 0,
        "engine:pandas": 0,
        "engine:polars": 0,
        "g": 0,
    }


@pytest.mark.parametrize(
    ("gold", "engines", "taxonomy"),
    [
        (trace("g", "gold", 13.0), AGREEING, "ambiguous"),
        (trace("g", "gold", 12.5), {"pandas": 12.5, "duckdb": 12.5, "polars": 12.6}, "ambiguous"),
        (trace("g", "gold", 12.5), {"pandas": 12.6, "duckdb": 12.6, "polars": 12.6}, "ambiguous"),
        (trace("g", "gold", 12.5), {"pandas": 12.5}, "ambiguous"),
        (trace("g", "gold", 12.5), {}, "ambiguous"),
        (trace("g", "gold", 12.5, "turn_limit"), AGREEING, "execution_failure"),
        (trace("p", "perturbed", 12.5), AGREEING, "execution_failure"),
    ],
)
def test_a_program_question_is_not_verified(gold: Trace, engines: dict[str, Any], taxonomy: str) -> None:
    verdict = verdict_on(episode(gold), question(engines=engines))
    assert (verdict.verified, verdict.taxonomy) == (False, taxonomy)


def test_two_engines_that_agree_are_enough() -> None:
    verdict = verdict_on(episode(trace("g", "gold", 12.5)), question(engines={"pandas": 12.5, "duckdb": 12.5}))
    assert verdict.taxonomy == "verified"


def test_an_answer_counts_only_when_it_was_submitted() -> None:
    verdict = verdict_on(
        episode(trace("g", "gold", 12.5), trace("i", "independent", 12.5, "time")), question(source="llm")
    )
    assert verdict.trace_correct == {"g": True, "i": False}
    assert "i" not in {vote.voter for vote in verdict.votes}


@pytest.mark.parametrize(
    ("answers", "taxonomy"),
    [
        ([5, 5, 5], "verified"),
        ([5, 5, 7], "verified"),
        ([5, 5, 7, 7], "ambiguous"),  # half is not a majority
        ([5, 5, 6, 7, 8], "ambiguous"),  # a plurality is not a majority
        ([5, 5, None, None], "ambiguous"),  # traces without an answer count in the total
        ([5], "ambiguous"),  # one agreeing trace is not enough
        ([7, 7, 8], "hint_necessary"),
        ([7, 7, 8, 6], "too_hard"),  # half is not a majority here either
        ([6, 7, 8], "too_hard"),
        ([None, None], "too_hard"),
        ([], "ambiguous"),
    ],
)
def test_other_questions_need_a_strict_majority_of_two_independent_traces(answers: list[Any], taxonomy: str) -> None:
    traces = [
        trace(f"i{n}", "independent", answer, "submit" if answer is not None else "crash")
        for n, answer in enumerate(answers)
    ]
    verdict = verdict_on(episode(trace("g", "gold", 5), *traces), question(source="llm", answer=None, engines={}))
    assert (verdict.verified, verdict.taxonomy, verdict.answer) == (taxonomy == "verified", taxonomy, 5)


def test_a_question_whose_answer_is_guessed_without_data_is_not_verified() -> None:
    judged = episode(trace("g", "gold", 5), *(trace(f"i{n}", "independent", 5) for n in range(3)))
    asked = question(source="llm", answer=None, engines={})
    for guess, taxonomy, flag in (("5.0", "ambiguous", True), (6, "verified", UNSET), (None, "verified", UNSET)):
        verdict = verdict_on(judged, replace(asked, control=guess))
        assert (verdict.taxonomy, verdict.verified, verdict.guessable) == (taxonomy, taxonomy == "verified", flag)
    wrong = verdict_on(episode(trace("g", "gold", 5), trace("i", "independent", 7)), replace(asked, control=5))
    assert (wrong.taxonomy, wrong.guessable) == ("hint_necessary", True), "other reasons stay"


def test_the_engines_of_another_source_must_agree_too() -> None:
    judged = episode(trace("g", "gold", 12.5), *(trace(f"i{n}", "independent", 12.5) for n in range(3)))
    asked = replace(question(source="llm"), program={"steps": [{"op": "count"}]})
    assert verdict_on(judged, asked).verified
    assert verdict_on(judged, replace(asked, engines={**AGREEING, "polars": 13})).taxonomy == "ambiguous"


@pytest.mark.parametrize(
    ("answers", "agree", "not_against"),
    [
        ([], "verified", "verified"),
        ([12.5, 12.5, 7], "verified", "verified"),
        ([12.5, 7, 8], "ambiguous", "verified"),
        ([None, None], "too_hard", "verified"),
        ([7, 8, 12.5], "ambiguous", "verified"),
        ([7, 7, 12.5], "ambiguous", "ambiguous"),  # a majority for another answer
        ([7, 7, 8], "hint_necessary", "hint_necessary"),
    ],
)
def test_a_program_question_that_was_read_needs_its_readers(answers: list[Any], agree: str, not_against: str) -> None:
    traces = [
        trace(f"i{n}", "independent", answer, "submit" if answer is not None else "crash")
        for n, answer in enumerate(answers)
    ]
    judged = episode(trace("g", "gold", 12.5), *traces)
    verdict = verdict_on(judged, question())
    assert verdict.taxonomy == agree
    assert (verdict.independent, verdict.agreeing) == (len(answers), answers.count(12.5))
    assert judge(judged, question(), replayed(judged), VerdictsConfig(readers="not_against")).taxonomy == not_against


def test_the_entropy_is_that_of_the_answers() -> None:
    def entropy(*answers: Any) -> float | None:
        traces = [trace(f"i{n}", "independent", answer) for n, answer in enumerate(answers)]
        return verdict_on(episode(trace("g", "gold", 12.5), *traces), question()).entropy

    assert (entropy(), entropy(7), entropy(7, 7), entropy(7, 8), entropy(6, 7, 8, 9)) == (None, 0, 0, 1, 2)


def test_a_stated_answer_is_the_measure_and_the_gold_trace_must_meet_it() -> None:
    traces = [trace("g", "gold", 5), *(trace(f"i{n}", "independent", 5) for n in range(3))]
    verdict = verdict_on(episode(*traces), question(source="pairs", answer=6.0, engines={}))
    assert (verdict.verified, verdict.taxonomy, verdict.answer) == (False, "ambiguous", 6.0)
    assert not any(verdict.trace_correct.values())


def test_a_table_is_judged_from_file_to_file_in_the_order_of_question_ids(tmp_path: Path) -> None:
    names = ("episodes.jsonl", "questions.jsonl", "replays.jsonl", "verdicts.jsonl")
    episodes, questions, replays, out = (tmp_path / name for name in names)
    write_records(questions, [question()])
    write_records(episodes, [judged := episode(trace("g", "gold", 12.5))])
    write_records(replays, [replayed(judged)])
    assert judge_table(CONFIG, episodes=episodes, questions=questions, replays=replays, output=out) == 1
    assert [verdict.verified for verdict in read_records(out, Verdict)] == [True]


def test_episodes_and_questions_that_do_not_belong_together_are_an_error(tmp_path: Path) -> None:
    one = episode(trace("g", "gold", 12.5))
    with pytest.raises(ValueError, match="question q1 has 0 episodes"):
        judge_all([], [question()], [], CONFIG)
    with pytest.raises(ValueError, match="question q1 has 2 episodes"):
        judge_all([one, one], [question()], [], CONFIG)
    with pytest.raises(ValueError, match="not among the questions"):
        judge_all([one], [], [], CONFIG)
    with pytest.raises(ValueError, match="2 gold traces"):
        verdict_on(episode(trace("g", "gold", 1), trace("h", "gold", 1)), question())
    two = Episode("e2", "q2", "weather", one.traces)
    second = msgspec.structs.replace(question(), question_id="q2")
    with pytest.raises(ValueError, match="question q1 has not been replayed"):
        judge_all([two, one], [second, question()], [], CONFIG)
    with pytest.raises(ValueError, match="not of the traces"):
        judge(one, question(), replayed(episode(trace("h", "gold", 12.5))), CONFIG)
    write_records(tmp_path / "episodes.jsonl", [one])
    write_records(tmp_path / "replays.jsonl", [replayed(one)])
    (tmp_path / "questions.jsonl").write_text("{}\n")
    files = {name: tmp_path / f"{name}.jsonl" for name in ("episodes", "questions", "replays")}
    with pytest.raises(ValueError, match=r"questions\.jsonl:1: not a Question"):
        judge_table(CONFIG, **files, output=tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_an_episode_of_another_question_or_table_is_refused() -> None:
    one = episode(trace("g", "gold", 12.5))
    for change in ({"question_id": "q2"}, {"table": "sales"}):
        other = msgspec.structs.replace(question(), **change)
        with pytest.raises(ValueError, match="episode e1 belongs to question q1 on table 'weather', not to question"):
            judge(one, other, replayed(one), CONFIG)


def test_without_an_answer_nothing_is_right() -> None:
    asked = question(source="llm", answer=None, engines={})
    nothing = episode(trace("i", "independent", None), trace("j", "independent", 5))
    verdict = verdict_on(nothing, asked)
    assert (verdict.answer, verdict.taxonomy) == (None, "execution_failure")
    assert verdict.trace_correct == {"i": False, "j": False}
    stopped = verdict_on(episode(trace("g", "gold", 5, "time"), trace("i", "independent", 5)), asked)
    assert (stopped.answer, stopped.taxonomy, stopped.trace_correct["i"]) == (None, "execution_failure", False)


def test_steps_are_labelled_where_the_question_is_verified_and_nowhere_else() -> None:
    look = Turn(0, "Look.", "df.head()", "")
    gold = msgspec.structs.replace(trace("g", "gold", 12.5), turns=(look,))
    wrong = msgspec.structs.replace(trace("p", "perturbed", 13.0), turns=(look,))
    judged = episode(gold, wrong)
    replay = Replay("q1", "weather", {"g": ((),), "p": ((),)})
    verdict = judge(judged, question(), replay, CONFIG)
    assert verdict.step_labels == {"g": ("correct",), "p": ("wrong",)}
    assert judge(judged, question(engines={}), replay, CONFIG).step_labels == {}
    with pytest.raises(ValueError, match="the replay of question q1 is not of the traces of its episode"):
        judge(judged, question(), Replay("q1", "weather", {"g": ((), ()), "p": ((),)}), CONFIG)


def test_verdicts_are_in_the_order_of_question_ids() -> None:
    second = msgspec.structs.replace(question(), question_id="q2")
    episodes = [Episode(f"e{n}", f"q{n}", "weather", (trace("g", "gold", 12.5),)) for n in (2, 1)]
    replays = [replayed(each) for each in episodes]
    verdicts = judge_all(episodes, [second, question()], replays, CONFIG)
    assert [verdict.question_id for verdict in verdicts] == ["q1", "q2"]
    assert all(verdict.verified for verdict in verdicts)


def test_students_are_graded_on_verified_questions_and_on_all_of_a_users_own(tmp_path: Path) -> None:
    asked = [
        replace(question(source, answer), question_id=name)
        for name, source, answer in (("a", "llm", None), ("b", "llm", None), ("c", "pairs", 3), ("d", "program", 4))
    ]
    verdicts = [
        Verdict(each.question_id, each.table, each.question_id in "ad", 5, (), {}, "verified", {}) for each in asked
    ]
    write_records(tmp_path / "questions", asked)
    write_records(tmp_path / "verdicts", verdicts)
    write_verified(questions=tmp_path / "questions", verdicts=tmp_path / "verdicts", output=tmp_path / "output")
    graded = {each.question_id: each.answer for each in read_records(tmp_path / "output", Question)}
    assert graded == {"a": 5, "c": 3, "d": 5}
