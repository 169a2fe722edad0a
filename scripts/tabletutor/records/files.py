"""Files written whole or not at all, and their digests."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

BLOCK = 1 << 18  # bytes read or written at once; lines of some kilobytes take five times as long in blocks of 8 KiB
PARTIAL = ".part"  # the names of half-written files and folders begin with a dot and end with this


def write_atomic(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write `data`, whole or in pieces, to `path` through a temporary file beside it, fsync and rename.

    A crash leaves the old file or the new one, never a part; of a temporary file it leaves, see `sweep`. The parent
    folder is made if need be. An OSError names `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PARTIAL, dir=path.parent)
    try:
        with naming(path), os.fdopen(descriptor, "wb", BLOCK) as stream:
            stream.writelines((data,) if isinstance(data, bytes) else data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def copy_atomic(source: Path, target: Path) -> None:
    """Copy a file, as `write_atomic` writes one."""
    with source.open("rb") as stream:
        write_atomic(target, iter(lambda: stream.read(BLOCK), b""))


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for a file, which takes no room; a copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


@contextmanager
def naming(path: Path) -> Generator[None]:
    """Put `path` into an OSError that names no file: the kernel does not say which file the disk is too full for, and
    libraries in Rust say what happened in their text only.
    """
    try:
        yield
    except OSError as error:
        told = re.search(r"\(os error (\d+)\)", str(error))
        number = error.errno or (int(told[1]) if told else None)
        if error.filename is not None or number is None:
            raise
        raise OSError(number, os.strerror(number), str(path)) from error


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


def write_checked(path: Path, data: bytes) -> None:
    """Write `data` atomically after a line with its SHA-256, for `read_checked`."""
    write_atomic(path, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def read_checked(path: Path) -> bytes | None:
    """The data of a file that `write_checked` wrote; None where it is not what was written."""
    digest, _, data = path.read_bytes().partition(b"\n")
    return data if hashlib.sha256(data).hexdigest().encode() == digest else None
