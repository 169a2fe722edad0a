"""Files written whole or not at all, and their digests."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

PARTIAL = ".part"  # the names of half-written files and folders begin with a dot and end with this


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` to `path` through a temporary file beside it, fsync and rename.

    A crash leaves the old file or the new one, never a part; of a temporary file it leaves, see `sweep`. The parent
    folder is made if need be. An OSError names `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PARTIAL, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            raise OSError(error.errno, error.strerror, str(path)) from error  # a full disk does not say of which file
        raise
    sync_folder(path.parent)


def sweep(folder: Path) -> list[Path]:
    """Remove what killed writers left half-written below `folder`, and say what it was. Nobody may be writing there."""
    found = sorted(folder.rglob(f".*{PARTIAL}"), reverse=True)  # what lies in a folder before the folder
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return found


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable (fsync of the directory entry)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes as hexadecimal digits, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
