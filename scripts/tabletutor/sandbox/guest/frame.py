"""The only reader of `table.parquet`: every user of a table gets the same DataFrame."""

import io
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def read_frame(parquet: Path | BinaryIO) -> pd.DataFrame:
    """Return the table as a DataFrame with a default index.

    Text has pandas' Arrow-backed dtype `str` (shared between forks). Booleans with missing values are `boolean`, dates
    and timestamps `datetime64[us]`, and whole numbers with missing values float64 with NaN, as in pandas. A column
    without any value holds None. Raises OSError if the file is missing and `pyarrow.ArrowInvalid` if it is not Parquet.
    """
    content = parquet.read_bytes() if isinstance(parquet, Path) else parquet.read()
    # Read from memory and on this thread, because Arrow's thread pools do not survive a fork.
    table: Any = pq.read_table(io.BytesIO(content), use_threads=False, pre_buffer=False)
    table = pa.table([_plain(column) for column in table.columns], names=table.column_names)
    frame: Any = table.to_pandas(use_threads=False, date_as_object=False)
    # Address columns by position, because headers may repeat.
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
    """Decode dictionary columns, and convert dates and timestamps to microseconds."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_date(column.type):
        return column.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", tz=column.type.tz))
    return column
