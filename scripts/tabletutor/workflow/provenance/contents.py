"""SHA-256 digests of user files (CSVs, local models), which rules take as parameters instead of inputs.

Snakemake compares the modification times of inputs as well, and never accepts an output of an input that is dated in
the future (fast clock, unpacked archive). As parameters, these files count by content alone.
"""

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tabletutor.records.files import sha256_file, write_atomic

MEMO = Path(".snakemake", "tabletutor", "contents.json")
# Seconds after a change during which a file could change again with the same timestamp, so its digest is not memoised.
SETTLED = 2.0


class _Memo(msgspec.Struct, frozen=True):
    """A digest, and the file's state when it was computed. Every write changes the state's ctime."""

    state: tuple[int, ...]
    digest: str


def content_digests(paths: Iterable[Path], memo: Path = MEMO, settled: float = SETTLED) -> dict[str, str]:
    """Return the SHA-256 of files, by path as given.

    Digests are memoised in the file `memo`, because every job on a cluster reads the rules again and a model has
    gigabytes.
    """
    stored = _read(memo)
    found: dict[str, _Memo] = {}
    updated = dict(stored)
    for path in paths:
        stat = path.stat()
        state = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        name = str(path.absolute())
        known = stored.get(name)
        found[str(path)] = known if known and known.state == state else _Memo(state, sha256_file(path))
        if abs(time.time() - stat.st_ctime) > settled:
            updated[name] = found[str(path)]
    if updated != stored:
        with contextlib.suppress(OSError):  # the memo only saves time
            write_atomic(memo, msgspec.json.encode(updated))
    return {path: each.digest for path, each in found.items()}


def _read(memo: Path) -> dict[str, _Memo]:
    try:
        return msgspec.json.decode(memo.read_bytes(), type=dict[str, _Memo])
    except (OSError, msgspec.DecodeError):
        return {}
