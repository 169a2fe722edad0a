"""Read the table list (`tables.tsv`): a project's CSVs, and the split each is pinned to."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from tabletutor.config.nearest import closest
from tabletutor.records.record import Record
from tabletutor.records.table import Split

REQUIRED = ("table", "path")
OPTIONAL = ("split", "licence", "title", "dictionary")
SPLITS: tuple[Split, ...] = get_args(Split)
COLUMNS = f"the columns {', '.join(REQUIRED + OPTIONAL)}"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class TableListError(ValueError):
    """The table list is invalid. The message names file, line, column and what to do."""


class ListedTable(Record, frozen=True):
    """One line of the table list. `split` is None if not pinned; `path` and `dictionary` are relative to the project.

    `dictionary` is the path of the data dictionary, or "" for the one beside the CSV, if there is one.
    """

    table: str
    path: str
    split: Split | None = None
    licence: str = ""
    title: str = ""
    dictionary: str = ""


def listed_tables(entries: Mapping[str, Mapping[str, str]]) -> list[ListedTable]:
    """Return the tables of the workflow's parameter `tables`, which has path and split ("" for none) by name."""
    return [ListedTable(name, entry["path"], split_of(entry["split"])) for name, entry in entries.items()]


def split_of(text: str) -> Split | None:
    """Return the split of that name; None for an empty text."""
    return next((split for split in SPLITS if split == text), None)


def read_table_list(path: Path, root: Path = Path()) -> tuple[ListedTable, ...]:
    """Return the tables of a list, in its order. Blank lines and lines that start with `#` are ignored.

    CSV paths are relative to `root`. Raises TableListError for a missing list or CSV, unknown or missing columns, bad
    or repeated names, and unknown splits. The message has one line for each faulty line.
    """
    if not path.is_file():
        raise TableListError(f"{path}: no such file. Write a table list with {COLUMNS}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableListError(f"{path}: not UTF-8 (byte {error.start}). Save the table list as UTF-8.") from error
    lines = [(n, s) for n, s in enumerate(text.splitlines(), start=1) if s.strip() and not s.startswith("#")]
    if not lines:
        raise TableListError(f"{path}: the list is empty. Start it with {COLUMNS}.")
    columns = _columns(lines[0][1].split("\t"), path, lines[0][0])
    tables: list[ListedTable] = []
    seen: dict[str, int] = {}
    faults: list[str] = []
    for number, line in lines[1:]:
        try:
            listed = _table(line.split("\t"), columns, path, number)
            _check_file(listed, path, number, root)
        except TableListError as error:
            faults.append(str(error))
            continue
        if listed.table in seen:
            first = seen[listed.table]
            faults.append(f"{path}:{number}: table {listed.table!r} is already on line {first}. Rename one.")
            continue
        seen[listed.table] = number
        tables.append(listed)
    if faults:
        raise TableListError("\n".join(faults))
    if not tables:
        raise TableListError(f"{path}: the list has no tables. Add a line with a table's name and path.")
    return tuple(tables)


def _check_file(listed: ListedTable, path: Path, number: int, root: Path) -> None:
    if "{" in listed.path or "}" in listed.path:
        raise TableListError(
            f"{path}:{number}: column path: Snakemake would read the braces of {listed.path!r} as wildcards. "
            "Rename the file."
        )
    source = root / listed.path
    if not source.is_file():
        names = [file.name for file in source.parent.glob("*")]
        close = closest(source.name, names)
        hint = f" Did you mean {str(Path(listed.path).with_name(close))!r}?" if close else ""
        raise TableListError(
            f"{path}:{number}: column path: table {listed.table!r}: there is no file {listed.path!r}. "
            f"Correct the path, or add the file.{hint}"
        )
    if listed.dictionary and not (root / listed.dictionary).is_file():
        raise TableListError(
            f"{path}:{number}: column dictionary: table {listed.table!r}: there is no file {listed.dictionary!r}. "
            "Correct the path, or leave it empty to use the one beside the CSV."
        )


def _columns(cells: list[str], path: Path, number: int) -> list[str]:
    known = REQUIRED + OPTIONAL
    columns = [cell.strip() for cell in cells]
    for column in columns:
        if column not in known:
            raise TableListError(f"{path}:{number}: unknown column {column!r}{_nearest(column, known)}. Use {COLUMNS}.")
    for column in REQUIRED:
        if column not in columns:
            raise TableListError(f"{path}:{number}: the column {column!r} is missing. Separate columns by tabs.")
    if len(set(columns)) != len(columns):
        raise TableListError(f"{path}:{number}: a column is named twice. Keep one of each.")
    return columns


def _table(cells: list[str], columns: list[str], path: Path, number: int) -> ListedTable:
    if len(cells) > len(columns):
        raise TableListError(f"{path}:{number}: {len(cells)} cells for {len(columns)} columns. Remove a tab.")
    row = dict(zip(columns, [cell.strip() for cell in cells], strict=False))
    name, source, split = row["table"], row.get("path", ""), row.get("split", "")
    if not _NAME.fullmatch(name):
        reason = f"{name!r} is not a valid table name. Use lower-case letters, digits and '_', starting with a letter"
        raise TableListError(f"{path}:{number}: column table: {reason}.")
    if not source:
        raise TableListError(f"{path}:{number}: column path: table {name!r} has no path. Give the CSV's path.")
    pinned = split_of(split)
    if split and pinned is None:
        raise TableListError(
            f"{path}:{number}: column split: unknown split {split!r}{_nearest(split, SPLITS)}. "
            f"Splits are {', '.join(SPLITS)}, or empty to choose by hash."
        )
    return ListedTable(name, source, pinned, row.get("licence", ""), row.get("title", ""), row.get("dictionary", ""))


def _nearest(word: str, known: Sequence[str]) -> str:
    close = closest(word.lower(), known)
    return f" (did you mean {close!r}?)" if close else ""
