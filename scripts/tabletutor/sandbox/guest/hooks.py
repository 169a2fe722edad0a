"""Hook values: a digest of the whole value at full precision, and a short summary."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from tabletutor.records.episode import Hook
from tabletutor.sandbox.guest.values import to_json

INLINE_BYTES = 400
_HEAD = 5
_HEAD_COLUMNS = 8
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,16}")


def make_hook(name: str, value: Any, depends_on: tuple[str, ...]) -> Hook:
    """Return the record of one hook: the value or its summary (see `summarise`), and the digest of the whole value."""
    return Hook(name=name, value=summarise(value), value_sha256=value_sha256(value), depends_on=depends_on)


def summarise(value: Any) -> Any:
    """Return `value` as plain JSON if that takes at most 400 bytes, else its type, shape or length, and head."""
    try:
        plain = to_json(value)
    except (TypeError, RecursionError):
        return _summary(value)
    return plain if len(msgspec.json.encode(plain)) <= INLINE_BYTES else _summary(value)


def _summary(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        head = value.iloc[:3, :_HEAD_COLUMNS]
        return {"type": "DataFrame", "shape": list(value.shape), "head": _head_json(head)}
    if isinstance(value, (pd.Series, np.ndarray, pd.Index)):
        return {"type": type(value).__name__, "shape": list(value.shape), "head": _head_json(value[:_HEAD])}
    if isinstance(value, str):
        return {"type": "str", "length": len(value), "head": _escape_surrogates(value[:200])}
    if isinstance(value, Mapping):
        return {"type": "dict", "length": len(value), "head": _head_json(dict(list(value.items())[:_HEAD]))}
    if isinstance(value, (list, tuple)):
        return {"type": type(value).__name__, "length": len(value), "head": _head_json(list(value[:_HEAD]))}
    if isinstance(value, (set, frozenset)):
        return {"type": type(value).__name__, "length": len(value)}
    if isinstance(value, int) and value.bit_length() > 64:
        return {"type": "int", "bits": value.bit_length()}
    return {"type": type(value).__name__, "head": plain_repr(value)}


def _head_json(head: Any) -> Any:
    try:
        plain = to_json(head)
    except (TypeError, RecursionError):
        return plain_repr(head)
    return plain if len(msgspec.json.encode(plain)) <= 2 * INLINE_BYTES else plain_repr(head)


def plain_repr(value: Any) -> str:
    """Return the first 200 characters of `repr(value)`, without memory addresses, which differ between runs."""
    return _escape_surrogates(_ADDRESS.sub("", repr(value))[:200])


def _escape_surrogates(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def value_sha256(value: Any) -> str:
    """Return the SHA-256 of the whole value at full precision, independent of memory layout, blocks and byte order.

    Equal values of the same kind have the same digest, for example a float32 array and its float64 copy, or an array
    in C and Fortran order. -0.0 equals 0.0, and all NaN are equal. A list and a tuple differ, as do 1, 1.0 and True.
    """
    state = hashlib.sha256()
    _feed(state, value, 0)
    return state.hexdigest()


def _put(state: Any, tag: str, content: bytes = b"") -> None:
    state.update(f"{tag}:{len(content)}:".encode())
    state.update(content)


def _feed(state: Any, value: Any, depth: int) -> None:
    if depth > 50:
        raise TypeError("too deep for a hook: more than 50 levels")
    if isinstance(value, pd.DataFrame):
        _put(state, "frame", repr(value.shape).encode())
        for part in (value.index, value.columns, *(value.iloc[:, place] for place in range(value.shape[1]))):
            _feed_array(state, part, depth)
    elif isinstance(value, (pd.Series, pd.Index)):
        _put(state, "series" if isinstance(value, pd.Series) else "index")
        _feed(state, value.name, depth + 1)
        if isinstance(value, pd.Series):
            _feed_array(state, value.index, depth)
        _feed_array(state, value, depth)
    elif isinstance(value, (np.ndarray, pd.api.extensions.ExtensionArray)):
        _put(state, "array", repr(value.shape).encode())
        _feed_array(state, value, depth)
    elif isinstance(value, Mapping):
        _put(state, "mapping", str(len(value)).encode())
        for key, item in value.items():
            _feed(state, key, depth + 1)
            _feed(state, item, depth + 1)
    elif isinstance(value, (set, frozenset)):
        _put(state, "set", b"".join(sorted(bytes.fromhex(value_sha256(item)) for item in value)))
    elif isinstance(value, (list, tuple)):
        _put(state, type(value).__name__, str(len(value)).encode())
        for item in value:
            _feed(state, item, depth + 1)
    else:
        _feed_scalar(state, value)


def _feed_array(state: Any, values: Any, depth: int) -> None:
    """Hash the values of an array-like in C order. Missing values of object and extension arrays count as None."""
    kind = values.dtype.kind
    if isinstance(values, pd.MultiIndex) or not isinstance(values.dtype, np.dtype) or kind not in "fiubmM":
        missing = np.asarray(pd.isna(values)) if not isinstance(values, pd.MultiIndex) else np.zeros(len(values), bool)
        items = np.asarray(values, dtype=object)
        _put(state, "items", str(items.size).encode())
        for item, absent in zip(items.ravel(order="C"), missing.ravel(order="C"), strict=True):
            _feed(state, None if absent else item, depth + 1)
        return
    array = np.asarray(values)
    if kind == "f":
        wide = array.astype("<f8") + 0.0
        wide[np.isnan(wide)] = np.nan
    elif kind in "mM":
        wide = array.astype("datetime64[ns]" if kind == "M" else "timedelta64[ns]").astype("<i8")
    else:
        wide = array.astype("|u1" if kind == "b" else "<i8" if kind == "i" else "<u8")
    _put(state, kind, np.ascontiguousarray(wide).tobytes())


def _feed_scalar(state: Any, value: Any) -> None:
    if isinstance(value, (bool, np.bool_)):
        return _put(state, "bool", b"1" if value else b"0")
    if isinstance(value, (int, np.integer)):
        return _put(state, "int", hex(int(value)).encode())
    if isinstance(value, (float, np.floating)):
        return _put(state, "float", b"nan" if value != value else (float(value) + 0.0).hex().encode())
    if isinstance(value, str):
        return _put(state, "str", value.encode("utf-8", "surrogatepass"))
    try:
        plain = to_json(value)
    except TypeError:
        return _put(state, type(value).__name__, plain_repr(value).encode())
    return _put(state, "plain", msgspec.json.encode(plain))
