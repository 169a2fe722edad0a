"""`tabletutor triangulate`, on episodes and verdicts as the workflow writes them."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import structs

from tabletutor.cli.triangulate import tables, triangulation
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.records.episode import Episode, Replay, Role, Trace, Turn
from tabletutor.records.question import Difficulty, Question
from tabletutor.records.record import write_records
from tabletutor.verdicts.verify import judge_table
from tests.support.cases import question

COMMAND = Path(sys.executable).with_name("tabletutor")
GOLD = 1.5


def trace(name: str, role: Role, answer: float | None) -> Trace:
    turn = Turn(0, "I submit.", f"submit({answer})", "")
    return Trace(name, role, "reader", (turn,), "turn_limit" if answer is None else "submit", answer)


def asked(name: str, source: str, difficulty: Difficulty) -> Question:
    engines = {"pandas": GOLD, "polars": GOLD} if source == "program" else {}
    return structs.replace(question(name), source=source, difficulty=difficulty, engines=engines)


def write_project(folder: Path, votes: Sequence[tuple[str, Difficulty, Sequence[float | None]]]) -> Path:
    """Write a results folder with one question per vote: its source, difficulty and independent answers."""
    source = "mixed" if any(name != "program" for name, _, _ in votes) else "program"
    questions, episodes, replays, verdicts = (
        folder / stage / source / "t.jsonl" for stage in ("questions", "episodes", "replays", "verdicts")
    )
    made: list[Episode] = []
    for number, (_, _, answers) in enumerate(votes):
        independent = [trace(f"q{number}-{place}", "independent", each) for place, each in enumerate(answers)]
        made.append(Episode(f"e{number}", f"q{number}", "t", (trace(f"q{number}-gold", "gold", GOLD), *independent)))
    write_records(questions, [asked(f"q{number}", *vote[:2]) for number, vote in enumerate(votes)])
    write_records(episodes, made)
    write_records(
        replays,
        [Replay(each.question_id, "t", {trace.trace_id: ((),) for trace in each.traces}) for each in made],
    )
    judge_table(VerdictsConfig(), episodes=episodes, questions=questions, replays=replays, output=verdicts)
    return folder


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, "triangulate", *arguments], capture_output=True, text=True, check=False)


def test_the_votes_on_file_are_replayed_by_source_and_difficulty(tmp_path: Path) -> None:
    results = write_project(
        tmp_path,
        [
            ("llm", "easy", [GOLD, GOLD, GOLD]),
            ("llm", "hard", [GOLD, 2, None]),
            ("pairs", "hard", [GOLD, GOLD, 2]),
            ("pairs", "hard", [2, 2, 2]),
            ("program", "easy", []),
        ],
    )
    done = run(results, "--replay", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    groups = {group["group"]: group for group in found["groups"]}
    assert list(groups) == ["all", "source llm", "source pairs", "difficulty easy", "difficulty hard"]
    assert (found["questions"], found["stopped"], groups["all"]["read"], groups["all"]["verified"]) == (5, False, 4, 2)
    everything = groups["all"]["replayed"]
    assert [row["n"] for row in everything] == [1, 2, 3]
    assert [row["verified"] for row in everything] == pytest.approx([0, (1 + 0 + 1 / 3 + 0) / 4, 2 / 4])
    assert all(row["low"] <= row["verified"] <= row["high"] for row in everything)
    # With a cap of 3, two equal answers settle a vote; so do two traces that agree on nothing.
    assert everything[2]["mean_traces"] == pytest.approx((2 + 3 + (2 + 3 + 3) / 3 + 2) / 4)
    assert [row["verified"] for row in groups["difficulty hard"]["replayed"]] == pytest.approx([0, 1 / 9, 1 / 3])


def test_tables_say_when_votes_were_stopped(tmp_path: Path) -> None:
    results = write_project(tmp_path, [("program", "easy", [GOLD, GOLD]), ("program", "hard", [GOLD, 2, 2])])
    done = run(results, "--replay")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 of 2 questions have independent traces.\n")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if "|" in line]
    assert ["all", "2", "5", "2.5", "50.0%"] in rows
    assert ["all", "2", "2", "50.0%", "9.5% to 90.5%", "2.00"] in rows
    assert ["all", "3", "1", "0.0%", "0.0% to 79.3%", "2.67"] in rows
    assert "set traces.first equal to traces.cap" in done.stdout
    brief = [each for each in tables(triangulation(results, replay=False)) if isinstance(each, str)]
    assert brief[-1] == "Replay the votes with fewer traces: add --replay."


def test_without_independent_traces_it_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no verdicts; name a results folder"):
        triangulation(tmp_path, replay=True)
    results = write_project(tmp_path, [("program", "easy", [])])
    with pytest.raises(ValueError, match=r"none of 1 questions has an independent trace.*Set traces\.teacher"):
        triangulation(results, replay=True)
    write_records(results / "questions/program/t.jsonl", list[Question]())
    with pytest.raises(ValueError, match="question q0 of the episodes has no verdict"):
        triangulation(results, replay=True)
