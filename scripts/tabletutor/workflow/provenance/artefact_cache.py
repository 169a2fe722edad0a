"""Whole artefacts in the cache: a checkpoint that was trained in one checkout is not trained again in another.

An artefact lies in `<cache>/<rule>/<wildcards>-<identity>/`: its outputs, numbered in the order of their names, and its
identity with their digests, which is written last. It is served by its whole identity, and by the digest of each file.
"""

import shutil
import tempfile
from pathlib import Path

from loguru import logger

from tabletutor.records.files import PARTIAL, copy_atomic, link_or_copy, sync_folder
from tabletutor.records.record import write_record
from tabletutor.workflow.provenance.artefact import Artefact, Plan, read_artefact

NOTE = "artefact.json"
OUTPUT = ".output"  # the suffix of a file of an artefact


def fetch(plan: Plan, cache: Path) -> Artefact | None:
    """Copy the artefact of the planned job out of the cache; what is noted of it there, None where it is not, or not
    whole.
    """
    folder = _folder(plan, cache)
    noted = read_artefact(folder / NOTE)
    if noted is None or noted.identity != plan.identity:
        return None
    files = outputs_in(folder, noted)
    if not plan.is_made_of(noted, files):
        logger.warning("{} is not what was kept there; it is made again", folder)
        return None
    for name, file in zip(plan.outputs, files, strict=True):
        copy_atomic(file, Path(name))
    return noted


def store(plan: Plan, artefact: Artefact, cache: Path) -> None:
    """Keep what a job made, whole or not at all. Where there is no room, a line says so: nothing depends on it."""
    folder = _folder(plan, cache)
    if (folder / NOTE).exists():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=PARTIAL, dir=folder.parent))
    except OSError as error:
        logger.warning("{} is not kept in the cache: {}", plan.subject, error)
        return
    try:
        for name, target in zip(plan.outputs, outputs_in(work, artefact), strict=True):
            # Nothing of ours writes into a file that is there, so a second name is safe.
            link_or_copy(Path(name), target)
        write_record(work / NOTE, artefact)
        work.chmod(0o755)
        work.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(work, ignore_errors=True)
        if not (folder / NOTE).exists():  # else another job was first
            logger.warning("{} is not kept in the cache: {}", plan.subject, error)


def outputs_in(folder: Path, noted: Artefact) -> list[Path]:
    """The files of an artefact in the cache, in the order of their names."""
    return [folder / f"{number:03}{OUTPUT}" for number in range(len(noted.outputs))]


def _folder(plan: Plan, cache: Path) -> Path:
    return cache / plan.rule / f"{plan.subject}-{plan.identity[:16]}"
