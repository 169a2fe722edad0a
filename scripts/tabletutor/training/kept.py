"""TRL's checkpoints to resume from: one counts only under the digests of all of its files, written last."""

from pathlib import Path

from loguru import logger

from tabletutor.records.files import sha256_file, write_atomic

SUMS = "SHA256SUMS"


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
