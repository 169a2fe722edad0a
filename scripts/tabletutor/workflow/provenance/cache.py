"""The cache: the folder in which jobs keep finished units of work, seen as a whole.

It holds journals, states of training and whole artefacts, one folder for each work (stage or rule, table or run,
identity). Nothing in it is a result: without it the same bytes come out, later. Checkouts may share one, since identity
is by content.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tabletutor.records.files import read_checked
from tabletutor.records.journal import SUFFIX, read_segment
from tabletutor.workflow.provenance.artefact import is_whole, read_artefact
from tabletutor.workflow.provenance.artefact_cache import NOTE, OUTPUT, outputs_in

VARIABLE = "TABLETUTOR_CACHE"
DEFAULT = ".tabletutor/cache"
STATE = ".state"
_IDENTITY = re.compile("[0-9a-f]{16}")
_DAY = 24 * 60 * 60


class Kept(NamedTuple):
    """What is kept of one work: `subject` is a table or a run, `identity` the first digits of the work's."""

    stage: str
    subject: str
    identity: str
    folder: Path
    files: tuple[Path, ...]
    bytes: int
    newest: float  # seconds since 1970

    @property
    def units(self) -> int:
        """Whole units in its journals; a state of training and an artefact count as one."""
        journals = sum(len(read_segment(path).units) for path in self.files if path.suffix == SUFFIX)
        return journals + sum(path.suffix == STATE or path.name == NOTE for path in self.files)

    def days_old(self, now: float) -> float:
        """Days since it was added to."""
        return (now - self.newest) / _DAY


class Choice(NamedTuple):
    """Which works are meant; what is None does not narrow. `days`: nothing newer than that."""

    stage: str | None = None
    subject: str | None = None
    days: float | None = None

    def takes(self, kept: Kept, now: float) -> bool:
        """Whether a work is meant."""
        old_enough = self.days is None or kept.days_old(now) >= self.days
        return self.stage in (None, kept.stage) and self.subject in (None, kept.subject) and old_enough


def cache_folder(configured: str | None) -> Path:
    """The folder in use: the environment's word, else that of the configuration, else the one in the checkout."""
    return Path(os.environ.get(VARIABLE) or configured or DEFAULT)


def kept_works(cache: Path, choice: Choice, now: float) -> Iterator[Kept]:
    """The works in a cache that are meant at the time `now` (seconds since 1970), by stage and subject."""
    for folder in sorted(cache.glob("*/*")):
        subject, _, identity = folder.name.rpartition("-")
        ours = folder.is_dir() and subject and _IDENTITY.fullmatch(identity)  # a shared folder may hold other things
        files = tuple(sorted(filter(_is_ours, folder.iterdir()))) if ours else ()
        if files:
            facts = [path.stat() for path in files]
            newest = max(fact.st_mtime for fact in facts)
            size = sum(fact.st_size for fact in facts)
            kept = Kept(
                stage=folder.parent.name,
                subject=subject,
                identity=identity,
                folder=folder,
                files=files,
                bytes=size,
                newest=newest,
            )
            if choice.takes(kept, now):
                yield kept


def _is_ours(path: Path) -> bool:
    return path.suffix in (SUFFIX, STATE, OUTPUT) or path.name == NOTE


def faults(kept: Kept) -> Iterator[str]:
    """What is wrong with the files of a work, by their checksums. Such parts are never served; they are done again."""
    for path in kept.files:
        if path.suffix == STATE:
            if read_checked(path) is None:
                yield f"{path}: not what was written"
            continue
        if path.name == NOTE:
            noted = read_artefact(path)
            if noted is None or not is_whole(noted.outputs, outputs_in(path.parent, noted)):
                yield f"{path}: its files are not what was kept"
        if path.suffix != SUFFIX:
            continue
        segment = read_segment(path)
        if segment.work is None:
            yield f"{path}: its first line is broken"
        elif segment.work.folder(kept.folder.parents[1]) != kept.folder:
            yield f"{path}: of other work, {segment.work.stage} {segment.work.subject} {segment.work.identity[:16]}"
        elif segment.broken:
            yield f"{path}: {segment.broken} of {segment.broken + len(segment.units)} units are torn or broken"


def remove(kept: Kept) -> None:
    """Remove what is kept of a work: files of the cache only, and their folders where nothing else is in them."""
    for path in kept.files:
        path.unlink(missing_ok=True)
    for folder in (kept.folder, kept.folder.parent):
        if not any(folder.iterdir()):
            folder.rmdir()
