"""Measure the overlap of two tables: rows over their shared columns, and columns with equal values under any name.

Rows are compared by FracMinHash (Irber et al. 2022), which keeps each table's distinct rows whose 64-bit hash is below
a common limit. Unlike MinHash it also finds a small table inside a large one. It is exact for tables of at most
`SKETCH_ROWS` distinct rows.

Only shared columns that distinguish rows can show that two tables hold the same rows: storms and house sales that share
nothing but `year` and `month` have the same months. So rows are compared only if, in both tables, the shared columns
distinguish at least `MIN_DISTINGUISHED` of the rows, or if the shared columns are all columns of one table.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from tabletutor.records.record import read_record
from tabletutor.records.table import TableProfile

SKETCH_ROWS = 50_000
MIN_SHARED_COLUMNS = 2
MIN_DISTINCT = 12
MIN_DISTINGUISHED = 0.5
SEPARATOR = "\x1f"


class TypedTable(NamedTuple):
    """The files that ingestion writes for one table."""

    profile: Path
    parquet: Path


@dataclass(frozen=True)
class Content:
    """One ingested table: its name, the SHA-256 of its CSV, and its Parquet file."""

    table: str
    sha256: str
    parquet: Path

    @cached_property
    def headers(self) -> dict[str, str]:
        """Headers by their stripped, case-folded form."""
        return {name.strip().casefold(): name for name in pl.read_parquet_schema(self.parquet)}

    @cached_property
    def column_digests(self) -> dict[str, str]:
        """SHA-256 of the sorted values of each column with at least `MIN_DISTINCT` distinct values, by header."""
        digests: dict[str, str] = {}
        for name in self.headers.values():
            values = _canonical_text(self.parquet, [name]).to_series(0).drop_nulls()
            if values.n_unique() >= MIN_DISTINCT:
                text = SEPARATOR.join(values.sort().to_list())
                digests[name] = hashlib.sha256(text.encode()).hexdigest()
        return digests

    @cached_property
    def height(self) -> int:
        """Number of rows."""
        return pl.scan_parquet(self.parquet).select(pl.len()).collect().item()

    def rows(self, headers: list[str]) -> frozenset[int]:
        """Return the hashes of the distinct rows over the given columns (case-folded headers), in that order."""
        frame = _canonical_text(self.parquet, [self.headers[header] for header in headers])
        joined = frame.select(pl.concat_str(pl.all().fill_null(""), separator=SEPARATOR)).to_series()
        return frozenset(_hash(text) for text in joined.unique().to_list())


@dataclass(frozen=True)
class Overlap:
    """The overlap of two tables. `rows`: the share of the smaller table's distinct rows that the other one contains."""

    first: str
    second: str
    same_file: bool
    shared_columns: tuple[str, ...]
    rows: float
    equal_columns: tuple[tuple[str, str], ...]

    def is_near_duplicate(self, threshold: float) -> bool:
        """Return whether both hold the same data: same file, at least `threshold` shared rows, or two equal columns."""
        return self.same_file or self.rows >= threshold or len(self.equal_columns) >= MIN_SHARED_COLUMNS


def read_contents(tables: Iterable[TypedTable]) -> list[Content]:
    """Return the contents of ingested tables, read from their files."""
    profiles = ((read_record(table.profile, TableProfile), table.parquet) for table in tables)
    return [Content(profile.table, profile.sha256, parquet) for profile, parquet in profiles]


def compare(first: Content, second: Content) -> Overlap:
    """Return the overlap of two tables. Numbers are compared as floats, text stripped and in lower case."""
    shared = sorted(set(first.headers) & set(second.headers))
    rows = 0.0
    if len(shared) >= MIN_SHARED_COLUMNS:
        a, b = first.rows(shared), second.rows(shared)
        if len(shared) == min(len(first.headers), len(second.headers)) or (
            len(a) >= MIN_DISTINGUISHED * first.height and len(b) >= MIN_DISTINGUISHED * second.height
        ):
            rows = _containment(a, b)
    equal = tuple(
        (name, other)
        for name, digest in sorted(first.column_digests.items())
        for other, its in sorted(second.column_digests.items())
        if digest == its
    )
    return Overlap(first.table, second.table, first.sha256 == second.sha256, tuple(shared), rows, equal)


def _containment(first: frozenset[int], second: frozenset[int]) -> float:
    """Return the share of the smaller set that the other contains, 0 if either has fewer than `MIN_DISTINCT` rows."""
    if min(len(first), len(second)) < MIN_DISTINCT:
        return 0.0
    scale = max(1.0, max(len(first), len(second)) / SKETCH_ROWS)
    limit = int((1 << 64) / scale)
    a = {row for row in first if row < limit}
    b = {row for row in second if row < limit}
    return len(a & b) / max(1, min(len(a), len(b)))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _canonical_text(parquet: Path, columns: list[str]) -> pl.DataFrame:
    """Return the values as comparable text: numbers as floats, text stripped and in lower case."""
    frame = pl.read_parquet(parquet, columns=columns)
    texts: list[pl.Series] = []
    for index, name in enumerate(columns):
        values = frame[name]
        if values.dtype.is_numeric():
            text = values.cast(pl.Float64).cast(pl.String)
        elif values.dtype == pl.String:
            text = values.str.strip_chars().str.to_lowercase()
        else:
            text = values.cast(pl.String)
        texts.append(text.alias(str(index)))
    return pl.DataFrame(texts)
