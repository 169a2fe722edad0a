"""Decoders of typed records, safe to ask for from any thread.

msgspec learns a type when it is first decoded, and two threads that let it learn the same type at once crash the
process (seen with 0.22: a segmentation fault in one of three runs of eight threads). So types are learnt under a lock.
"""

from threading import Lock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_learning = Lock()
_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """The JSON decoder of a type; after the first call `msgspec.convert` knows the type too."""
    with _learning:
        if kind not in _decoders:
            _decoders[kind] = msgspec.json.Decoder(kind)
        return _decoders[kind]
