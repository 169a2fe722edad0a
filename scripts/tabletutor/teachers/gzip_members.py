"""Files of concatenated gzip members, as `cat` and appending writers make them; `zcat` reads them.

A writer that is killed leaves an incomplete member. Readers skip it, and find the next member behind it.
"""

import zlib
from typing import NamedTuple

MAGIC = b"\x1f\x8b\x08"
_BLOCK = 1 << 16


class Members(NamedTuple):
    """The contents of the intact members, the number of bytes that belong to none, and the end of the last one."""

    contents: list[bytes]
    damaged: int
    end: int


def compress_member(content: bytes) -> bytes:
    """Return one gzip member without a time and a name."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    return compressor.compress(content) + compressor.flush()


def read_members(data: bytes) -> Members:
    """Return the intact members of a file. The checksum of each is verified."""
    contents: list[bytes] = []
    position = damaged = end = 0
    while (start := data.find(MAGIC, position)) >= 0:
        damaged += start - position
        member = _read_member(data, start)
        if member is None:
            position = start + 1
            damaged += 1
        else:
            contents.append(member[0])
            position = end = member[1]
    return Members(contents, damaged + len(data) - position, end)


def _read_member(data: bytes, start: int) -> tuple[bytes, int] | None:
    """Return the content of the member at `start`, and its end. None if it is incomplete or damaged."""
    decompressor = zlib.decompressobj(31)
    parts: list[bytes] = []
    for position in range(start, len(data), _BLOCK):
        block = data[position : position + _BLOCK]
        try:
            parts.append(decompressor.decompress(block))
        except zlib.error:
            return None
        if decompressor.eof:
            return b"".join(parts), position + len(block) - len(decompressor.unused_data)
    return None
