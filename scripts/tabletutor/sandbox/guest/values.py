"""Convert Python, numpy and pandas values to plain JSON, for answers and hooks."""

import datetime
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from tabletutor.sandbox.guest.errors import class_name

MAX_DEPTH = 8
MAX_ITEMS = 20_000
MAX_TEXT = 200_000
MAX_DIGITS = 4_300  # Python's limit for reading an int from text
_MAX_BITS = int(MAX_DIGITS * math.log2(10))
_LONG_BITS = 64  # a longer integer counts as text


class _Budget:
    """The remaining items and characters of one value, to bound its size."""

    def __init__(self) -> None:
        self.items = MAX_ITEMS
        self.text = MAX_TEXT

    def spend(self, text: int = 0) -> None:
        self.items -= 1
        self.text -= text
        if self.items < 0 or self.text < 0:
            raise TypeError(f"too large for an answer: more than {MAX_ITEMS} values or {MAX_TEXT} characters")


def to_json(value: Any) -> Any:
    """Return `value` as None, bool, int, float, str, list or dict with text keys.

    Missing values become None. Dates and midnight timestamps become "YYYY-MM-DD", other times ISO 8601. A set becomes
    a sorted list, a named tuple a mapping by its fields, and a Series a mapping by its index, whose values are mappings
    if the index has two levels. A DataFrame whose index names its rows (see `_has_row_names`) becomes a mapping from
    row to column to value, any other a list of records, which begin with the index unless it is the default one.

    Raises TypeError for other types, for infinity, and for values that are too large or too deep.
    """
    try:
        return _convert(value, _Budget(), 0)
    except TypeError:
        raise
    except Exception as error:  # the value's class is code of the cell and can raise anything
        raise TypeError(
            f"a value of type {class_name(value)} cannot be an answer; to read it raised {class_name(error)}"
        ) from error


def key_text(key: Any) -> str:
    """Return a label as a mapping key: text unchanged, dates as ISO 8601, 3.0 as "3.0", tuples joined by ", "."""
    if isinstance(key, tuple):
        return ", ".join(key_text(part) for part in key)
    plain = _convert(key, _Budget(), MAX_DEPTH)
    return plain if isinstance(plain, str) else "NaN" if plain is None else repr(plain)


