"""The one reader of `table.parquet`: whoever computes on a table sees the same DataFrame."""

import io
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def read_frame(parquet: Path | BinaryIO) -> pd.DataFrame:
    """The table as a DataFrame with a default index.

    Text is pandas' Arrow-backed `str` (shared between forks), booleans with missing values are `boolean`, dates and
    timestamps are `datetime64[us]`, and whole numbers with missing values are float64 with NaN, as pandas reads them.
    A column with no value at all holds None.
    Raises OSError or `pyarrow.ArrowInvalid` where the file is missing or not Parquet.
    """
    content = parquet.read_bytes() if isinstance(parquet, Path) else parquet.read()
    # From memory and on this thread: Arrow's thread pools would not survive the fork of a session.
    table: Any = pq.read_table(io.BytesIO(content), use_threads=False, pre_buffer=False)
    table = pa.table([_plain(column) for column in table.columns], names=table.column_names)
    frame: Any = table.to_pandas(use_threads=False, date_as_object=False)
    # Built by position, so that a repeated header cannot mix two columns up.
    columns = {
        place: pd.array(column.to_pylist(), dtype="boolean")
        if pa.types.is_boolean(column.type) and column.null_count
        else frame.iloc[:, place]
        for place, column in enumerate(table.columns)
    }
    result = pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows), copy=False)
    result.columns = pd.Index(table.column_names)
    return result


def _plain(column: Any) -> Any:
    """Dictionaries as their values, dates and timestamps at one resolution."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_date(column.type):
        return column.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", tz=column.type.tz))
    return column
