"""Whether a run of ours is at work on a results folder, told by a lock the kernel drops however its holder ends.

Snakemake's own lock files outlive a killed run, and it then refuses to start until told `--unlock`. Here every run, and
every job of a run, holds a shared lock (flock) on one file a results folder, `.snakemake/tabletutor/*.lock`, as long as
it lives. A run that can have that lock alone knows that nothing of an earlier run lives: what that left is stale.
Otherwise Snakemake's lock files stay, and Snakemake itself refuses to start.
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

LOCK = "TABLETUTOR_LOCK"  # the environment variable by which the jobs of a run know the file
_FOLDER = Path(".snakemake/tabletutor")
_SNAKEMAKES = Path(".snakemake/locks")
# A file system without flock, and one that is read-only or full: there Snakemake's own lock has to do.
_UNSUPPORTED = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
_UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT}


def enter_run(results: str) -> None:
    """Hold the lock for the rest of this process, in the working directory of a workflow on `results`. If nobody else
    holds it, remove what a killed run left, Snakemake's lock files and half-written artefacts, and put back what the
    killed run has not replaced.
    """
    os.environ.pop(LOCK, None)
    path = _FOLDER / f"{quote(posixpath.normpath(results), safe='')}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        alone = _try_alone(descriptor)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            logger.warning(
                "{} cannot be locked ({}): after a kill, run `snakemake --unlock` yourself", path, error.strerror
            )
        elif error.errno not in _UNWRITABLE:
            raise
        return
    if alone:
        _clear(results)
    elif _stale(results):
        logger.info("another run is at work on {}, or a job that outlived its run: wait for it, or end it", results)
    # Going from alone to shared may let go for a moment: who then is alone meets no lock file of this run yet.
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.environ[LOCK] = str(path.absolute())


def enter_job() -> None:
    """Hold the lock of the run that started this job, for the rest of this process: a job may outlive its run, and
    must then keep the next run from writing the same files.
    """
    path = os.environ.get(LOCK)
    if path is None:
        return
    try:
        fcntl.flock(os.open(path, os.O_RDWR | os.O_CLOEXEC), fcntl.LOCK_SH)
    except OSError as error:
        # On another host the file system may be another one; whether this job runs must not depend on it.
        logger.debug("{} is not locked: {}", path, error)


def _try_alone(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clear(results: str) -> None:
    """Remove what a killed run left, and put back what it has not replaced."""
    stale = _stale(results)
    for path in stale:
        path.unlink(missing_ok=True)
    if stale:
        logger.info("the last run on {} was killed: its lock is removed, and it goes on where it stopped", results)
    try:
        restore_all(results)
        for path in sweep(Path(results)):
            logger.info("removed, half-written when a run was killed: {}", path)
    except OSError as error:  # no part of any result
        logger.warning("what a killed run left cannot be removed or put back: {}", error)


def _stale(results: str) -> list[Path]:
    """Snakemake's lock files of runs on `results`; another project in the same checkout keeps its own."""
    below = posixpath.normpath(results) + "/"
    found: list[Path] = []
    for path in sorted(_SNAKEMAKES.glob("*.lock")):
        names = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if any(posixpath.normpath(name).startswith(below) for name in names):
            found.append(path)
    return found