def _convert(value: Any, budget: _Budget, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise TypeError(f"too deep for an answer: more than {MAX_DEPTH} levels")
    scalar = _scalar(value)
    if scalar is not _NOT_SCALAR:
        budget.spend(_text_size(scalar))
        return scalar
    return _container(value, budget, depth)


def _text_size(scalar: Any) -> int:
    """Return the characters to charge: the length of text, or about the digits of a long integer."""
    if isinstance(scalar, str):
        return len(scalar)
    bits = scalar.bit_length() if isinstance(scalar, int) else 0
    return bits // 3 if bits > _LONG_BITS else 0


_NOT_SCALAR: Any = object()
Convert = Callable[[Any, _Budget, int], Any]


def _scalar(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return _integer(int(value))
    if isinstance(value, (float, np.floating, Decimal, Fraction)):
        return _float(float(value))
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise TypeError("text with lone surrogates cannot be an answer; it is not valid Unicode")
        return str.__str__(value)
    return _temporal(value)


def _integer(value: int) -> int:
    if value.bit_length() > _MAX_BITS:
        raise TypeError(f"a whole number of more than {MAX_DIGITS:,} digits cannot be an answer; give a smaller number")
    return value


def _float(value: float) -> float | None:
    if math.isinf(value):
        raise TypeError("an infinite number cannot be an answer; look for a division by zero")
    return None if math.isnan(value) else value


def _temporal(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, (np.timedelta64, datetime.timedelta)):
        value = pd.Timedelta(value)
    if value is pd.NaT:
        return None
    if isinstance(value, datetime.datetime):  # pd.Timestamp too
        midnight = value.time() == datetime.time.min and getattr(value, "nanosecond", 0) == 0
        return value.date().isoformat() if midnight and value.tzinfo is None else value.isoformat()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (pd.Timedelta, pd.Period, pd.Interval)):
        return str(value)
    return _NOT_SCALAR


def _container(value: Any, budget: _Budget, depth: int) -> Any:
    if isinstance(value, pd.DataFrame):
        return _table(value, budget, depth) if _has_row_names(value) else _records(value, budget, depth)
    if isinstance(value, pd.Series):
        pairs = zip(value.index, value.array, strict=True)
        return _nested(pairs, budget, depth) if value.index.nlevels == 2 else _mapping(pairs, budget, depth)
    if isinstance(value, Mapping):
        return _mapping(value.items(), budget, depth)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return _convert(value.item(), budget, depth)
    if isinstance(value, tuple) and hasattr(type(value), "_fields"):
        return _mapping(zip(value._fields, value, strict=True), budget, depth)  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(value, (set, frozenset)):
        budget.spend()
        return sorted((_convert(item, budget, depth + 1) for item in value), key=_sort_key)
    if isinstance(value, (list, tuple, range, np.ndarray, pd.Index, pd.api.extensions.ExtensionArray)) or (
        type(value).__name__ in ("dict_keys", "dict_values")
    ):
        budget.spend()
        return [_convert(item, budget, depth + 1) for item in value]
    raise TypeError(
        f"a value of type {class_name(value)} cannot be an answer; give a number, text, date, list, set or dict"
    )


def _mapping(pairs: Any, budget: _Budget, depth: int, convert: Convert = _convert) -> dict[str, Any]:
    budget.spend()
    result: dict[str, Any] = {}
    for key, item in pairs:
        name = key_text(key)
        budget.spend(len(name))
        if name in result:
            raise TypeError(f"the label {name!r} occurs twice, so a mapping would lose a value; give a list instead")
        result[name] = convert(item, budget, depth + 1)
    return result


def _nested(pairs: Any, budget: _Budget, depth: int) -> dict[str, Any]:
    """Return values with two labels each as a mapping of mappings."""
    rows: dict[Any, list[tuple[Any, Any]]] = {}
    for (row, column), item in pairs:
        rows.setdefault(key_text(row), []).append((column, item))
    return _mapping(rows.items(), budget, depth, _mapping)


def _has_row_names(frame: pd.DataFrame) -> bool:
    """Return whether the index names the rows, as after `pivot_table` or `set_index`: it has one level, no label occurs
    twice, and it has a name or is not of integers, as that of filtered rows is.
    """
    index = frame.index
    plain = index.name is None and pd.api.types.is_integer_dtype(index.dtype)
    return index.nlevels == 1 and index.is_unique and not plain


def _table(frame: pd.DataFrame, budget: _Budget, depth: int) -> dict[str, Any]:
    columns = [key_text(name) for name in frame.columns]
    cells = [frame.iloc[:, place].array for place in range(frame.shape[1])]
    rows = zip(*cells, strict=True) if cells else (() for _ in range(len(frame)))
    named = (zip(columns, row, strict=True) for row in rows)
    return _mapping(zip(frame.index, named, strict=True), budget, depth, _mapping)


def _records(frame: pd.DataFrame, budget: _Budget, depth: int) -> list[Any]:
    default = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    names = [*([] if default else [key_text(name) for name in _index_names(frame)]), *map(key_text, frame.columns)]
    columns = [frame.iloc[:, place].array for place in range(frame.shape[1])]
    rows = zip(*columns, strict=True) if columns else (() for _ in range(len(frame)))
    budget.spend()
    records: list[Any] = []
    for label, row in zip(frame.index, rows, strict=True):
        labels = () if default else label if isinstance(label, tuple) else (label,)
        records.append(_mapping(zip(names, (*labels, *row), strict=True), budget, depth + 1))
    return records


def _index_names(frame: pd.DataFrame) -> list[Any]:
    if frame.index.nlevels == 1:
        return ["index" if frame.index.name is None else frame.index.name]
    return [f"level_{place}" if name is None else name for place, name in enumerate(frame.index.names)]


def _sort_key(item: Any) -> tuple[int, Any]:
    """Return a sort key for mixed plain values: missing, booleans, numbers, text, then the rest by `repr`."""
    if item is None:
        return (0, 0)
    if isinstance(item, bool):
        return (1, item)
    if isinstance(item, (int, float)):
        return (2, item)
    return (3, item) if isinstance(item, str) else (4, repr(item))
