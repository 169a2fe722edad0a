"""A journal: finished units of a long job, kept so that a killed job costs one unit and not the run.

One line a unit: the unit's key, a checksum, and its payload (canonical JSON). Lines are only appended, by one
writer. A line that is torn or fails its checksum ends the journal: it and what follows are cut off and redone.
"""

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class Journal:
    """Finished units by key. The path names the identity of the job, so another job's units are never served."""

    def __init__(self, path: Path) -> None:
        """Open the journal at `path`, making it if need be, and read every whole unit in it."""
        self._units: dict[str, bytes] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes() if path.exists() else b""
        whole = 0
        for line in content.split(b"\n")[:-1]:
            unit = _parse(line)
            if unit is None:
                break
            self._units[unit[0]] = unit[1]
            whole += len(line) + 1
        self._stream = path.open("r+b" if path.exists() else "w+b")
        self._stream.truncate(whole)
        self._stream.seek(whole)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def __len__(self) -> int:
        return len(self._units)

    def get(self, key: str) -> bytes | None:
        """The payload stored under `key`, or None if that unit is still to be done."""
        return self._units.get(key)

    def put(self, key: str, payload: bytes) -> None:
        """Append a finished unit durably. Raises ValueError for a key or payload that would break the line."""
        if "\t" in key or "\n" in key or b"\n" in payload:
            raise ValueError(f"journal key {key!r} or its payload holds a tab or line feed")
        self._stream.write(b"\t".join((key.encode(), _checksum(key, payload), payload)) + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._units[key] = payload


def _checksum(key: str, payload: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\t" + payload).hexdigest()[:16].encode()


def _parse(line: bytes) -> tuple[str, bytes] | None:
    parts = line.split(b"\t", 2)
    if len(parts) != 3:
        return None
    key, checksum, payload = parts
    try:
        name = key.decode()
    except UnicodeDecodeError:
        return None
    return (name, payload) if _checksum(name, payload) == checksum else None
