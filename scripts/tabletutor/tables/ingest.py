"""Read one CSV into a typed Parquet table and write its profile."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from loguru import logger

from tabletutor.config.tables import TablesConfig
from tabletutor.records.files import PARTIAL, naming, sha256_file, write_atomic
from tabletutor.records.record import write_record
from tabletutor.records.table import Kind, Source, TableProfile
from tabletutor.tables.dictionary.apply import check_names, declared_column, declared_finding
from tabletutor.tables.dictionary.entries import Dictionary
from tabletutor.tables.dictionary.read import read_dictionary
from tabletutor.tables.errors import TableError
from tabletutor.tables.journal import QUARANTINE, RepairRules
from tabletutor.tables.kinds import Column, convert, examine
from tabletutor.tables.profile import profile_column, row_keys
from tabletutor.tables.read import TextTable, read_text
from tabletutor.tables.roles.column_sums import find_column_sums
from tabletutor.tables.roles.infer import infer_roles
from tabletutor.tables.roles.totals import find_totals
from tabletutor.tables.twins import find_twins

ROW_GROUP = 131_072
ARROW: Any = pa  # pyarrow has no type stubs
PARQUET: Any = pq


def ingest(
    csv: Path,
    *,
    table: str,
    source_path: str,
    config: TablesConfig,
    parquet: Path,
    profile: Path,
    dictionary: Path | None = None,
) -> TableProfile:
    """Read one CSV into a typed Parquet table, and write its profile and its quarantine.

    The quarantine (`quarantine.csv`, beside the profile) holds the rows that could not be repaired. Writes are atomic.

    Args:
        csv: The file to read.
        table: Name of the table.
        source_path: Path of the CSV as errors and the profile name it.
        config: The `tables` section of the configuration.
        parquet: Where to write the table.
        profile: Where to write the profile.
        dictionary: The data dictionary of the CSV, if there is one (`find_dictionary` finds it beside the CSV).

    Returns:
        The profile.

    Raises:
        TableError: If the file cannot be read as a table, or its data dictionary is invalid or contradicts it.
    """
    parquet.parent.mkdir(parents=True, exist_ok=True)
    spooled = tempfile.TemporaryDirectory(prefix=f".{table}.", suffix=PARTIAL, dir=parquet.parent)
    with naming(parquet), spooled as spool:
        text = read_text(csv, source_path, Path(spool), config.max_bytes, _repair_rules(config))
        _refuse_small(text, source_path, config.min_rows)
        declared = read_dictionary(dictionary, csv.name) if dictionary else None
        names = check_names(declared, text.names) if declared else []
        columns = type_columns(text, config, declared)
        if not columns:
            raise TableError(source_path, "no column has a value", "Give the table data.", 1)
        entries = [declared.entry(column.name) if declared else None for column in columns]
        findings = [
            declared_finding(finding, entry, column.kind) if entry else finding
            for column, entry, finding in zip(columns, entries, infer_roles(columns), strict=True)
        ]
        profiles = tuple(map(profile_column, columns, findings, entries))
        twins = find_twins(columns, profiles)
        profiles = tuple(msgspec.structs.replace(profile, twin=twins.get(profile.name)) for profile in profiles)
        result = TableProfile(
            table=table,
            sha256=sha256_file(csv),
            rows=text.rows,
            columns=profiles,
            keys=row_keys(profiles, text.rows),
            source=Source(source_path, csv.stat().st_size, text.encoding, _dialect(text, columns)),
            warnings=(*text.warnings, *names, *_unnamed_warnings(text, columns), *_column_warnings(columns)),
            repaired=text.repaired,
            quarantined=text.quarantined,
            repairs=text.repairs,
            totals=tuple(total for total in find_totals(columns, findings) if total.column not in twins),
            sums=find_column_sums(columns, findings),
            dictionary=str(dictionary) if dictionary else None,
        )
        quarantine = text.quarantine.read_bytes()
        encoded = _parquet_bytes(columns)
    write_atomic(parquet, encoded)
    write_atomic(profile.parent / QUARANTINE, quarantine)
    write_record(profile, result)
    for warning in result.warnings:
        logger.debug("{}: {}", table, warning)
    count = len(result.warnings)
    logger.info("{} rows, {} columns, {} warnings from {}", result.rows, len(profiles), count, source_path)
    return result


def _repair_rules(config: TablesConfig) -> RepairRules:
    return RepairRules(config.max_repaired_share, config.on_broken_row == "refuse")


def type_columns(text: TextTable, config: TablesConfig, dictionary: Dictionary | None = None) -> list[Column]:
    """Return the typed columns of a text table, without columns that have neither a name nor values.

    Raises DictionaryError if the data dictionary contradicts the cells.
    """
    entries = [dictionary.entry(name) if dictionary else None for name in text.names]
    readings = [
        examine(text.column(index), name, config.missing_markers, entries[index], text.odd_cells.get(index, ""))
        for index, name in enumerate(text.names)
    ]
    proofs = [r for r in readings if r.number is not None and r.number.proves_comma_decimal]
    columns: list[Column] = []
    for index, reading in enumerate(readings):
        column = convert(text.column(index), reading, comma_decimal=bool(proofs))
        if index in text.unnamed and column.values.null_count() == text.rows:
            continue
        column = replace(column, unit=column.unit or text.units.get(index))
        entry = entries[index]
        columns.append(declared_column(column, entry, dictionary.source) if dictionary and entry else column)
    return columns


def _refuse_small(text: TextTable, source: str, min_rows: int) -> None:
    """Raise TableError if the table has no rows, or fewer than `min_rows`."""
    line = max(1, text.header_line)
    if text.rows == 0:
        raise TableError(source, "a header but no rows", "Add rows, or remove the table from the table list.", line)
    if text.rows < min_rows:
        rows = "1 row is" if text.rows == 1 else f"{text.rows} rows are"
        raise TableError(
            source,
            f"{rows} too few to ask about; at least {min_rows} are needed (tables.min_rows)",
            "Add rows, or remove the table from the table list.",
            line,
        )


def _dialect(text: TextTable, columns: list[Column]) -> dict[str, str]:
    """Return the dialect as the profile records it."""
    return {
        "decimal": "," if any(column.decimal == "," for column in columns) else ".",
        "delimiter": text.dialect.delimiter,
        "escape": text.dialect.escape,
        "header_line": str(text.header_line),
        "quote": text.dialect.quote,
        "skip_spaces": "yes" if text.dialect.skip_spaces else "no",
    }


def _unnamed_warnings(text: TextTable, columns: list[Column]) -> list[str]:
    """Return one warning for each column without a name, whether it was kept or left out."""
    names = {column.name for column in columns}
    return [
        f"column {index + 1} has no name: called {text.names[index]!r}"
        if text.names[index] in names
        else f"column {index + 1} has neither name nor values: left out"
        for index in sorted(text.unnamed)
    ]


def _column_warnings(columns: list[Column]) -> list[str]:
    """Return the warnings of all columns. Columns with the same warning share one entry."""
    shared: dict[str, list[str]] = {}
    for column in columns:
        for warning in column.warnings:
            shared.setdefault(warning, []).append(repr(column.name))
    return [f"column{'s' if len(names) > 1 else ''} {', '.join(names)}: {warning}" for warning, names in shared.items()]


def _parquet_bytes(columns: list[Column]) -> bytes:
    """Return the table as Parquet bytes that depend only on the values and the version of pyarrow."""
    stamps = ARROW.timestamp("us")
    types: dict[Kind, Any] = {"integer": ARROW.int64(), "number": ARROW.float64(), "boolean": ARROW.bool_()}
    types |= {"date": stamps, "datetime": stamps, "empty": ARROW.null()}
    arrays: list[Any] = []
    for column in columns:
        plain = ARROW.int64() if column.values.dtype == pl.Int64 else ARROW.string()
        arrays.append(cast(Any, column.values.to_arrow()).cast(types.get(column.kind, plain)))
    table = ARROW.table(arrays, names=[column.name for column in columns])
    sink = ARROW.BufferOutputStream()
    PARQUET.write_table(
        table,
        sink,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=3,
        row_group_size=ROW_GROUP,
        use_dictionary=True,
        write_statistics=True,
        store_schema=True,
    )
    return cast(bytes, sink.getvalue().to_pybytes())
