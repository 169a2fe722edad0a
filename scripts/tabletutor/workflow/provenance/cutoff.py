"""Early cut-off: a job whose existing artefact is still right keeps it and exits at once.

Snakemake plans by modification times and by its metadata of the last run, before it knows what upstream jobs will
produce. So it also starts jobs whose inputs turn out to be unchanged. Such a job finds the artefact with its own
identity (`artefact.py`): the existing one, which Snakemake has removed and `output_backup.py` holds, or, for costly
rules, one in the cache that checkouts can share. Every file is checked by digest, so a changed or damaged one is never
used.
"""

import json
import os
from pathlib import Path
from typing import Any, Literal

from tabletutor.records.files import link_or_copy, write_atomic
from tabletutor.workflow.provenance.artefact import Artefact, Plan, read_artefact, write_artefact
from tabletutor.workflow.provenance.artefact_cache import fetch, store
from tabletutor.workflow.provenance.output_backup import backup_of

# The environment variable that tells jobs what the user forces (`--forcerun` and the like), as a JSON list.
FORCED = "TABLETUTOR_FORCED"
EVERYTHING = "*"
_SOURCES = Path(".snakemake", "tabletutor", "kept")

Source = Literal["kept", "cache"]
# Messages for a job that reused an artefact.
REUSED: dict[Source, str] = {
    "kept": "kept: code, parameters and input contents are unchanged",
    "cache": "from the cache: built before with the same code, parameters and input contents",
}


def reuse_artefact(plan: Plan, cache: Path | None) -> Source | None:
    """Put an existing artefact of the planned job in place and return where it came from.

    Returns None if there is none, or if the user forces the job. `cache` is the folder of finished artefacts; None for
    a rule that does not use the cache.
    """
    _source_file(plan).unlink(missing_ok=True)
    if _is_forced(plan):
        return None
    source: Source = "kept"
    artefact = _restore_backup(plan)
    if artefact is None and cache is not None:
        source, artefact = "cache", fetch(plan, cache)
    if artefact is None:
        return None
    write_artefact(plan.file, plan.with_outputs(artefact.outputs))
    write_atomic(_source_file(plan), json.dumps(source).encode())
    return source


def record_artefact(plan: Plan, cache: Path | None) -> None:
    """Write the identity file of a job that has done its work, and store the artefact in the cache, if one is given."""
    artefact = plan.to_artefact()
    write_artefact(plan.file, artefact)
    if cache is not None:
        store(plan, artefact, cache)


def reuse_source(path: Path) -> Source | None:
    """Return where the last job of the identity file `path` took its artefact from; None if it did the work itself."""
    try:
        return json.loads((_SOURCES / os.path.relpath(path)).read_bytes())
    except FileNotFoundError:
        return None


def export_forced(settings: Any) -> None:
    """Set the environment variable that tells jobs what the user forces. `settings` are Snakemake's DAG settings."""
    os.environ.pop(FORCED, None)
    forced = set(map(str, settings.forcerun))
    if settings.forcetargets:
        forced |= set(map(str, settings.targets))
    if settings.forceall:
        forced = {EVERYTHING}
    if forced:
        os.environ[FORCED] = json.dumps(sorted(forced))


def _source_file(plan: Plan) -> Path:
    return _SOURCES / plan.file


def _is_forced(plan: Plan) -> bool:
    forced: list[str] = json.loads(os.environ.get(FORCED, "[]"))
    return not {EVERYTHING, plan.rule, *plan.outputs}.isdisjoint(forced)


def _restore_backup(plan: Plan) -> Artefact | None:
    """Restore the outputs that existed before the run and return their artefact; None if their identity differs."""
    artefact = read_artefact(plan.file)
    files = [file for name in plan.outputs if (file := backup_of(plan.results, name))]
    if artefact is None or not plan.matches(artefact, files):
        return None
    for name, file in zip(plan.outputs, files, strict=True):
        target = Path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        link_or_copy(file, target)
    return artefact
