"""Find columns that do not belong together in one question, by the table's profile.

A program alone can be sound where its question is not: the sources of 2019 among the rows with a rank of 2022.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product

from tabletutor.programs.grammar import (
    Aggregate,
    Arithmetic,
    BestWithin,
    BeyondStatistic,
    Bin,
    Contains,
    Correlation,
    Count,
    DatePart,
    Distinct,
    Group,
    HypothesisTest,
    Lookup,
    Missing,
    MissingShare,
    MostFrequent,
    OneOf,
    Pivot,
    Program,
    Regression,
    Share,
    Step,
    StrongestPair,
    Top,
    Where,
    all_steps,
    step_columns,
)
from tabletutor.questions.columns import is_day_of_month, stem_of, year_of
from tabletutor.questions.totals import total_steps
from tabletutor.records.table import TEMPORAL, ColumnProfile, TableProfile

CONDITIONS = (Where, OneOf, Contains, Missing, BeyondStatistic)
OVER_TIME = (Arithmetic, Correlation, Regression, StrongestPair)
PICKING = (Where, BeyondStatistic, Lookup)
COUNTED = (Count, Share, MissingShare)


def find_misfit(program: Program, profile: TableProfile) -> str | None:
    """Return why the columns of a program do not belong together, or None."""
    columns = {column.name: column for column in profile.columns}
    totals = total_steps(profile)
    steps = tuple(step for step in all_steps(program) if step not in totals)
    filters = [step for step in steps if isinstance(step, CONDITIONS)]
    kept = {name for step in filters for name in step_columns(step) if name in columns}
    measured = {name for step in steps if step not in filters for name in step_columns(step) if name in columns}
    over_time = any(isinstance(step, OVER_TIME) for step in steps)
    faults = (
        *_crossed_years(kept, measured, over_time),
        *_number_conditions(steps, filters, columns),
        *_total_and_part(steps, profile),
        *_chosen_by_part(steps, filters, profile),
        *_days_of_month(steps, columns),
    )
    return next(iter(faults), None)


def _crossed_years(kept: set[str], measured: set[str], over_time: bool) -> Iterator[str]:
    """Yield a fault for two columns of different years, such as "Rank 2021" and "Sources 2019".

    One measure may be compared with itself over time, but no condition comes from another year.
    """
    pairs = [*product(sorted(kept), sorted(measured)), *combinations(sorted(kept), 2)]
    for left, right in combinations(sorted(measured), 2):
        if not over_time or stem_of(left) != stem_of(right):
            pairs.append((left, right))
    for left, right in pairs:
        first, second = year_of(left), year_of(right)
        if first is not None and second is not None and first != second:
            yield f"{left!r} and {right!r} are of different years"


def _total_and_part(steps: tuple[Step, ...], profile: TableProfile) -> Iterator[str]:
    """Yield a fault for a sum of columns that is related to one of its parts. Only the part's share says something."""
    parts = {(each.total, part) for each in profile.sums for part in each.parts}
    for first, second in combinations(steps, 2):
        if isinstance(first, Bin | Top) and isinstance(second, Group | Aggregate) and second.column is not None:
            related = {(first.column, second.column), (second.column, first.column)} & parts
            yield from (f"{whole!r} is the sum of {part!r} and others" for whole, part in related)
    for step in steps:
        if isinstance(step, Arithmetic | Correlation | Regression | StrongestPair):
            for left, right in permutations(step_columns(step), 2):
                share = isinstance(step, Arithmetic) and step.operator == "/" and (step.right, step.left) in parts
                if (left, right) in parts and not share:
                    yield f"{left!r} is the sum of {right!r} and others"


def _chosen_by_part(steps: tuple[Step, ...], filters: Sequence[Step], profile: TableProfile) -> Iterator[str]:
    """Yield a fault for a measure of rows that its total or one of its parts picks: large totals have large parts."""
    if any(isinstance(step, COUNTED) for step in steps):
        return
    parts = {(each.total, part) for each in profile.sums for part in each.parts}
    picking = {step.column for step in steps if isinstance(step, PICKING)}
    measured = {name for step in steps if step not in filters for name in step_columns(step)}
    for pair in product(sorted(picking), sorted(measured)):
        if pair in parts or pair[::-1] in parts:
            yield f"{pair[0]!r} picks rows of which {pair[1]!r} is measured, and one is a part of the other"


def _days_of_month(steps: tuple[Step, ...], columns: dict[str, ColumnProfile]) -> Iterator[str]:
    """Yield a fault for groups by the day of the month, or a count of such days: the 5th of May and of June differ."""
    for step in steps:
        match step:
            case Group(by=str(by)) | BestWithin(by=str(by)) | HypothesisTest(by=str(by)):
                names = {by}
            case Pivot():
                names = {step.by, step.across}
            case Aggregate(aggregation="nunique" | "nunique_with_missing") | Distinct() | MostFrequent():
                names = {step.column}
            case _:
                continue
        for name in sorted(names & columns.keys()):
            if is_day_of_month(columns[name], columns.values()):
                yield f"{name!r} is the day of the month, and its months are in another column"


def _number_conditions(
    steps: tuple[Step, ...],
    filters: list[Where | OneOf | Contains | Missing | BeyondStatistic],
    columns: dict[str, ColumnProfile],
) -> Iterator[str]:
    """Yield a fault for conditions on two measures where rows are not counted, or on one where a date is sought."""
    numbers = {
        step.column
        for step in filters
        if isinstance(step, BeyondStatistic)
        or (isinstance(step, Where) and isinstance(step.value, int | float) and not isinstance(step.value, bool))
        if step.column in columns and columns[step.column].role != "year"
    }
    if len(numbers) > 1 and not any(isinstance(step, COUNTED) for step in steps):
        yield f"conditions on {len(numbers)} measures, but nothing is counted"
    dates = [step for step in filters if step.column in columns and columns[step.column].kind in TEMPORAL]
    gaps = [step.column for step in filters if isinstance(step, Missing) and step.column in columns]
    if gaps and not isinstance(steps[-1], Count):
        yield f"a measure of the rows with or without {gaps[0]!r}"
    last = steps[-1]
    if isinstance(last, Aggregate) and last.column in columns and columns[last.column].kind in TEMPORAL:
        if numbers:
            yield f"the first or last {last.column!r} among rows that a measure picks"
        if any(isinstance(step, DatePart) for step in steps) or dates:
            yield f"the first or last {last.column!r} among rows that a date picks"
