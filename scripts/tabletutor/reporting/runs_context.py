"""Build the report's section on runs: how each run answers, its accuracy, and how often it saw the test tables."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tabletutor.reporting.inputs import ReportInputs


def runs_section(inputs: ReportInputs) -> dict[str, Any]:
    """Return a row for each run that was graded: the baseline first, the candidate last, the others by name between.

    Looks at tables that are no longer test tables do not count. `looks` is the number of looks at present test tables.
    `earlier` is the number of looks of former versions of the shown runs and of other runs.
    """
    test = {entry.table for entry in inputs.splits.tables if entry.split == "test"}
    looks = Counter(look.run for look in inputs.looks if test.intersection(look.tables))
    on_test = {row.run: row for row in inputs.summary if row.group_by == "overall"}
    on_validation = {row.run: row for row in inputs.validation if row.group_by == "overall"}
    ends = {inputs.comparison.baseline: -1, inputs.comparison.candidate: 1}
    names = sorted({*on_test, *on_validation, *looks}, key=lambda name: (ends.get(name, 0), name))
    shown = sum(name in looks for name in on_test)
    return {
        "rows": [
            {
                "run": name,
                "answers": how_it_answers(inputs.settings.get("runs", {}).get(name)),
                "test": on_test.get(name),
                "validation": on_validation.get(name),
                "looks": looks[name],
            }
            for name in names
        ],
        "looks": looks.total(),
        "earlier": looks.total() - shown,
        "validated": bool(on_validation),
    }


def how_it_answers(run: Mapping[str, Any] | None) -> str:
    """Return in a few words how a run answers, from its settings; None is a run that the project no longer has."""
    if run is None:
        return "not in the project now"
    if run.get("lenient_of"):
        return f"{run['lenient_of']}, read leniently"
    if best_of := run.get("best_of"):
        by = f"chosen by {best_of['reward_model']}" if best_of.get("reward_model") else "by majority vote"
        return f"one attempt of {best_of['run']}, {by}"
    training = run.get("training")
    source = run.get("weights_from")
    words = [f"trained by {training['method']}" if training else f"weights of {source}" if source else "not trained"]
    if attempts_of := run.get("attempts_of"):
        words.append(f"also on right attempts of {attempts_of['run']}")
    if shots := run.get("shots"):
        words.append(f"{shots} worked example{'s' if shots != 1 else ''}")
    if sampling := run.get("sampling"):
        words.append(f"{sampling['samples']} attempts")
    return ", ".join(words)
