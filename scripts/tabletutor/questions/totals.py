"""Total rows of a table: the steps that leave them out, their words, and whether a program leaves them out anyway."""

from collections.abc import Callable, Iterable

from tabletutor.programs.grammar import Contains, Missing, OneOf, Step, Where
from tabletutor.records.table import TableProfile, Total


def leave_out(total: Total, *, or_missing: bool = False) -> Where | Missing:
    """Return the step that keeps all other rows. `or_missing`: those without a value too, unless they are the total."""
    if not total.value:
        return Missing(total.column, negated=True)
    return Where(total.column, "!=", total.value, or_missing=or_missing)


def total_steps(profile: TableProfile) -> dict[Step, Total]:
    """Return each step that leaves total rows of the table out, with the total."""
    return {leave_out(total): total for total in profile.totals}


def totals_within(steps: Iterable[Step], profile: TableProfile) -> tuple[Total, ...]:
    """Return the totals of the table that the steps can still meet: no condition and no group leaves them out.

    Totals without a value in several columns, equally often, are the same rows. They are returned once.
    """
    fixed: set[str] = set()  # columns whose rows a condition narrows to one value or some
    known: set[str] = set()  # columns whose rows without a value are left out
    for step in steps:
        if isinstance(step, OneOf) or (isinstance(step, Where) and step.comparison == "=="):
            fixed.add(step.column)
        if isinstance(step, Where | OneOf | Contains) or (isinstance(step, Missing) and step.negated):
            known.add(step.column)
        known |= {name for field in ("by", "across") if isinstance(name := getattr(step, field, None), str)}
    by_value = [total for total in profile.totals if total.value and total.column not in fixed]
    missing = {column.name: column.missing for column in profile.columns}
    same_rows: dict[int, list[Total]] = {}
    for total in profile.totals:
        if not total.value:
            same_rows.setdefault(missing[total.column], []).append(total)
    without_value = [same[0] for same in same_rows.values() if known.isdisjoint(total.column for total in same)]
    return (*by_value, *without_value)


def total_words(totals: Iterable[Total], say: Callable[[str], str]) -> str:
    """Return the condition that total rows fulfil: "sex is 'All' or region is missing"."""
    return " or ".join(f"{say(total.column)} is {repr(total.value) if total.value else 'missing'}" for total in totals)
