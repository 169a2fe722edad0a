"""Early cut-off: a job that would make again what is there keeps it and ends at once.

Snakemake plans by time and by what it noted of the last run, before it knows what the jobs upstream will make. So a job
is started whose inputs come out as they were. It then finds the artefact of its own identity (`artefact.py`): the one
that was there, which Snakemake has removed and `previous.py` holds, or for costly rules one in the cache, which
checkouts can share. Every file is taken by its digest, so a changed or torn one is never taken.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any, Literal

from loguru import logger

from tabletutor.records.files import write_atomic
from tabletutor.workflow.artefact import Artefact, Plan, is_whole, read_artefact, relative_to_results, write_artefact
from tabletutor.workflow.artefact_cache import fetch, store
from tabletutor.workflow.previous import earlier

# The environment variable by which jobs know what the user forces (`--forcerun` and the like), as a JSON list.
FORCED = "TABLETUTOR_FORCED"
EVERYTHING = "*"
_KEPT = Path(".snakemake", "tabletutor", "kept")

Source = Literal["kept", "cache"]


def spare(plan: Plan, cache: Path | None) -> Source | None:
    """Put the artefact of the planned job in place without its work; None where that is impossible or not wanted.

    `cache` is the folder in which finished artefacts of its rule are, None for a rule that keeps none there.
    """
    _noted(plan).unlink(missing_ok=True)
    if _is_forced(plan):
        return None
    if _keep(plan):
        source: Source = "kept"
    elif cache is not None and fetch(plan, cache):
        source = "cache"
    else:
        return None
    write_artefact(plan.file, plan.made())
    write_atomic(_noted(plan), json.dumps(source).encode())
    return source


def finish(plan: Plan, cache: Path | None) -> None:
    """After the work of a job: note the identity of what it made, and keep that in the cache for others."""
    artefact = plan.made()
    write_artefact(plan.file, artefact)
    if cache is not None:
        store(plan, artefact, cache)


def how_made(path: Path) -> Source | None:
    """Whether the last job of the artefact whose identity is noted in `path` spared its work, and how."""
    try:
        return json.loads((_KEPT / path).read_bytes())
    except FileNotFoundError:
        return None


def note_forced(settings: Any) -> None:
    """Tell jobs what the user forces; `settings` are Snakemake's DAG settings."""
    os.environ.pop(FORCED, None)
    forced = set(map(str, settings.forcerun))
    if settings.forcetargets:
        forced |= set(map(str, settings.targets))
    if settings.forceall:
        forced = {EVERYTHING}
    if forced:
        os.environ[FORCED] = json.dumps(sorted(forced))


def _noted(plan: Plan) -> Path:
    return _KEPT / plan.file


def _is_forced(plan: Plan) -> bool:
    forced: list[str] = json.loads(os.environ.get(FORCED, "[]"))
    return not {EVERYTHING, plan.rule, *plan.outputs}.isdisjoint(forced)


def _keep(plan: Plan) -> bool:
    """Put back what was there before the run, where it is of the same identity."""
    noted = read_artefact(plan.file)
    if noted is None or noted.identity != plan.identity:
        return False
    files = [earlier(plan.results, name) for name in sorted(plan.outputs)]
    if not _names_match(noted, plan) or None in files or not is_whole(noted.outputs, [file for file in files if file]):
        return False
    for name, file in zip(sorted(plan.outputs), files, strict=True):
        if file is not None:
            _link(file, Path(name))
    return True


def _names_match(noted: Artefact, plan: Plan) -> bool:
    return list(noted.outputs) == [relative_to_results(name, plan.results) for name in sorted(plan.outputs)]


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError as error:
        logger.debug("{} is copied, not linked: {}", target, error)
        shutil.copyfile(source, target)
