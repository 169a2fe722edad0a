"""Atomic file writes, cleanup after killed writers, and file digests."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

BLOCK = 1 << 18  # bytes per read or write; with 8 KiB blocks, lines of a few kilobytes take five times as long
PARTIAL = ".part"  # names of half-written files and folders start with a dot and end with this


def write_atomic(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write `data` (bytes or an iterable of chunks) to `path` through a temporary file beside it, fsync and rename.

    A crash leaves the old file or the new one, never a part of it; `sweep` removes leftover temporary files. The parent
    folder is created if missing. An OSError names `path`.
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
    """Copy a file atomically (see `write_atomic`)."""
    with source.open("rb") as stream:
        write_atomic(target, iter(lambda: stream.read(BLOCK), b""))


def link_or_copy(source: Path, target: Path) -> None:
    """Hard-link `source` as `target`, or copy it where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


@contextmanager
def naming(path: Path) -> Generator[None]:
    """Context manager: add `path` to an OSError that names no file.

    The kernel does not say which file hit a full disk, and Rust libraries give the error number only in their text.
    """
    try:
        yield
    except OSError as error:
        match = re.search(r"\(os error (\d+)\)", str(error))
        number = error.errno or (int(match[1]) if match else None)
        if error.filename is not None or number is None:
            raise
        raise OSError(number, os.strerror(number), str(path)) from error


def sweep(folder: Path) -> list[Path]:
    """Remove the half-written files and folders of killed writers below `folder`, and return their paths.

    No writer may be active there.
    """
    leftovers = sorted(folder.rglob(f".*{PARTIAL}"), reverse=True)  # the content of a folder before the folder
    for path in leftovers:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return leftovers


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable (fsync of the directory entry)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file's content as hexadecimal digits. The file is read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_checked(path: Path, data: bytes) -> None:
    """Write `data` atomically, preceded by a line with its SHA-256; `read_checked` verifies it."""
    write_atomic(path, hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def read_checked(path: Path) -> bytes | None:
    """Return the data of a file written by `write_checked`, or None if the checksum does not match."""
    digest, _, data = path.read_bytes().partition(b"\n")
    return data if hashlib.sha256(data).hexdigest().encode() == digest else None
