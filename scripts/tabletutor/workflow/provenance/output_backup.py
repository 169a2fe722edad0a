"""Keep old outputs until their replacements are complete, so a failed or killed run loses no finished work.

Snakemake removes a job's outputs before the job runs. So when a run starts, every output that will be replaced gets a
second name (a hard link, which takes no space) in `<results>/.previous/<run>/`. That folder is inside the results
folder, not in `.snakemake`, because results are often on a file system of their own. If a job succeeds, its old files
are dropped; otherwise they are restored when the run ends or, after a kill, when the next run starts.

A restored file must never pass for the new one. Snakemake's metadata does not distinguish them, because after a failure
it holds the new parameters and inputs. The mark of an unfinished output does: with `rerun-incomplete`
(profiles/default), the next run rebuilds marked outputs and everything downstream. So files are marked first and
restored second.
"""

import atexit
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from loguru import logger

_FOLDER = ".previous"
_SEPARATOR = "~"  # between a job's number and the quoted path of its output; one flat folder takes the least space


class OutputBackup:
    """The backup of the outputs that one run will replace. Nothing is written before `keep`."""

    def __init__(self, results: str) -> None:
        # Sorting by name sorts the folders of several runs by time.
        self._folder = Path(results) / _FOLDER / f"{time.time_ns():020}-{os.getpid()}"
        self._persistence: Any = None

    def keep(self, workflow: Any) -> None:
        """Link the existing outputs that will be replaced. Call it before the first job.

        If that is impossible, log a warning and let the run continue.
        """
        if not _is_default_persistence(workflow.persistence):
            logger.warning("Snakemake's metadata is not in .snakemake: old outputs of failing jobs will be lost")
            return
        self._persistence = workflow.persistence
        failed: list[str] = []
        for number, job in enumerate(workflow.dag.needrun_jobs()):
            for output in map(str, job.output):
                try:
                    _link(Path(output), self._folder / f"{number:06}{_SEPARATOR}{quote(output, safe='')}")
                except OSError as error:
                    failed.append(f"{output} ({error.strerror or error})")
        if failed:
            logger.warning("{} old outputs will be lost if their jobs fail: {}", len(failed), failed[0])
        # Snakemake calls no handler if it stops with an exception, for example because it cannot write its metadata.
        atexit.register(self.restore)

    def drop(self) -> None:
        """Delete the backup. Call it after a successful run."""
        try:
            if self._folder.exists():
                shutil.rmtree(self._folder)
            _remove_if_empty(self._folder.parent)
        except OSError as error:  # the next run removes it
            logger.warning("cannot remove {}: {}", self._folder, error)

    def restore(self) -> None:
        """Restore the outputs that the run's jobs did not replace. Call it after a failed run."""
        if self._folder.is_dir():
            _restore(self._folder, self._persistence)


def backup_of(results: str, output: str) -> Path | None:
    """Return the backup of the file that was `output` before the current run; None if there is none."""
    name = f"*/*{_SEPARATOR}{quote(output, safe='')}"
    return max((path for path in (Path(results) / _FOLDER).glob(name) if path.is_file()), default=None)


def restore_all(results: str) -> None:
    """Restore the outputs that killed runs on `results` did not replace.

    Call it in the workflow's working directory, before Snakemake looks at the files, and only if no run is using the
    folder.
    """
    folders = sorted((Path(results) / _FOLDER).glob("*"))
    if not folders:
        return
    from snakemake.persistence.file import FilePersistence  # slow to import and rarely needed

    persistence = FilePersistence()
    for folder in folders:  # the newest is last, so it wins
        _restore(folder, persistence)


@dataclass(frozen=True)
class _Backup:
    """An output and its hard link."""

    link: Path
    output: Path


def _restore(folder: Path, persistence: Any) -> None:
    jobs: dict[str, list[_Backup]] = {}
    for link in sorted(folder.iterdir()):
        number, _, name = link.name.partition(_SEPARATOR)
        jobs.setdefault(number, []).append(_Backup(link, Path(unquote(name))))
    for backups in jobs.values():
        try:
            _restore_job(backups, persistence)
        except OSError as error:  # the links stay, and the next run tries again
            logger.warning("cannot restore {} yet: {}; the old file is {}", backups[0].output, error, backups[0].link)
    try:
        _remove_if_empty(folder)
        _remove_if_empty(folder.parent)
    except OSError as error:
        logger.warning("cannot remove {}: {}", folder, error)


def _restore_job(backups: list[_Backup], persistence: Any) -> None:
    """Restore all old outputs of a job, or none: all if one output is missing or marked as unfinished."""
    names = [str(backup.output) for backup in backups]
    if all(os.path.lexists(backup.output) for backup in backups) and not _unfinished(names, persistence):
        for backup in backups:
            _remove(backup.link)
        return
    mark_unfinished(names, persistence)
    for backup in backups:
        if not _is_same(backup.link, backup.output):
            backup.output.parent.mkdir(parents=True, exist_ok=True)
            if backup.link.is_dir() and backup.output.is_dir():
                shutil.rmtree(backup.output)
            backup.link.replace(backup.output)
            logger.info("restored the old file, to be rebuilt: {}", backup.output)
        _remove(backup.link)  # still there if both names are the same file, as renaming then does nothing


def _link(path: Path, link: Path) -> None:
    """Hard-link a file, or each file of a folder."""
    if path.is_dir() and not path.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copytree(path, link, symlinks=True, copy_function=os.link)
        except OSError:
            shutil.rmtree(link, ignore_errors=True)
            raise
    elif path.is_symlink() or path.is_file():
        link.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, link, follow_symlinks=False)


def _is_same(first: Path, second: Path) -> bool:
    return os.path.lexists(second) and not first.is_dir() and os.path.samestat(first.lstat(), second.lstat())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _is_default_persistence(persistence: Any) -> bool:
    """Return whether `restore_all` of the next run will use the same metadata."""
    from snakemake.persistence.file import FilePersistence

    return isinstance(persistence, FilePersistence) and persistence.path.resolve() == Path(".snakemake").resolve()


@dataclass(frozen=True)
class _Outputs:
    """The part of a job that Snakemake's persistence reads."""

    output: list[Any]


def mark_unfinished(names: Iterable[str], persistence: Any) -> None:
    """Mark outputs as unfinished in Snakemake's metadata. Raises OSError if that is impossible."""
    from snakemake.io import IOFile

    for name in names:
        try:
            persistence.started(_Outputs([IOFile(name)]))
        except OSError:  # on a full disk the mark may be an empty file, which suffices
            if not _unfinished([name], persistence):
                raise


def _unfinished(names: Iterable[str], persistence: Any) -> set[str]:
    """Return the outputs that Snakemake considers unfinished."""
    persistence.deactivate_cache()  # the cache would hide new marks
    return persistence._filter_incomplete_keys(list(names))  # pyright: ignore[reportPrivateUsage]
