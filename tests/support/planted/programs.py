"""Wrong programs for a question: each kind of error yields programs that someone might run by mistake."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, get_args

from msgspec.structs import replace

from tabletutor.episodes.mistakes import MUTATIONS
from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_iso
from tabletutor.questions.readings import conditions, counting, form, missing, spread, statistics
from tabletutor.questions.readings.reading import Rule, Steps, Table, change_chains, change_steps, free_name
from tabletutor.records.table import NUMERIC

WrongPrograms = Callable[[g.Program, Table, Random], Iterable[g.Program]]
OPPOSITE = {"==": "!=", "!=": "==", ">": "<=", "<=": ">", "<": ">=", ">=": "<"}
PERIODS = ("year", "quarter", "month")
TRIES = 4  # draws of a mistake that depends on chance


def _of_mistake(name: str) -> WrongPrograms:
    """Return the programs of a mistake that the program teacher makes."""

    def draw(program: g.Program, table: Table, source: Random) -> Iterator[g.Program]:
        for _ in range(TRIES):
            if (wrong := MUTATIONS[name](program, table.profile, source)) is not None:
                yield wrong

    return draw


def _of_rules(*rules: Rule) -> WrongPrograms:
    """Return the other readings of a question that some rules yield."""

    def read(program: g.Program, table: Table, source: Random) -> Iterator[g.Program]:
        for rule in rules:
            yield from (reading.program for reading in rule(program, table))

    return read


def _all_of(*sources: WrongPrograms) -> WrongPrograms:
    def chain(program: g.Program, table: Table, source: Random) -> Iterator[g.Program]:
        for each in sources:
            yield from each(program, table, source)

    return chain


def _step_by_step(variants: Callable[[g.Step, Table], Iterable[g.Step]]) -> WrongPrograms:
    """Return the programs that have a variant in place of a step, wherever that step occurs."""

    def change(program: g.Program, table: Table, source: Random) -> Iterator[g.Program]:
        changed = [(step, variant) for step in dict.fromkeys(g.all_steps(program)) for variant in variants(step, table)]
        source.shuffle(changed)
        for old, new in changed:
            wrong = change_steps(program, lambda step, old=old, new=new: new if step == old else step)
            if wrong is not None:
                yield wrong

    return change


def _other_group(step: g.Step, table: Table) -> Iterator[g.Step]:
    if isinstance(step, g.Group | g.Pivot | g.BestWithin):
        for column in table.profile.columns:
            if column.kind == "category" and column.name not in (step.by, step.column, getattr(step, "across", "")):
                yield replace(step, by=column.name)


def _other_rank(step: g.Step, table: Table) -> Iterator[g.Step]:
    match step:
        case g.BestGroup():
            yield replace(step, rank=step.rank + 1)
        case g.Top() | g.TopGroups():
            yield replace(step, n=step.n + 1)
            if step.n > 1:
                yield replace(step, n=step.n - 1)
        case _:
            pass


def _other_number(step: g.Step, table: Table) -> Iterator[g.Step]:
    if isinstance(step, g.Where | g.Share | g.Keep | g.Streak):
        value: Any = step.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield from (replace(step, value=value + by) for by in (1, -1))


def _opposite(step: g.Step, table: Table) -> Iterator[g.Step]:
    match step:
        case g.Where() | g.Share() | g.Streak() | g.Keep() if not isinstance(step, g.Keep):
            yield replace(step, comparison=OPPOSITE[step.comparison])
        case g.BeyondStatistic():
            yield replace(step, comparison="<" if step.comparison == ">" else ">")
        case g.Outliers() | g.Repeated():
            yield replace(step, negated=not step.negated)
        case _:
            pass


def _other_value(step: g.Step, table: Table) -> Iterator[g.Step]:
    if isinstance(step, g.Where | g.Share) and isinstance(step.value, str):
        column = table.column(step.column)
        if column is not None and column.kind == "category":
            yield from (replace(step, value=value) for value, _ in column.top_values if value != step.value)
    if isinstance(step, g.OneOf) and len(step.values) > 1:
        yield replace(step, values=step.values[:-1])


def _other_day(step: g.Step, table: Table) -> Iterator[g.Step]:
    if not isinstance(step, g.Where | g.Share) or not isinstance(step.value, str):
        return
    column = table.column(step.column)
    if column is not None and column.kind in ("date", "datetime"):
        day = datetime.fromisoformat(step.value)
        yield from (replace(step, value=to_iso(day + timedelta(days=by))) for by in (1, -1))


def _other_period(step: g.Step, table: Table) -> Iterator[g.Step]:
    if isinstance(step, g.Period):
        yield from (replace(step, unit=unit) for unit in PERIODS if unit != step.unit)
    if isinstance(step, g.DatePart) and step.part in (*PERIODS, "day"):
        yield from (replace(step, part=part) for part in (*PERIODS, "day") if part != step.part)


def _other_quantile(step: g.Step, table: Table) -> Iterator[g.Step]:
    if isinstance(step, g.Quantile):
        yield replace(step, q=1 - step.q)


def _distinct_or_all(step: g.Step, table: Table) -> Iterator[g.Step]:
    if isinstance(step, g.Aggregate | g.Group | g.Pivot) and step.column is not None:
        if step.aggregation == "nunique":
            yield replace(step, aggregation="count")
        elif step.aggregation == "count":
            yield replace(step, aggregation="nunique")


def _missing_as_zero(program: g.Program, table: Table, source: Random) -> Iterator[g.Program]:
    """Yield the program with each number that may be missing filled with 0."""
    for column in table.profile.columns:
        if not column.missing or column.kind not in NUMERIC:
            continue
        name = free_name(program, table, f"{column.name} or 0")

        def change(steps: Steps, old: str = column.name, new: str = name) -> Steps:
            if not any(old in g.step_columns(step) for step in steps):
                return steps
            renamed = g.rename_columns(g.Program(steps), {old: new}).steps
            return (g.Impute(old, "zero", new), *renamed)

        if not program.parts and (wrong := change_chains(program, change)):
            yield wrong


def _steps_swapped(program: g.Program, table: Table, source: Random) -> Iterator[g.Program]:
    """Yield the program with a condition and the ranking after it in the other order."""

    def change(steps: Steps) -> Steps:
        for place in range(len(steps) - 1):
            first, second = steps[place : place + 2]
            if isinstance(first, get_args(g.Condition)) and isinstance(
                second, g.Top | g.BeyondStatistic | g.Outliers | g.RankWithin | g.Scale | g.Running | g.Impute
            ):
                return (*steps[:place], second, first, *steps[place + 2 :])
        return steps

    if wrong := change_chains(program, change):
        yield wrong


def _sides_swapped(program: g.Program, table: Table, source: Random) -> Iterator[g.Program]:
    """Yield the program with the two numbers of a difference, a ratio or a comparison in the other order."""
    if program.join is not None and program.steps != program.other:
        yield replace(program, steps=program.other, other=program.steps)


def _whole_as_base(program: g.Program, table: Table, source: Random) -> Iterator[g.Program]:
    """Yield the program whose percentage is of all rows of the table, or of the group's rows only."""
    if program.join is not None and program.join.operator in ("percent", "ratio") and len(program.other) > 1:
        yield replace(program, other=program.other[1:])
    if program.join is None and program.steps and isinstance(share := program.steps[-1], g.Share):
        rows = g.Where(share.column, share.comparison, share.value)
        before = program.steps[:-1]
        if before:
            yield g.Program((*before, rows, g.Count()), (g.Count(),), g.Join("percent"))


