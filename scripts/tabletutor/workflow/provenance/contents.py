"""What files of the user count by: the SHA-256 of their content, a parameter of the rule that reads them.

They are no inputs in Snakemake's sense. It compares times as well, and of a file dated in the future (a clock that is
fast, an unpacked archive) it never accepts what was made from it.
"""

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tabletutor.records.files import sha256_file, write_atomic

MEMO = Path(".snakemake", "tabletutor", "contents.json")
# A file changed so lately (seconds) could change once more under the same time, so its digest is not noted.
SETTLED = 2.0


class _Noted(msgspec.Struct, frozen=True):
    """A digest, and what was true of the file then. No write leaves the time of change (ctime) as it was."""

    state: tuple[int, ...]
    digest: str


def contents(paths: Iterable[Path], memo: Path = MEMO, settled: float = SETTLED) -> dict[str, str]:
    """The digests of files, by path as given. They are noted in the file `memo`, since every job on a cluster reads the
    rules again, and a model has gigabytes.
    """
    noted = _read(memo)
    found: dict[str, _Noted] = {}
    kept = dict(noted)
    for path in paths:
        fact = path.stat()
        state = (fact.st_dev, fact.st_ino, fact.st_size, fact.st_mtime_ns, fact.st_ctime_ns)
        name = str(path.absolute())
        known = noted.get(name)
        found[str(path)] = known if known and known.state == state else _Noted(state, sha256_file(path))
        if abs(time.time() - fact.st_ctime) > settled:
            kept[name] = found[str(path)]
    if kept != noted:
        with contextlib.suppress(OSError):  # it is only for speed
            write_atomic(memo, msgspec.json.encode(kept))
    return {path: each.digest for path, each in found.items()}


def _read(memo: Path) -> dict[str, _Noted]:
    try:
        return msgspec.json.decode(memo.read_bytes(), type=dict[str, _Noted])
    except (OSError, msgspec.DecodeError):
        return {}
