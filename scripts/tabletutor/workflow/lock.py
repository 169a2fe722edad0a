"""Detect whether another run is using a results folder, with a kernel lock that is released however its holder ends.

Snakemake's own lock files survive a killed run, and Snakemake then refuses to start until `--unlock`. Here, every run
and every job of a run holds a shared flock on one file per results folder, `.snakemake/tabletutor/*.lock`, while it
lives. A run that gets the lock exclusively knows that no earlier run is alive, so whatever an earlier run left is
stale. Otherwise Snakemake's lock files stay, and Snakemake itself refuses to start.
"""

import errno
import fcntl
import os
import posixpath
from pathlib import Path
from urllib.parse import quote

from loguru import logger

from tabletutor.records.files import sweep
from tabletutor.workflow.provenance.output_backup import restore_all

LOCK = "TABLETUTOR_LOCK"  # environment variable that passes the lock file's path to the jobs of a run
_FOLDER = Path(".snakemake/tabletutor")
_SNAKEMAKE_LOCKS = Path(".snakemake/locks")
# File systems without flock, and read-only or full ones: there, only Snakemake's own lock protects the results.
_UNSUPPORTED = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
_UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT}


def lock_run(results: str) -> None:
    """Lock the folder `results` for the rest of this process. Call it in the workflow's working directory.

    If no other process holds the lock, remove Snakemake's stale lock files and partially written artefacts of a killed
    run, and restore the outputs that it did not replace.
    """
    os.environ.pop(LOCK, None)
    path = _FOLDER / f"{quote(posixpath.normpath(results), safe='')}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        exclusive = _try_exclusive(descriptor)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            logger.warning("{} cannot be locked ({}): after a kill, run `snakemake --unlock`", path, error.strerror)
        elif error.errno not in _UNWRITABLE:
            raise
        return
    if exclusive:
        _clean_up(results)
    elif _stale_locks(results):
        logger.info("another run, or a job that outlived its run, is using {}: wait for it, or end it", results)
    # Converting an exclusive lock to a shared one may release it for a moment. A run that gets it exclusively then
    # finds no Snakemake lock file of this run yet.
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.environ[LOCK] = str(path.absolute())


def lock_job() -> None:
    """Hold the lock of the run that started this job, for the rest of this process.

    A job may outlive its run. The lock then keeps the next run from writing the same files.
    """
    path = os.environ.get(LOCK)
    if path is None:
        return
    try:
        fcntl.flock(os.open(path, os.O_RDWR | os.O_CLOEXEC), fcntl.LOCK_SH)
    except OSError as error:
        # The file system may differ on another host, and the job must run there as well.
        logger.debug("{} is not locked: {}", path, error)


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clean_up(results: str) -> None:
    """Remove what a killed run left behind, and restore the outputs that it did not replace."""
    stale = _stale_locks(results)
    for path in stale:
        path.unlink(missing_ok=True)
    if stale:
        logger.info("the last run on {} was killed: removed its lock, continuing where it stopped", results)
    try:
        restore_all(results)
        for path in sweep(Path(results)):
            logger.info("removed a partially written file of a killed run: {}", path)
    except OSError as error:  # leftovers are not part of any result
        logger.warning("cannot remove or restore leftovers of a killed run: {}", error)


def _stale_locks(results: str) -> list[Path]:
    """Return Snakemake's lock files for `results`; another project in the same checkout keeps its own."""
    prefix = posixpath.normpath(results) + "/"
    locks: list[Path] = []
    for path in sorted(_SNAKEMAKE_LOCKS.glob("*.lock")):
        names = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if any(posixpath.normpath(name).startswith(prefix) for name in names):
            locks.append(path)
    return locks
