"""The subset of a job's inputs that its script reads.

Snakemake fixes a job's inputs before the splits are known, so a rule that needs the tables of two splits lists the
files of all tables. With `params: splits=["train", "validation"]` the rule says which tables its script reads. The
script gets only those, and the others are not part of the artefact's identity (`artefact.py`).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tabletutor.records.record import read_record
from tabletutor.records.table import Split, Splits

# Inputs of these names have one file for each table of `params.tables`, in the same order.
BY_TABLE = ("profiles", "parquets", "questions", "episodes", "verdicts")
# An input that must exist but is not read: a check that has passed.
GATE = "gate"


class Reads(NamedTuple):
    """The input files and parameters that a script receives.

    Attributes:
        files: Paths by input name, without gates and without tables of other splits.
        tables: The tables whose files are included, in the order of the table list.
        splits: The split of each of these tables; empty if the rule does not read `splits.json`.
        counted: The parameters that are part of the identity: without `tables` if `params.splits` selects tables.
    """

    files: dict[str, tuple[Path, ...]]
    tables: tuple[str, ...]
    splits: dict[str, Split]
    counted: dict[str, Any]


def select_reads(inputs: Mapping[str, Any], params: Mapping[str, Any], wildcards: Mapping[str, str]) -> Reads:
    """Return what a job's script reads. `inputs`, `params` and `wildcards` are Snakemake's, by name.

    A job of one table reads that table's split. A job with `params.splits` reads the tables in these splits. Any other
    job with `splits.json` reads the whole file. Raises KeyError if a table is in no split.
    """
    files = {name: _paths(value) for name, value in inputs.items() if name != GATE}
    wanted = params.get("splits")
    counted = {name: value for name, value in params.items() if name != "tables" or wanted is None}
    tables = tuple(params.get("tables", ()))
    if not files.get("splits") or not (wanted or "table" in wildcards):
        return Reads(files, tables, {}, counted)
    every = read_record(files.pop("splits")[0], Splits)
    if not wanted:
        table = wildcards["table"]
        return Reads(files, (), {table: every.of(table)}, counted)
    assigned = every.by_table()
    splits: dict[str, Split] = {table: assigned.get(table) or every.of(table) for table in tables}
    selected = [number for number, table in enumerate(tables) if splits[table] in wanted]
    for name in set(BY_TABLE) & set(files):
        files[name] = tuple(files[name][number] for number in selected)
    tables = tuple(tables[number] for number in selected)
    return Reads(files, tables, {table: splits[table] for table in tables}, counted)


def _paths(value: str | Iterable[str]) -> tuple[Path, ...]:
    return (Path(value),) if isinstance(value, str) else tuple(map(Path, value))
