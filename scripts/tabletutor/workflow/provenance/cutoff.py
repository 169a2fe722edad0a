"""Early cut-off: a job that would make again what is there keeps it and ends at once.

Snakemake plans by time and by what it noted of the last run, before it knows what the jobs upstream will make. So a job
is started whose inputs come out as they were. It then finds the artefact of its own identity (`artefact.py`): the one
that was there, which Snakemake has removed and `output_backup.py` holds, or for costly rules one in the cache, which
checkouts can share. Every file is taken by its digest, so a changed or torn one is never taken.
"""

import json
import os
from pathlib import Path
from typing import Any, Literal

from tabletutor.records.files import link_or_copy, write_atomic
from tabletutor.workflow.provenance.artefact import Artefact, Plan, read_artefact, write_artefact
from tabletutor.workflow.provenance.artefact_cache import fetch, store
from tabletutor.workflow.provenance.output_backup import earlier

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
    source: Source = "kept"
    noted = _keep(plan)
    if noted is None and cache is not None:
        source, noted = "cache", fetch(plan, cache)
    if noted is None:
        return None
    write_artefact(plan.file, plan.with_outputs(noted.outputs))
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


def _keep(plan: Plan) -> Artefact | None:
    """Put back what was there before the run, where it is of the same identity; what was noted of it."""
    noted = read_artefact(plan.file)
    files = [file for name in plan.outputs if (file := earlier(plan.results, name))]
    if noted is None or not plan.is_made_of(noted, files):
        return None
    for name, file in zip(plan.outputs, files, strict=True):
        target = Path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        link_or_copy(file, target)
    return noted
