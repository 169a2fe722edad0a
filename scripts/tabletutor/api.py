"""The public API of the library: functions for a single table, without a checkout and without Snakemake.

    from tabletutor import ask_questions, open_sandbox, profile

A table is the path of a CSV, or a pandas DataFrame, which is converted with `to_csv` and read as CSV. All other modules
are private and may change.
"""

import tempfile
from collections.abc import Generator, Sequence
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
from tabletutor.questions.registry import families_named
from tabletutor.records.episode import Episode
from tabletutor.records.question import AnswerSpec, AnswerType, Question
from tabletutor.records.record import read_records
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.guest.frame import read_frame
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.tables.ingest import ingest

Source = Path | str | pd.DataFrame

logger.disable("tabletutor")  # libraries log nothing by default; `logger.enable("tabletutor")` shows messages


@dataclass(frozen=True)
class Table:
    """A typed table.

    Attributes:
        profile: Its columns with kinds, units and ranges, and the remarks of reading it (`profile.warnings`).
        frame: The rows as code in the sandbox sees them.
    """

    profile: TableProfile
    frame: pd.DataFrame


def read_table(source: Source, config: TablesConfig | None = None) -> Table:
    """Read a table and give each column its type.

    Args:
        source: The path of a CSV, or a DataFrame.
        config: Missing markers, limits, handling of broken rows; default: those of the `tables` section.

    Returns:
        The profile and the typed rows.

    Raises:
        TableError: The file is not a table; the message names file, line and what to do. A ValueError.
    """
    with _ingest(source, config) as (table_profile, parquet):
        return Table(table_profile, read_frame(parquet))


def profile(source: Source, config: TablesConfig | None = None) -> TableProfile:
    """Return the profile of a table. Arguments and errors are those of `read_table`."""
    with _ingest(source, config) as (table_profile, _):
        return table_profile


def ask_questions(
    source: Source,
    count: int = 20,
    seed: int = 0,
    families: Sequence[str] | None = None,
    config: TablesConfig | None = None,
) -> list[Question]:
    """Generate questions about a table, each with an answer that three engines agree on.

    Args:
        source: The path of a CSV, or a DataFrame.
        count: The number of questions wanted; a small or plain table gives fewer.
        seed: The random seed; equal seeds give equal questions.
        families: The names of the question families to ask from; None asks from all, in turn.
        config: As for `read_table`.

    Returns:
        The questions by id, each with its text, answer, answer type and program.

    Raises:
        TableError: The file is not a table.
        ValueError: No question passed the checks, or there is no family of a name.
        SandboxError: The sandbox cannot start; `tabletutor doctor` says why.
    """
    chosen = families_named(families) if families is not None else None
    limits = ProgramQuestionsConfig(per_table={"train": count, "validation": 0, "test": 0})
    if families is not None:
        limits = limits.model_copy(update={"per_family": max(1, count)})
    with _ingest(source, config) as (_, parquet):
        place = parquet.parent
        build_questions(
            profile_path=place / "profile.json",
            parquet=parquet,
            split="train",
            config=limits,
            sandbox=SandboxConfig(),
            seed=seed,
            cache=place / "cache",
            code="tabletutor.ask_questions",
            questions=place / "questions.jsonl",
            rejects=place / "rejects.jsonl",
            families=chosen,
        )
        return read_questions(place / "questions.jsonl")


@contextmanager
def open_sandbox(source: Source | None = None, config: SandboxConfig | None = None) -> Generator[Sandbox]:
    """Open a sandbox for untrusted code, with a table as `df` if one is given.

        with open_sandbox("my.csv") as sandbox, sandbox.session() as session:
            print(session.run("df.describe()").stdout)

    Args:
        source: The path of a CSV, a DataFrame, or None.
        config: Limits, required layers, backend; default: those of the `sandbox` section.

    Raises:
        TableError: The file is not a table.
        SandboxError: The sandbox cannot start, or a required layer of protection is missing.
    """
    with ExitStack() as stack:
        parquet = None if source is None else stack.enter_context(_ingest(source, None))[1]
        yield stack.enter_context(Sandbox(parquet, config or SandboxConfig()))


def match(gold: Any, candidate: Any, answer_type: AnswerType, spec: AnswerSpec | None = None) -> bool:
    """Return whether two answers are equal.

    Args:
        gold: The right answer, as JSON.
        candidate: The answer to grade, as JSON; text such as "1,234" is parsed as the answer type.
        answer_type: "integer", "number", "percentage", "category", "boolean", "date", "list", "set", "mapping",
            "record" or "table".
        spec: Declared decimals, member type and types of the parts; default: full precision.

    Raises:
        ValueError: There is no such answer type, or a part of a record is a record itself.
    """
    return matching.match(gold, candidate, answer_type, spec or AnswerSpec(), VerdictsConfig())


def read_questions(path: Path | str) -> list[Question]:
    """Read the questions of a JSON Lines file, such as `results/questions/program/penguins_raw.jsonl`.

    Raises:
        ValueError: A line is not a question; the message names it.
    """
    return read_records(Path(path), Question)


def read_episodes(path: Path | str) -> list[Episode]:
    """Read the episodes of a JSON Lines file, such as `results/episodes/program/penguins_raw.jsonl`.

    Raises:
        ValueError: A line is not an episode; the message names it.
    """
    return read_records(Path(path), Episode)


@contextmanager
def _ingest(source: Source, config: TablesConfig | None) -> Generator[tuple[TableProfile, Path]]:
    """Yield a table's profile, and its Parquet file in a temporary folder that also has `profile.json`."""
    with tempfile.TemporaryDirectory(prefix="tabletutor-") as folder:
        place = Path(folder)
        if isinstance(source, pd.DataFrame):
            csv, name = place / "table.csv", "DataFrame"
            source.to_csv(csv, index=False)
        else:
            csv, name = Path(source), str(source)
        parquet = place / "table.parquet"
        table_profile = ingest(
            csv,
            table=csv.stem,
            source_path=name,
            config=config or TablesConfig(),
            parquet=parquet,
            profile=place / "profile.json",
        )
        yield table_profile, parquet
