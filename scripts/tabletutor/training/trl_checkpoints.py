"""TRL's checkpoints to resume from: one counts only under the digests of all of its files, written last."""

import fcntl
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from loguru import logger

from tabletutor.records.files import sha256_file, write_atomic

SUMS = "SHA256SUMS"


@contextmanager
def alone_in(folder: Path) -> Generator[Path]:
    """The folder in `folder` for TRL's checkpoints of a run, removed at the end of one that ended well. Where another
    process is at work in it, one of this process alone, which is not taken up later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "trl.lock").open("w") as gate:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with tempfile.TemporaryDirectory(prefix="trl.", dir=folder) as own:
                yield Path(own)
            return
        yield folder / "trl"
        shutil.rmtree(folder / "trl", ignore_errors=True)


def seal(folder: Path) -> None:
    """Write the digests of all files of a checkpoint folder."""
    write_atomic(folder / SUMS, _sums(folder).encode())


def latest(folder: Path) -> Path | None:
    """The checkpoint of the highest step in `folder` whose digests hold; None where there is none."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rsplit("-", 1)[1]), reverse=True)
    for path in found:
        if (path / SUMS).is_file() and (path / SUMS).read_text() == _sums(path):
            return path
        logger.warning("{}: this state of training is not whole; it is left alone", path)
    return None


def _sums(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
