"""What the report is made of: all of it data, read from the artefacts at the edge and from nowhere else."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tabletutor.records.episode import Episode, Prediction, Verdict
from tabletutor.records.files import sha256_file
from tabletutor.records.question import Question, Reject
from tabletutor.records.record import Record, read_record, read_records
from tabletutor.records.table import Splits, TableProfile
from tabletutor.reporting.arms import Arms
from tabletutor.reporting.comparison import Comparison
from tabletutor.reporting.summary import SummaryRow

T = TypeVar("T", bound=msgspec.Struct)


class LossPoint(msgspec.Struct, frozen=True):
    """A line of a run's `metrics.ndjson`; what else the line holds is not shown."""

    step: int
    split: str
    loss: float


class SplitRows(msgspec.Struct, frozen=True):
    """How many training rows a split has, and how many were left out, by reason (from a format's `stats.json`)."""

    split: str
    rows: int
    dropped: dict[str, int] = {}


class FormatRows(msgspec.Struct, frozen=True):
    """A format's `stats.json`, as far as the report shows it."""

    format: str
    splits: tuple[SplitRows, ...]


class TableEntry(Record, frozen=True):
    """What the table list says of a table."""

    licence: str = ""
    title: str = ""


@dataclass(frozen=True)
class ReportInputs:
    """Everything the report shows. `artefacts` is SHA-256 by path; `versions` by package; `settings` by key; `arms`
    is None where there are none.
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
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    artefacts: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class ReportFiles:
    """The files the report is read from. Lists hold one file a table; `losses` is empty where nothing was trained,
    `arms` where there are none.
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
    hashed: Sequence[Path] = ()

    @classmethod
    def of(cls, named: Mapping[str, str | Sequence[str]]) -> "ReportFiles":
        """From file names by field, as Snakemake's named inputs have them."""
        values: dict[str, Any] = {}
        for name, value in named.items():
            paths = [Path(value)] if isinstance(value, str) else [Path(one) for one in value]
            values[name] = paths[0] if name in ("splits", "predictions", "summary", "comparison") else paths
        return cls(**values)

    def all(self) -> list[Path]:
        """Every file, sorted."""
        found: list[Path] = []
        for name in self.__dataclass_fields__:
            value: Path | Sequence[Path] = getattr(self, name)
            found += [value] if isinstance(value, Path) else value
        return sorted(set(found))


class _ErrorKind(msgspec.Struct, frozen=True):
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
) -> ReportInputs:
    """Read all artefacts; paths are shown relative to `root`, the results folder. Raises ValueError naming the file."""
    kinds: dict[str, dict[str, str]] = {}
    for path in files.scores:
        for row in _lines(path, _ErrorKind):
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
        formats=[_document(path, FormatRows) for path in files.formats],
        losses=[row for path in files.losses for row in _lines(path, LossPoint)],
        summary=read_summary(files.summary),
        comparison=read_record(files.comparison, Comparison),
        error_kinds=kinds,
        predictions=read_records(files.predictions, Prediction),
        arms=next((read_record(path, Arms) for path in files.arms), None),
        settings=settings,
        versions=versions,
        artefacts={_shown(path, root): sha256_file(path) for path in files.all() if path.is_file()},
    )


def read_summary(path: Path) -> list[SummaryRow]:
    """The rows of `metrics/summary.csv`. Raises ValueError naming file and line where one does not fit."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        if tuple(next(reader, ())) != SummaryRow._fields:
            raise ValueError(f"{path}:1: the header is not {','.join(SummaryRow._fields)}")
        try:
            kinds = SummaryRow.__annotations__.values()
            return [SummaryRow(*(_value(kind, cell) for kind, cell in zip(kinds, row, strict=True))) for row in reader]
        except ValueError as error:
            raise ValueError(f"{path}:{reader.line_num}: not a row of the summary: {error}") from error


def _value(kind: Any, cell: str) -> Any:
    """A cell of the summary as its type has it; an empty one is None where it may be."""
    if kind == float | None:
        return float(cell) if cell else None
    return kind(cell)


def _lines(path: Path, kind: type[T]) -> list[T]:
    rows: list[T] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            rows.append(msgspec.json.decode(line, type=kind))
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise ValueError(f"{path}:{number}: not a {kind.__name__}: {error}") from error
    return rows


def _document(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ValueError(f"{path}: not a {kind.__name__}: {error}") from error


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
