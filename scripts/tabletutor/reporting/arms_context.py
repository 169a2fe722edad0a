"""The report's section on arms, from the record to what its template shows. Pure; no HTML here."""

from collections.abc import Mapping
from typing import Any

from tabletutor.reporting.arms import Arm, ArmDifference, Arms
from tabletutor.reporting.statistics import Interval, difference_is_shown


def arms_context(arms: Arms, labels: Mapping[str, str]) -> dict[str, Any]:
    """What the section shows. `labels` has names of groups for the reader, where they are not their own."""
    first = arms.arms[0]
    overall = [row for row in arms.differences if row.group_by == "overall"]
    return {
        "record": arms,
        "runs": len(first.runs),
        "tables": overall[0].tables,
        "difficulties": [group.group for group in first.groups if group.group_by == "difficulty"],
        "rows": [_row(arm) for arm in arms.arms],
        "groups": [
            (labels.get(shown.group, shown.group), [(arm.arm, arm.groups[place]) for arm in arms.arms])
            for place, shown in enumerate(first.groups)
            if shown.group_by != "overall"
        ],
        "verdicts": [(row.arm, row.against, verdict(row, arms.confidence)) for row in overall],
        "differences": [
            (row.arm, row.against, [each for each in arms.differences if each.arm == row.arm]) for row in overall
        ],
    }


def verdict(row: ArmDifference, confidence: float) -> str:
    """`better`, `worse` or `open`: what is shown of an arm, as careful as the headline, by the corrected p."""
    if not difference_is_shown(row.p_holm, Interval(row.points_low, row.points_high), confidence):
        return "open"
    return "better" if row.points > 0 else "worse"


def _row(arm: Arm) -> dict[str, Any]:
    return {
        "arm": arm.arm,
        "runs": arm.runs,
        "overall": arm.groups[0],
        "difficulties": {group.group: group for group in arm.groups if group.group_by == "difficulty"},
    }