WRONG_PROGRAMS: dict[str, WrongPrograms] = {
    "other column": _of_mistake("wrong_column"),
    "groups by another column": _step_by_step(_other_group),
    "another aggregate": _of_mistake("wrong_aggregate"),
    "divided by n (ddof 0)": _of_rules(spread.population_deviation, spread.population_variance),
    "skewness, kurtosis not corrected": _of_rules(spread.uncorrected_shape),
    "distinct values for rows": _all_of(_step_by_step(_distinct_or_all), _of_rules(counting.distinct_entities)),
    "other end of a ranking": _of_mistake("wrong_end"),
    "rank or n off by one": _step_by_step(_other_rank),
    "bound in or out": _all_of(_of_mistake("wrong_boundary"), _of_rules(conditions.range_bounds)),
    "bound off by one": _step_by_step(_other_number),
    "condition forgotten": _of_mistake("forgotten_condition"),
    "condition left over": _of_mistake("needless_condition"),
    "condition inverted": _step_by_step(_opposite),
    "other value in a condition": _step_by_step(_other_value),
    "case or part of a word": _of_rules(conditions.case_ignored, conditions.whole_word),
    "missing: condition": _of_mistake("forgotten_missing"),
    "missing as 0": _missing_as_zero,
    "missing left out of a total": _of_rules(missing.missing_not_counted),
    "missing counted": _of_rules(
        missing.missing_counted, missing.rows_counted, missing.missing_as_value, missing.missing_as_group
    ),
    "totals counted or left out": _of_rules(conditions.total_rows),
    "date off by a day": _all_of(_of_rules(conditions.whole_day), _step_by_step(_other_day)),
    "other period": _step_by_step(_other_period),
    "order of rows": _of_rules(counting.date_order),
    "condition after ranking": _steps_swapped,
    "other correlation": _of_rules(statistics.correlation_method),
    "other quantile": _all_of(_of_rules(statistics.quantile_interpolation), _step_by_step(_other_quantile)),
    "other form of a test": _of_rules(
        statistics.one_sided, statistics.other_variances, statistics.other_group_first, statistics.yates_correction
    ),
    "weights": _of_rules(statistics.unweighted, statistics.mean_over_rows),
    "ties and copies": _of_rules(counting.every_copy, counting.rank_ties),
    "edge of a bin": _of_rules(conditions.lower_bin),
    "two sides swapped": _sides_swapped,
    "change in percent or not": _of_rules(form.other_change),
    "share of another whole": _whole_as_base,
}
