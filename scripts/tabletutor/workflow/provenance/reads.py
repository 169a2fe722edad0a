"""What a job reads of its inputs: a format needs the tables of two splits, and the rule lists those of all.

Snakemake fixes a job's inputs before the splits are known, so rules list the files of every table. A rule says by
`params: splits=["train", "validation"]` which tables its script reads; the script gets no others. What it does not
get is no part of the identity of what it makes (`artefact.py`).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tabletutor.records.record import read_record
from tabletutor.records.table import Split, Splits

# Inputs of these names have one file for each table of `params.tables`, in the same order.
BY_TABLE = ("profiles", "parquets", "questions", "episodes", "verdicts")
# An input that must be there and is not read: a check that has passed.
GATE = "gate"


class Reads(NamedTuple):
    """What a script is given.

    Attributes:
        files: Paths by the name of the input, without gates and without tables of other splits.
        tables: The tables whose files are there, in the order of the table list.
        splits: The split of each of them; empty where the rule does not read `splits.json`.
        counted: The parameters that count: without `tables` where the splits choose among them.
    """

    files: dict[str, tuple[Path, ...]]
    tables: tuple[str, ...]
    splits: dict[str, Split]
    counted: dict[str, Any]


def reads(inputs: Mapping[str, Any], params: Mapping[str, Any], wildcards: Mapping[str, str]) -> Reads:
    """What the script of a job reads. `inputs`, `params` and `wildcards` are those of Snakemake, by name.

    A job of one table reads the split of that table, one with `params.splits` those of the tables in these splits,
    any other with `splits.json` the whole file. Raises KeyError where a table is in no split.
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
    chosen = [number for number, table in enumerate(tables) if splits[table] in wanted]
    for name in set(BY_TABLE) & set(files):
        files[name] = tuple(files[name][number] for number in chosen)
    tables = tuple(tables[number] for number in chosen)
    return Reads(files, tables, {table: splits[table] for table in tables}, counted)


def _paths(value: str | Iterable[str]) -> tuple[Path, ...]:
    return (Path(value),) if isinstance(value, str) else tuple(map(Path, value))
