"""A small real project, from CSVs to verdicts; and a case made by hand, of which all is known."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.schema import EpisodesConfig, ProgramQuestionsConfig, TablesConfig, VerdictsConfig
from tabletutor.episodes.build import build_episodes
from tabletutor.formats.case import Case
from tabletutor.questions.build import build_questions
from tabletutor.records.episode import Episode, Hook, StepLabel, Trace, Turn, Verdict
from tabletutor.records.question import AnswerSpec, Question
from tabletutor.records.record import write_record
from tabletutor.records.table import ColumnProfile, Source, Split, Splits, TableProfile, TableSplit
from tabletutor.tables.ingest import ingest
from tabletutor.verdicts.judge import judge_table
from tabletutor.verdicts.replay import build_replays

TABLES = Path(__file__).parents[2] / "resources" / "tables"
SPLIT: dict[str, Split] = {"gapminder": "train", "mpg": "train", "penguins_raw": "validation", "msleep": "test"}


class Built(NamedTuple):
    """A project's files: the results folder, and for each table its profile, questions, episodes and verdicts."""

    results: Path
    tables: dict[str, tuple[Path, Path, Path, Path]]
    splits: Path


@pytest.fixture(scope="session")
def built(once: Callable[[str, Callable[[Path], object]], Path]) -> Built:
    results = once("formats", make_project) / "results"
    parts = ("questions", "episodes", "verdicts")
    tables = {
        name: (results / f"tables/{name}/profile.json", *(results / f"{part}/program/{name}.jsonl" for part in parts))
        for name in SPLIT
    }
    return Built(results, tables, results / "splits.json")


def make_project(folder: Path) -> None:
    results, cache, sandbox = folder / "results", folder / "cache", SandboxConfig()
    splits = tuple(TableSplit(name, name, split, True) for name, split in SPLIT.items())
    write_record(results / "splits.json", Splits(splits))
    asked = ProgramQuestionsConfig(per_table={"train": 24, "validation": 12, "test": 6}, per_family=3)
    for name, split in SPLIT.items():
        parquet, profile = (results / "tables" / name / file for file in ("table.parquet", "profile.json"))
        parquet.parent.mkdir(parents=True)
        ingest(TABLES / f"{name}.csv", name, f"{name}.csv", TablesConfig(), parquet, profile)
        questions, rejects, episodes, replays, verdicts = (
            results / part / "program" / f"{name}.jsonl"
            for part in ("questions", "rejects", "episodes", "replays", "verdicts")
        )
        build_questions(profile, parquet, split, asked, sandbox, 0, cache, "code", questions, rejects)
        build_episodes(questions, profile, parquet, EpisodesConfig(perturbed=2), sandbox, 0, cache, "code", episodes)
        build_replays(episodes, name, parquet, sandbox, cache, "code", replays)
        judge_table(episodes, questions, replays, verdicts, VerdictsConfig())


HINT = "Keep rows where wind > 5, then take the mean of wind."
PLAN = "Keep the windy days, then take the mean."
PROFILE = TableProfile("t", "00", Source("t.csv", 1, "utf-8", {}), 9, (ColumnProfile("wind", "number", 1, 5),))


def turns(*codes: str, plan: str = PLAN, mends: int | None = None) -> tuple[Turn, ...]:
    """A look with a plan, then these cells; the last one mends the turn `mends`."""
    look = Turn(0, plan, "df.head(1)", "   wind\n0   1.5\n")
    cells = [
        Turn(place, f"Step {place}.", code, "", hooks=(Hook(f"n{place}", place, "00"),))
        for place, code in enumerate(codes, start=1)
    ]
    if mends is not None:
        cells[-1] = Turn(len(codes), "That was wrong.", codes[-1], "", corrects_turn=mends)
    return (look, *cells)


def trace(name: str, *cells: Turn, answer: float = 1.5, mistake: str | None = None) -> Trace:
    return Trace(name, "perturbed" if mistake else "gold", "program", cells, "submit", answer, mistake)


GOLD = trace("gold", *turns("rows = df[df['wind'] > 5]", "submit(rows['wind'].mean())"))
SLIP = trace("slip", *turns("rows = df[df['wind'] < 5]", "submit(rows['wind'].mean())"), answer=9, mistake="wrong_end")
MISLED = trace("misled", *turns("submit(df['wind'].sum())", plan="Take the sum."), answer=7, mistake="wrong_aggregate")
MENDED = trace("mended", *turns("answer = 3", "submit(1.5)", mends=1), mistake="wrong_end_mended")
LUCKY = trace("lucky", *turns("rows = df[df['wind'] >= 5]", "submit(rows['wind'].mean())"), mistake="wrong_boundary")
LABELS: dict[str, tuple[StepLabel, ...]] = {
    "gold": ("correct", "correct", "correct"),
    "slip": ("correct", "wrong", "wrong"),
    "misled": ("correctable", "wrong"),
    "mended": ("correct", "correctable", "correct"),
    "lucky": ("correct", "correctable", "correct"),
}


def question(name: str = "q", text: str = "What is the mean wind?") -> Question:
    return Question(
        question_id=name, table="t", source="program", text=text, answer_type="number", answer_spec=AnswerSpec(),
        answer=1.5, family="aggregate", category="aggregate", wording="aggregate/0", novelty="trained",
        difficulty="easy", hint=HINT,
    )  # fmt: skip


@pytest.fixture
def case() -> Case:
    traces = (GOLD, SLIP, MISLED, MENDED, LUCKY)
    correct = {each.trace_id: each.answer == 1.5 for each in traces}
    verdict = Verdict("q", "t", True, 1.5, (), {}, "verified", correct, LABELS)
    return Case(Episode("e", "q", "t", traces), verdict, question(), PROFILE)
