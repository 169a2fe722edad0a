"""TRL's checkpoints, for resuming. A checkpoint is valid only if it has the digests of all its files, written last."""

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
def exclusive_folder(folder: Path) -> Generator[Path]:
    """Context manager: yield the subfolder of `folder` for TRL's checkpoints of a run, and remove it on success.

    If another process uses it, yield a temporary folder instead, whose checkpoints are not resumed from later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "trl.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with tempfile.TemporaryDirectory(prefix="trl.", dir=folder) as own:
                yield Path(own)
            return
        yield folder / "trl"
        shutil.rmtree(folder / "trl", ignore_errors=True)


def write_digests(folder: Path) -> None:
    """Write the digests of all files in a checkpoint folder, which makes it valid."""
    write_atomic(folder / SUMS, _digests(folder).encode())


def latest_complete(folder: Path) -> Path | None:
    """Return the valid checkpoint of the highest step in `folder`, or None."""
    checkpoints = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rsplit("-", 1)[1]), reverse=True)
    for path in checkpoints:
        if (path / SUMS).is_file() and (path / SUMS).read_text() == _digests(path):
            return path
        logger.warning("{}: this training checkpoint is incomplete and is ignored", path)
    return None


def _digests(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
