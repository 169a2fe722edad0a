"""Read a file of questions and answers: CSV with a header, or JSON Lines, with the same names of columns and keys."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast, get_args

import msgspec

from tabletutor.config.nearest import suggestion
from tabletutor.records.question import AnswerType, Difficulty
from tabletutor.records.record import Record, decoder

PAIR_SUFFIXES = (".csv", ".jsonl", ".ndjson")
Name = Annotated[str, msgspec.Meta(min_length=1)]


class Pair(Record, frozen=True):
    """A question and its answer as a user wrote them. `answer` is JSON, or text that may spell JSON."""

    question: Name
    answer: Any
    answer_type: AnswerType | None = None
    item: AnswerType | None = None
    parts: dict[str, AnswerType] = msgspec.field(default_factory=dict[str, AnswerType])
    decimals: Annotated[int, msgspec.Meta(ge=0, le=15)] | None = None
    tolerance: Annotated[float, msgspec.Meta(ge=0)] | None = None
    unit: str | None = None
    hint: str = ""
    difficulty: Difficulty = "medium"
    id: Name | None = None


class WrittenPair(NamedTuple):
    """A pair with its place: the file, and the line on which it begins."""

    where: str
    pair: Pair


COLUMNS = Pair.__struct_fields__
_TYPES, _LEVELS = get_args(AnswerType), get_args(Difficulty)
_WANTED = {
    "parts": 'an object from each part\'s name to its type, such as {"mean": "number"}',
    "decimals": "a whole number from 0 to 15",
    "tolerance": "a number that is not negative",
}


def read_pairs(path: Path) -> list[WrittenPair]:
    """Return the pairs of a file in its order. Raises ValueError naming file, line and column of the first fault."""
    try:
        rows = list(_csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 at byte {error.start}; save it in UTF-8") from error
    if not rows:
        raise ValueError(f"{path}: no question; write some, or remove the file from questions.pairs")
    return [WrittenPair(where, _to_pair(where, values)) for where, values in rows]


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each row with its place. Empty cells are left out."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        header: list[str] | None = None
        line = 1
        try:
            for cells in reader:
                where, line = f"{path}:{line}", reader.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if header is None:
                    header = _header(where, cells)
                elif len(cells) != len(header):
                    raise ValueError(
                        f"{where}: {len(cells)} cells under {len(header)} columns; put a cell with a comma in quotes"
                    )
                else:
                    yield where, {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip()}
        except csv.Error as error:
            raise ValueError(f"{path}:{line}: not CSV: {error}; mend its quotes") from error


def _header(where: str, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{where}: column {repeated[0]!r} stands twice; remove one")
    _check_columns(where, dict.fromkeys(names, ""))
    return names


def _json_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each object with its place. Keys with null are left out."""
    for number, line in enumerate(path.read_text("utf-8-sig").split("\n"), start=1):
        where = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            row = decoder(object).decode(line)
        except msgspec.DecodeError as error:
            raise ValueError(f"{where}: not JSON: {error}; write one object on each line") from error
        if not isinstance(row, dict):
            raise ValueError(f"{where}: not a JSON object; write one object on each line")
        yield where, {name: value for name, value in cast("dict[str, Any]", row).items() if value is not None}


def _check_columns(where: str, values: dict[str, Any]) -> None:
    for name in values:
        if name not in COLUMNS:
            raise ValueError(f"{where}: no column is named {name!r}; {suggestion(name, COLUMNS)}")
    for name in ("question", "answer"):
        if name not in values:
            raise ValueError(f"{where}: {name} is missing; every pair needs a question and an answer")


def _to_pair(where: str, values: dict[str, Any]) -> Pair:
    _check_columns(where, values)
    given = {
        name: value.strip() if isinstance(value, str) and name not in ("answer", "hint") else value
        for name, value in values.items()
    }
    for name, known in (("answer_type", _TYPES), ("item", _TYPES), ("difficulty", _LEVELS)):
        if name in given and given[name] not in known:
            raise ValueError(f"{where}: {name}: {given[name]!r} is unknown; {suggestion(str(given[name]), known)}")
    try:
        if isinstance(given.get("parts"), str):
            given["parts"] = decoder(object).decode(given["parts"])
        return msgspec.convert(given, Pair, strict=False)
    except msgspec.ValidationError as error:
        column = str(error).rpartition("$.")[2].partition("[")[0].rstrip("`")
    except msgspec.DecodeError:
        column = "parts"
    raise ValueError(f"{where}: {column}: {given[column]!r} is not {_WANTED.get(column, 'a text, or is empty')}")
