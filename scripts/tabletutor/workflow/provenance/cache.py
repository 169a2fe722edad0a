"""The cache folder as a whole: finding, filtering, verifying and removing its entries.

The cache holds journals, training states and whole artefacts, one folder per entry (stage or rule, table or run,
identity). Nothing in it is a result: without it the same bytes are built, only later. Checkouts may share a cache,
since entries are identified by content.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tabletutor.records.files import read_checked
from tabletutor.records.journal import SUFFIX, read_segment
from tabletutor.workflow.provenance.artefact import is_intact, read_artefact
from tabletutor.workflow.provenance.artefact_cache import NOTE, OUTPUT, outputs_in

VARIABLE = "TABLETUTOR_CACHE"
DEFAULT = ".tabletutor/cache"
STATE = ".state"
_IDENTITY = re.compile("[0-9a-f]{16}")
_DAY = 24 * 60 * 60


class CacheEntry(NamedTuple):
    """The stored work of one job: `subject` is a table or a run, `identity` the first 16 digits of the identity."""

    stage: str
    subject: str
    identity: str
    folder: Path
    files: tuple[Path, ...]
    bytes: int
    newest: float  # seconds since 1970

    @property
    def units(self) -> int:
        """The number of intact units in its journals; a training state and an artefact count as one each."""
        journals = sum(len(read_segment(path).units) for path in self.files if path.suffix == SUFFIX)
        return journals + sum(path.suffix == STATE or path.name == NOTE for path in self.files)

    def days_old(self, now: float) -> float:
        """Return the days since its newest file was written; `now` is in seconds since 1970."""
        return (now - self.newest) / _DAY


class CacheFilter(NamedTuple):
    """Selects cache entries; None selects all. `days` is the minimum age."""

    stage: str | None = None
    subject: str | None = None
    days: float | None = None

    def matches(self, entry: CacheEntry, now: float) -> bool:
        """Return whether an entry is selected at the time `now` (seconds since 1970)."""
        old_enough = self.days is None or entry.days_old(now) >= self.days
        return self.stage in (None, entry.stage) and self.subject in (None, entry.subject) and old_enough


def cache_folder(configured: str | None) -> Path:
    """Return the cache folder in use: `$TABLETUTOR_CACHE`, else the configured one, else the one in the checkout."""
    return Path(os.environ.get(VARIABLE) or configured or DEFAULT)


def cache_entries(cache: Path, selection: CacheFilter, now: float) -> Iterator[CacheEntry]:
    """Yield the selected entries of a cache at the time `now` (seconds since 1970), by stage and subject."""
    for folder in sorted(cache.glob("*/*")):
        subject, _, identity = folder.name.rpartition("-")
        ours = folder.is_dir() and subject and _IDENTITY.fullmatch(identity)  # a shared folder may hold other things
        files = tuple(sorted(filter(_is_ours, folder.iterdir()))) if ours else ()
        if files:
            stats = [path.stat() for path in files]
            entry = CacheEntry(
                stage=folder.parent.name,
                subject=subject,
                identity=identity,
                folder=folder,
                files=files,
                bytes=sum(stat.st_size for stat in stats),
                newest=max(stat.st_mtime for stat in stats),
            )
            if selection.matches(entry, now):
                yield entry


def _is_ours(path: Path) -> bool:
    return path.suffix in (SUFFIX, STATE, OUTPUT) or path.name == NOTE


def faults(entry: CacheEntry) -> Iterator[str]:
    """Yield a message for each file of an entry that fails its checksum. Damaged parts are never used, but redone."""
    for path in entry.files:
        if path.suffix == STATE:
            if read_checked(path) is None:
                yield f"{path}: the training state is damaged"
            continue
        if path.name == NOTE:
            artefact = read_artefact(path)
            if artefact is None or not is_intact(artefact.outputs, outputs_in(path.parent, artefact)):
                yield f"{path}: the artefact's files are damaged"
        if path.suffix != SUFFIX:
            continue
        segment = read_segment(path)
        if segment.work is None:
            yield f"{path}: its first line is damaged"
        elif segment.work.folder(entry.folder.parents[1]) != entry.folder:
            yield f"{path}: of other work, {segment.work.stage} {segment.work.subject} {segment.work.identity[:16]}"
        elif segment.broken:
            yield f"{path}: {segment.broken} of {segment.broken + len(segment.units)} units are damaged"


def remove(entry: CacheEntry) -> None:
    """Remove an entry's files, and its folders if nothing else is in them."""
    for path in entry.files:
        path.unlink(missing_ok=True)
    for folder in (entry.folder, entry.folder.parent):
        if not any(folder.iterdir()):
            folder.rmdir()
