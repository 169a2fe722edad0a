"""The public surface of the library: what works on one table, without a checkout and without Snakemake.

    from tabletutor import ask_questions, open_sandbox, profile

A table is the path of a CSV, or a pandas DataFrame, which is read as the CSV that `to_csv` makes of it. Everything
behind these functions is private and may change.
"""

import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from loguru import logger

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching import match as matching
from tabletutor.questions.build import build_questions
from tabletutor.records.episode import Episode
from tabletutor.records.question import AnswerSpec, AnswerType, Question
from tabletutor.records.record import read_records
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.guest.frame import read_frame
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.tables.ingest import ingest

Source = Path | str | pd.DataFrame

logger.disable("tabletutor")  # a library is silent; `logger.enable("tabletutor")` shows what it does


@dataclass(frozen=True)
class Table:
    """A typed table.

    Attributes:
        profile: Its columns with kinds, units and ranges, and what intake has to say of it (`profile.warnings`).
        frame: The rows as cells in the sandbox see them.
    """

    profile: TableProfile
    frame: pd.DataFrame


def read_table(source: Source, config: TablesConfig | None = None) -> Table:
    """Read a table and give each column its type.

    Args:
        source: The path of a CSV, or a DataFrame.
        config: Missing markers, limits, what happens to broken rows; the defaults of the `tables` section if None.

    Returns:
        The profile and the typed rows.

    Raises:
        TableError: The file cannot be a table; the message names file, line and what to do. A ValueError.
    """
    with _ingested(source, config) as (found, parquet):
        return Table(found, read_frame(parquet))


def profile(source: Source, config: TablesConfig | None = None) -> TableProfile:
    """The profile of a table: see `read_table`, which has the same arguments and errors."""
    with _ingested(source, config) as (found, _):
        return found


def ask_questions(source: Source, count: int = 20, seed: int = 0, config: TablesConfig | None = None) -> list[Question]:
    """Ask questions about a table. Three engines agree on the answer of each.

    Args:
        source: The path of a CSV, or a DataFrame.
        count: How many questions are wanted; a small or plain table gives fewer.
        seed: Another seed draws other questions; the same one the same.
        config: As for `read_table`.

    Returns:
        The questions by id, each with text, answer, type of the answer and the program that gives it.

    Raises:
        TableError: The file cannot be a table.
        ValueError: Not one question survived.
        SandboxError: The sandbox did not start; `tabletutor doctor` says why.
    """
    with _ingested(source, config) as (_, parquet):
        place = parquet.parent
        build_questions(
            profile_path=place / "profile.json",
            parquet=parquet,
            split="train",
            config=ProgramQuestionsConfig(per_table={"train": count, "validation": 0, "test": 0}),
            sandbox=SandboxConfig(),
            seed=seed,
            cache=place / "cache",
            code="tabletutor.ask_questions",
            questions=place / "questions.jsonl",
            rejects=place / "rejects.jsonl",
        )
        return read_questions(place / "questions.jsonl")


@contextmanager
def open_sandbox(source: Source | None = None, config: SandboxConfig | None = None) -> Generator[Sandbox]:
    """A sandbox in which untrusted cells run, with a table as `df` if one is given.

        with open_sandbox("my.csv") as sandbox, sandbox.session() as session:
            print(session.run("df.describe()").stdout)

    Args:
        source: The path of a CSV, a DataFrame, or None.
        config: Limits, required layers, backend; the defaults of the `sandbox` section if None.

    Raises:
        TableError: The file cannot be a table.
        SandboxError: The sandbox did not start, or a required layer of protection does not stand.
    """
    with ExitStack() as stack:
        parquet = None if source is None else stack.enter_context(_ingested(source, None))[1]
        yield stack.enter_context(Sandbox(parquet, config or SandboxConfig()))


def match(gold: Any, candidate: Any, answer_type: AnswerType, spec: AnswerSpec | None = None) -> bool:
    """Whether two answers are the same.

    Args:
        gold: The right answer, as JSON.
        candidate: The answer to grade, as JSON; text such as "1,234" is read as the type says.
        answer_type: "integer", "number", "percentage", "category", "boolean", "date", "list", "set" or "mapping".
        spec: Declared decimals and the type of members; full precision if None.

    Raises:
        ValueError: There is no such answer type.
    """
    return matching.match(gold, candidate, answer_type, spec or AnswerSpec(), VerdictsConfig())


def read_questions(path: Path | str) -> list[Question]:
    """The questions of a JSON Lines file, such as `results/questions/program/penguins_raw.jsonl`.

    Raises:
        ValueError: A line is no question; the message names it.
    """
    return read_records(Path(path), Question)


def read_episodes(path: Path | str) -> list[Episode]:
    """The episodes of a JSON Lines file, such as `results/episodes/program/penguins_raw.jsonl`.

    Raises:
        ValueError: A line is no episode; the message names it.
    """
    return read_records(Path(path), Episode)


@contextmanager
def _ingested(source: Source, config: TablesConfig | None) -> Generator[tuple[TableProfile, Path]]:
    """The profile of a table, and its Parquet file in a temporary folder with `profile.json` beside it."""
    with tempfile.TemporaryDirectory(prefix="tabletutor-") as folder:
        place = Path(folder)
        if isinstance(source, pd.DataFrame):
            csv, name = place / "table.csv", "DataFrame"
            source.to_csv(csv, index=False)
        else:
            csv, name = Path(source), str(source)
        parquet = place / "table.parquet"
        found = ingest(csv, csv.stem, name, config or TablesConfig(), parquet, place / "profile.json")
        yield found, parquet
