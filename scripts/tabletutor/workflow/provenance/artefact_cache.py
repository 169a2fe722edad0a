"""Whole artefacts in the cache, so that a checkpoint trained in one checkout is not trained again in another.

An artefact is stored in `<cache>/<rule>/<wildcards>-<identity>/`: its outputs, numbered in the order of their names,
and its identity file with their digests, written last. It is looked up by its full identity, and the digest of each
file is checked.
"""

import shutil
import tempfile
from pathlib import Path

from loguru import logger

from tabletutor.records.files import PARTIAL, copy_atomic, link_or_copy, sync_folder
from tabletutor.records.record import write_record
from tabletutor.workflow.provenance.artefact import Artefact, Plan, read_artefact

NOTE = "artefact.json"
OUTPUT = ".output"  # suffix of an artefact's files


def fetch(plan: Plan, cache: Path) -> Artefact | None:
    """Copy the planned job's artefact out of the cache and return it; None if it is not there or damaged."""
    folder = _folder(plan, cache)
    artefact = read_artefact(folder / NOTE)
    if artefact is None or artefact.identity != plan.identity:
        return None
    files = outputs_in(folder, artefact)
    if not plan.matches(artefact, files):
        logger.warning("{} has been damaged since it was stored; building the artefact again", folder)
        return None
    for name, file in zip(plan.outputs, files, strict=True):
        copy_atomic(file, Path(name))
    return artefact


def store(plan: Plan, artefact: Artefact, cache: Path) -> None:
    """Store a job's artefact in the cache atomically. Failures are only logged: no result depends on the cache."""
    folder = _folder(plan, cache)
    if (folder / NOTE).exists():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=PARTIAL, dir=folder.parent))
    except OSError as error:
        logger.warning("cannot store {} in the cache: {}", plan.subject, error)
        return
    try:
        for name, target in zip(plan.outputs, outputs_in(work, artefact), strict=True):
            # A hard link is safe: outputs are replaced, never modified in place.
            link_or_copy(Path(name), target)
        write_record(work / NOTE, artefact)
        work.chmod(0o755)
        work.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(work, ignore_errors=True)
        if not (folder / NOTE).exists():  # otherwise another job stored it first
            logger.warning("cannot store {} in the cache: {}", plan.subject, error)


def outputs_in(folder: Path, artefact: Artefact) -> list[Path]:
    """Return the paths of an artefact's outputs in its cache folder, in the order of their names."""
    return [folder / f"{number:03}{OUTPUT}" for number in range(len(artefact.outputs))]


def _folder(plan: Plan, cache: Path) -> Path:
    return cache / plan.rule / f"{plan.subject}-{plan.identity[:16]}"
