"""Build the context of the report's templates from its inputs. Pure: counts, selections and charts, no HTML."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, cast

from tabletutor.reporting.dag import picture
from tabletutor.reporting.data_context import (
    example_section,
    questions_section,
    readings_section,
    rejects_section,
    tables_section,
    verdicts_section,
)
from tabletutor.reporting.inputs import ReportInputs
from tabletutor.reporting.readers import readers_section
from tabletutor.reporting.results_context import (
    arms_section,
    comparison_section,
    errors_section,
    failures_section,
    groups_section,
    headline,
    training_section,
)
from tabletutor.reporting.runs_context import runs_section
from tabletutor.sandbox.host.incident import ENDS, incident_causes


def context(inputs: ReportInputs) -> dict[str, Any]:
    """Return all sections of the report by the name that the templates use."""
    tables = {entry.table: entry.split for entry in inputs.splits.tables}
    questions = {question.question_id: question for question in inputs.questions}
    return {
        "title": inputs.title,
        "project": inputs.project,
        "verdict": headline(inputs.comparison, inputs.settings["runs"]),
        "comparison": comparison_section(inputs),
        "runs": runs_section(inputs),
        "arms": arms_section(inputs.arms) if inputs.arms else None,
        "dag": picture(_counts(inputs)),
        "tables": tables_section(inputs, tables),
        "questions": questions_section(inputs, tables),
        "rejects": rejects_section(inputs),
        "readings": readings_section(inputs),
        "example": example_section(inputs, tables, questions),
        "verdicts": verdicts_section(inputs, tables),
        "readers": readers_section(inputs.questions, inputs.episodes, inputs.verdicts, inputs.comparison.confidence),
        "training": training_section(inputs),
        "results": groups_section(inputs),
        "errors": errors_section(inputs),
        "failures": failures_section(inputs, questions),
        "incidents": _incidents(inputs),
        "settings": sorted(_flatten(inputs.settings)),
        "versions": sorted(inputs.versions.items()),
        "artefacts": sorted(inputs.artefacts.items()),
    }


def _counts(inputs: ReportInputs) -> dict[str, str]:
    """Return the text under each label of the pipeline diagram."""
    comparison = inputs.comparison
    rows = sum(split.rows for entry in inputs.formats for split in entry.splits if split.split == "train")
    turns = sum(len(trace.turns) for episode in inputs.episodes for trace in episode.traces)
    verified = sum(verdict.verified for verdict in inputs.verdicts)
    runs = inputs.settings["runs"]
    trained = [name for name, run in runs.items() if run["training"]]
    models = sorted({run["model"] for run in runs.values()})
    return {
        "tables": f"{len(inputs.profiles):,}",
        "questions": f"{len(inputs.questions):,}",
        "episodes": f"{turns:,} turns",
        "verdicts": f"{verified:,} verified",
        "training rows": f"{rows:,}",
        "checkpoints": trained[0] if len(trained) == 1 else f"{len(trained)} runs",
        "models": models[0] if len(models) == 1 else f"{len(models)} models",
        "evaluation": f"{comparison.overall.n:,} questions",
        "report": "this page",
    }


def _incidents(inputs: ReportInputs) -> dict[str, Any]:
    """Return the numbers of interrupted cells and of cells that ended their session, by author."""
    candidates = Counter(reject.incident for reject in inputs.rejects)
    episodes = Counter(kind for row in inputs.episodes for trace in row.traces for kind in incident_causes(trace))
    predictions = Counter(kind for row in inputs.predictions for kind in incident_causes(row.trace))
    rows = (
        ("candidates of questions", candidates),
        ("episodes", episodes),
        (f"predictions of {inputs.comparison.candidate}", predictions),
    )
    return {"rows": [(name, [counts[kind] for kind in ("interrupted", *ENDS)]) for name, counts in rows]}


def _flatten(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield nested settings as pairs of a dotted name and a value."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flatten(cast("Mapping[str, Any]", value), f"{prefix}{name}.")
        else:
            yield prefix + name, value
