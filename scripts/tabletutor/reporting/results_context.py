"""Build the report's sections on results: headline, comparison, arms, training, results by group, errors."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from tabletutor.records.episode import Trace
from tabletutor.records.identity import rng
from tabletutor.records.question import Question
from tabletutor.reporting.arms import Arm, ArmDifference, Arms
from tabletutor.reporting.charts import accuracy_chart, loss_chart
from tabletutor.reporting.comparison import Comparison
from tabletutor.reporting.data_context import NOVELTY, rank
from tabletutor.reporting.inputs import ReportInputs
from tabletutor.reporting.statistics import Interval, is_significant

DIFFICULTY = ("easy", "medium", "hard")
DIMENSIONS = ("novelty", "difficulty", "answer_type", "table", "category", "family")
FAILURES_PER_KIND, MAX_FAILURES = 2, 8


def headline(comparison: Comparison, runs: Mapping[str, Any]) -> dict[str, str]:
    """Return the headline. It mentions tuning only if an untuned model is compared with a trained one."""
    baseline, candidate = runs[comparison.baseline], comparison.candidate
    untouched = not any(baseline.get(key) for key in ("training", "weights_from", "best_of", "lenient_of"))
    tuned = untouched and runs[candidate].get("training")
    better, worse = (
        ("Tuning helped.", "Tuning made results worse.") if tuned else (f"{candidate} is better.", f"{candidate} is worse.")
    )
    overall = comparison.overall
    interval = Interval(overall.points_low, overall.points_high)
    significant = is_significant(overall.p, interval, comparison.confidence)
    if significant and overall.points > 0:
        return {"kind": "better", "text": better}
    if significant and overall.points < 0:
        return {"kind": "worse", "text": worse}
    return {"kind": "open", "text": "No significant difference."}


def comparison_section(inputs: ReportInputs) -> dict[str, Any]:
    """Return the paired comparison with a label for each row: all questions, then the novelty classes."""
    comparison = inputs.comparison
    rows = [("all questions", comparison.overall), *((NOVELTY[group.group], group) for group in comparison.groups)]
    return {"record": comparison, "rows": [{"label": label, "group": group} for label, group in rows]}


def arms_section(arms: Arms) -> dict[str, Any]:
    """Return the figures of each arm, by group, and the comparison of each later arm with another arm."""
    first = arms.arms[0]
    overall = [row for row in arms.differences if row.group_by == "overall"]
    return {
        "record": arms,
        "runs": len(first.runs),
        "tables": overall[0].tables,
        "difficulties": [group.group for group in first.groups if group.group_by == "difficulty"],
        "rows": [_arm_row(arm) for arm in arms.arms],
        "groups": [
            (NOVELTY.get(group.group, group.group), [(arm.arm, arm.groups[place]) for arm in arms.arms])
            for place, group in enumerate(first.groups)
            if group.group_by != "overall"
        ],
        "verdicts": [(row.arm, row.against, _arm_verdict(row, arms.confidence)) for row in overall],
        "differences": [
            (row.arm, row.against, [each for each in arms.differences if each.arm == row.arm]) for row in overall
        ],
    }


def _arm_verdict(row: ArmDifference, confidence: float) -> str:
    """Return `better`, `worse` or `open`, by the rule of the headline but with the corrected p."""
    if not is_significant(row.p_holm, Interval(row.points_low, row.points_high), confidence):
        return "open"
    return "better" if row.points > 0 else "worse"


def _arm_row(arm: Arm) -> dict[str, Any]:
    """Return the figures of an arm over all questions and by difficulty."""
    return {
        "arm": arm.arm,
        "runs": arm.runs,
        "overall": arm.groups[0],
        "difficulties": {group.group: group for group in arm.groups if group.group_by == "difficulty"},
    }


def training_section(inputs: ReportInputs) -> dict[str, Any]:
    """Return the training rows by format, and the losses of the candidate."""
    losses = [{"step": point.step, "split": point.split, "loss": point.loss} for point in inputs.losses]
    last = {point.split: point for point in sorted(inputs.losses, key=lambda point: point.step)}
    return {
        "chart": loss_chart("loss", losses) if losses else None,
        "steps": max((point.step for point in inputs.losses), default=0),
        "last": sorted(last.items()),
        "formats": inputs.formats,
    }


def groups_section(inputs: ReportInputs) -> list[dict[str, Any]]:
    """Return a chart and a table for each dimension that occurs, with baseline and candidate side by side."""
    runs = (inputs.comparison.baseline, inputs.comparison.candidate)
    sections = []
    for dimension in DIMENSIONS:
        rows = {(row.group, row.run): row for row in inputs.summary if row.group_by == dimension and row.run in runs}
        groups = sorted(
            {group for group, _ in rows}, key=lambda group: _order(dimension, group, rows.get((group, runs[1])))
        )
        labels = {group: NOVELTY.get(group, group) if dimension == "novelty" else group for group in groups}
        points = [
            {
                "group": labels[group],
                "run": run,
                "accuracy": 100 * row.accuracy,
                "low": 100 * row.wilson_low,
                "high": 100 * row.wilson_high,
            }
            for (group, run), row in sorted(rows.items())
        ]
        if points:
            sections.append(
                {
                    "dimension": dimension,
                    "chart": accuracy_chart(dimension, points, [labels[group] for group in groups], runs),
                    "rows": [(labels[group], [rows.get((group, run)) for run in runs]) for group in groups],
                }
            )
    return sections


def _order(dimension: str, group: str, candidate: Any) -> tuple[float, str]:
    """Return the sort key of a group: its fixed order, the candidate's accuracy for families, else the name."""
    known = {"novelty": tuple(NOVELTY), "difficulty": DIFFICULTY}.get(dimension)
    if known is not None:
        return (rank(known, group), group)
    return (-candidate.accuracy if candidate is not None and dimension == "family" else 0.0, group)


def errors_section(inputs: ReportInputs) -> dict[str, Any]:
    """Return how many wrong answers of each kind baseline and candidate give."""
    runs = (inputs.comparison.baseline, inputs.comparison.candidate)
    counts = {run: Counter(inputs.error_kinds.get(run, {}).values()) for run in runs}
    kinds = sorted(
        {kind for count in counts.values() for kind in count}, key=lambda kind: (-counts[runs[1]][kind], kind)
    )
    return {"runs": runs, "rows": [(kind, [counts[run][kind] for run in runs]) for kind in kinds]}


def failures_section(inputs: ReportInputs, questions: dict[str, Question]) -> list[dict[str, Any]]:
    """Return a random sample of the candidate's wrong answers, up to `FAILURES_PER_KIND` of each kind.

    The sample depends only on the question ids.
    """
    kinds = inputs.error_kinds.get(inputs.comparison.candidate, {})
    traces: dict[str, Trace] = {row.question_id: row.trace for row in inputs.predictions if row.sample == 0}
    by_kind: defaultdict[str, list[str]] = defaultdict(list)
    for question_id in sorted(kinds.keys() & traces.keys() & questions.keys()):
        by_kind[kinds[question_id]].append(question_id)
    chosen: list[tuple[str, str]] = []
    for kind, members in sorted(by_kind.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        sample = rng(0, "failures", kind).sample(members, min(FAILURES_PER_KIND, len(members)))
        chosen += [(kind, question_id) for question_id in sample]
    return [
        {"kind": kind, "question": questions[question_id], "trace": traces[question_id]}
        for kind, question_id in chosen[:MAX_FAILURES]
    ]
