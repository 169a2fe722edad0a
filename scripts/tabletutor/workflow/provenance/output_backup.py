"""What a job is to replace is kept until it has been replaced: a run that fails or is killed loses no finished work.

Snakemake removes the outputs of a job before the job runs. So when a run starts, every output that is to be made again
gets a second name (a hard link: no bytes) in `<results>/.previous/<run>/`: in the results folder, not in `.snakemake`,
because results often lie on a file system of their own. A job that has ended well drops the old files; otherwise they
are put back when the run ends, or, after a kill, when the next one starts.

What is put back must never pass for the new thing. What Snakemake notes does not tell: after a failure it notes the new
parameters and inputs for the output. Its mark of an unfinished output does, whatever else is noted: with
`rerun-incomplete` (profiles/default) the next run makes that again, and all that follows. Mark first, put back second.
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
_SEPARATOR = "~"  # between the number of a job and the quoted path of its output: one flat folder needs least room


class OutputBackup:
    """The outputs that one run is to make again. Nothing happens before `keep`."""

    def __init__(self, results: str) -> None:
        # By name, folders of several runs are in the order of time.
        self._folder = Path(results) / _FOLDER / f"{time.time_ns():020}-{os.getpid()}"
        self._persistence: Any = None

    def keep(self, workflow: Any) -> None:
        """Before the first job: link what exists of what is to be made again. Where that is impossible, a line says so
        and the run goes on.
        """
        if not _is_usual(workflow.persistence):
            logger.warning("Snakemake's notes are not in .snakemake: what a failing job was to replace will be lost")
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
            logger.warning("{} of the files to be made again are lost if their jobs fail: {}", len(failed), failed[0])
        # Snakemake calls no handler where it stops itself with an exception, as it does if it cannot write its notes.
        atexit.register(self.restore)

    def drop(self) -> None:
        """After a run that went well."""
        try:
            if self._folder.exists():
                shutil.rmtree(self._folder)
            _remove_if_empty(self._folder.parent)
        except OSError as error:  # the next run removes it
            logger.warning("{} cannot be removed: {}", self._folder, error)

    def restore(self) -> None:
        """After a run that failed: put back what its jobs have not replaced."""
        if self._folder.is_dir():
            _put_back(self._folder, self._persistence)


def earlier(results: str, output: str) -> Path | None:
    """The file that was `output` before the run that is under way; None where there was none, or it is not kept."""
    name = f"*/*{_SEPARATOR}{quote(output, safe='')}"
    return max((path for path in (Path(results) / _FOLDER).glob(name) if path.is_file()), default=None)


def restore_all(results: str) -> None:
    """Put back what killed runs on `results` have not replaced. For who knows that no run is at work there, and before
    Snakemake looks at the files. In the working directory of the workflow.
    """
    folders = sorted((Path(results) / _FOLDER).glob("*"))
    if not folders:
        return
    from snakemake.persistence.file import FilePersistence  # slow to import, seldom needed

    persistence = FilePersistence()
    for folder in folders:  # the newest last, which wins
        _put_back(folder, persistence)


@dataclass(frozen=True)
class _Kept:
    """An output and its second name."""

    link: Path
    output: Path


def _put_back(folder: Path, persistence: Any) -> None:
    jobs: dict[str, list[_Kept]] = {}
    for link in sorted(folder.iterdir()):
        number, _, name = link.name.partition(_SEPARATOR)
        jobs.setdefault(number, []).append(_Kept(link, Path(unquote(name))))
    for kept in jobs.values():
        try:
            _settle(kept, persistence)
        except OSError as error:  # the links stay, and the next run tries again
            logger.warning("{} cannot be put back yet: {}; the old file is {}", kept[0].output, error, kept[0].link)
    try:
        _remove_if_empty(folder)
        _remove_if_empty(folder.parent)
    except OSError as error:
        logger.warning("{} cannot be removed: {}", folder, error)


def _settle(kept: list[_Kept], persistence: Any) -> None:
    """All outputs of a job are those of before, or all are new: one that is missing or unfinished tells."""
    names = [str(one.output) for one in kept]
    if all(os.path.lexists(one.output) for one in kept) and not _marked(names, persistence):
        for one in kept:
            _remove(one.link)
        return
    mark_unfinished(names, persistence)
    for one in kept:
        if not _is_same(one.link, one.output):
            one.output.parent.mkdir(parents=True, exist_ok=True)
            if one.link.is_dir() and one.output.is_dir():
                shutil.rmtree(one.output)
            one.link.replace(one.output)
            logger.info("as it was before the run, and to be made again: {}", one.output)
        _remove(one.link)  # renaming one name of a file to another of its names does nothing


def _link(path: Path, link: Path) -> None:
    """A second name for a file, or for each file of a folder."""
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


def _is_usual(persistence: Any) -> bool:
    """Whether `restore_all` of the next run will find these notes."""
    from snakemake.persistence.file import FilePersistence

    return isinstance(persistence, FilePersistence) and persistence.path.resolve() == Path(".snakemake").resolve()


@dataclass(frozen=True)
class _Outputs:
    """What Snakemake's notes look at in a job."""

    output: list[Any]


def mark_unfinished(names: Iterable[str], persistence: Any) -> None:
    """Mark outputs as unfinished. Raises OSError where that is impossible."""
    from snakemake.io import IOFile

    for name in names:
        try:
            persistence.started(_Outputs([IOFile(name)]))
        except OSError:  # on a full disk the mark may be there without its text; that it is there is what counts
            if not _marked([name], persistence):
                raise


def _marked(names: Iterable[str], persistence: Any) -> set[str]:
    """Those of the outputs that Snakemake takes for unfinished."""
    persistence.deactivate_cache()  # it remembers the marks it has seen
    return persistence._filter_incomplete_keys(list(names))  # pyright: ignore[reportPrivateUsage]
