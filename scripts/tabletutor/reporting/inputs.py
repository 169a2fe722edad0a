"""Read the report's inputs from the artefacts. No other part of the report reads files of the results folder."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tabletutor.records.episode import Episode, Prediction, Verdict
from tabletutor.records.files import sha256_file
from tabletutor.records.look import Look
from tabletutor.records.question import Question, Reject
from tabletutor.records.record import Record, decode, read_record, read_records
from tabletutor.records.table import Splits, TableProfile
from tabletutor.reporting.arms import Arms
from tabletutor.reporting.comparison import Comparison
from tabletutor.reporting.summary import SummaryRow


class LossPoint(msgspec.Struct, frozen=True):
    """A line of a run's `metrics.ndjson`, without the fields that the report does not show."""

    step: int
    split: str
    loss: float


class SplitRows(msgspec.Struct, frozen=True):
    """Training rows of a split and dropped rows by reason, from a format's `stats.json`."""

    split: str
    rows: int
    dropped: dict[str, int] = {}


class FormatRows(msgspec.Struct, frozen=True):
    """A format's `stats.json`, without the fields that the report does not show."""

    format: str
    splits: tuple[SplitRows, ...]


class TableEntry(Record, frozen=True):
    """Licence and title of a table, from the table list."""

    licence: str = ""
    title: str = ""


@dataclass(frozen=True)
class ReportInputs:
    """Everything the report shows.

    `artefacts`: SHA-256 by path. `versions`: version by package. `settings`: the configuration, nested. `arms`: None
    without arms. `validation`: the summary on validation tables; empty if no run is graded on them. `looks`: all looks
    at test tables, also of runs that the report does not show.
    """

    title: str
    project: str
    entries: Mapping[str, TableEntry]
    profiles: Sequence[TableProfile]
    splits: Splits
    questions: Sequence[Question]
    rejects: Sequence[Reject]
    episodes: Sequence[Episode]
    verdicts: Sequence[Verdict]
    formats: Sequence[FormatRows]
    losses: Sequence[LossPoint]
    summary: Sequence[SummaryRow]
    comparison: Comparison
    error_kinds: Mapping[str, Mapping[str, str]]
    predictions: Sequence[Prediction]
    arms: Arms | None = None
    validation: Sequence[SummaryRow] = ()
    looks: Sequence[Look] = ()
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    artefacts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class ReportFiles:
    """The files the report reads.

    `profiles`, `questions`, `rejects`, `episodes` and `verdicts` hold one file per table. `losses` is empty if the
    candidate was not trained, `arms` if there are no arms, `validation` if no run is graded on validation tables.
    `ledger` holds one file per run that is graded on test tables. `hashed`: files of which the report shows only the
    SHA-256.
    """

    profiles: Sequence[Path]
    splits: Path
    questions: Sequence[Path]
    rejects: Sequence[Path]
    episodes: Sequence[Path]
    verdicts: Sequence[Path]
    formats: Sequence[Path]
    losses: Sequence[Path]
    scores: Sequence[Path]
    predictions: Path
    summary: Path
    comparison: Path
    arms: Sequence[Path] = ()
    validation: Sequence[Path] = ()
    ledger: Sequence[Path] = ()
    hashed: Sequence[Path] = ()

    @classmethod
    def of(cls, named: Mapping[str, str | Sequence[str]]) -> "ReportFiles":
        """Create the record from file names by field, as in Snakemake's named inputs."""
        values: dict[str, Any] = {}
        for name, value in named.items():
            paths = [Path(value)] if isinstance(value, str) else [Path(one) for one in value]
            values[name] = paths[0] if name in ("splits", "predictions", "summary", "comparison") else paths
        return cls(**values)

    def all(self) -> list[Path]:
        """Return every file once, sorted."""
        found: list[Path] = []
        for name in self.__dataclass_fields__:
            value: Path | Sequence[Path] = getattr(self, name)
            found += [value] if isinstance(value, Path) else value
        return sorted(set(found))


class ErrorKind(msgspec.Struct, frozen=True):
    question_id: str
    run: str
    correct: bool
    error_kind: str | None = None


def read_inputs(
    files: ReportFiles,
    title: str,
    project: str,
    entries: Mapping[str, TableEntry],
    settings: Mapping[str, Any],
    versions: Mapping[str, str],
    root: Path,
    other_looks: Sequence[str] = (),
) -> ReportInputs:
    """Read all artefacts.

    Args:
        files: The files to read.
        title: Title of the report.
        project: Name of the project.
        entries: Licence and title by table.
        settings: The configuration to show, nested.
        versions: Version by package.
        root: The results folder. The report names artefacts relative to it.
        other_looks: Lines of the ledgers of runs that the report does not show.

    Raises:
        ValueError: If a file does not fit its record. Names the file, and the line if there is one.
    """
    kinds: dict[str, dict[str, str]] = {}
    for path in files.scores:
        for row in read_records(path, ErrorKind):
            if not row.correct:
                kinds.setdefault(row.run, {})[row.question_id] = row.error_kind or "unnamed"
    return ReportInputs(
        title=title,
        project=project,
        entries=entries,
        profiles=[read_record(path, TableProfile) for path in files.profiles],
        splits=read_record(files.splits, Splits),
        questions=[row for path in files.questions for row in read_records(path, Question)],
        rejects=[row for path in files.rejects for row in read_records(path, Reject)],
        episodes=[row for path in files.episodes for row in read_records(path, Episode)],
        verdicts=[row for path in files.verdicts for row in read_records(path, Verdict)],
        formats=[read_record(path, FormatRows) for path in files.formats],
        losses=[row for path in files.losses for row in read_records(path, LossPoint)],
        summary=read_summary(files.summary),
        comparison=read_record(files.comparison, Comparison),
        error_kinds=kinds,
        predictions=read_records(files.predictions, Prediction),
        validation=[row for path in files.validation for row in read_summary(path)],
        looks=[
            *(look for path in files.ledger for look in read_records(path, Look)),
            *(decode(line.encode(), Look) for line in other_looks),
        ],
        arms=next((read_record(path, Arms) for path in files.arms), None),
        settings=settings,
        versions=versions,
        artefacts={_relative_name(path, root): sha256_file(path) for path in files.all() if path.is_file()},
    )


def read_summary(path: Path) -> list[SummaryRow]:
    """Return the rows of `metrics/summary.csv`. Raises ValueError with file and line for a malformed row."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        if tuple(next(reader, ())) != SummaryRow._fields:
            raise ValueError(f"{path}:1: the header must be {','.join(SummaryRow._fields)}")
        try:
            kinds = SummaryRow.__annotations__.values()
            return [
                SummaryRow(*(_parse_cell(kind, cell) for kind, cell in zip(kinds, row, strict=True))) for row in reader
            ]
        except ValueError as error:
            raise ValueError(f"{path}:{reader.line_num}: not a valid row of the summary: {error}") from error


def _parse_cell(kind: Any, cell: str) -> Any:
    """Return a cell of the summary as a value of its type. An empty cell is None if the type allows it."""
    if kind == float | None:
        return float(cell) if cell else None
    return kind(cell)


def _relative_name(path: Path, root: Path) -> str:
    """Return the path relative to `root`, or the file name alone if the file is outside."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
