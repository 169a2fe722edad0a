"""Scripts with one realistic mistake, such as a wrong column or a forgotten condition, corrected or not."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tabletutor.episodes.script import Script
from tabletutor.episodes.teacher import correction_turns, decision, plan_turn, preview_turn, single_turn, work_turns
from tabletutor.programs.grammar import (
    Aggregate,
    Derivation,
    Group,
    GroupStatistic,
    Missing,
    MissingShare,
    Pivot,
    Program,
    Share,
    Step,
    Streak,
    Where,
    all_steps,
    columns_used,
    rename_columns,
)
from tabletutor.records.table import NUMERIC, TableProfile

SWAPPED = {"mean": "median", "median": "mean", "sum": "mean", "max": "min", "min": "max", "std": "mean", "var": "std"}
ENDS = {"largest": "smallest", "smallest": "largest"}
BOUNDARIES = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}

Mutation = Callable[[Program, TableProfile, random.Random], Program | None]


def draw_mistake(
    program: Program, profile: TableProfile, recover: bool, slip: bool, source: random.Random
) -> Script | None:
    """Return a script with one mistake drawn at random, or None if no mistake fits the program.

    `recover`: the script corrects the mistake before it submits. `slip`: the plan is right and the mistake is made in
    the code; otherwise the plan has the mistake too. A corrected mistake is named
    `{mistake}_mended`.
    """
    names = list(MUTATIONS)
    source.shuffle(names)
    for name in (*names, "case_mismatch"):
        if name == "case_mismatch" or source.random() < 1 / len(MUTATIONS):
            script = _case_mismatch(program, profile, recover, source)
            if script is not None:
                return script
            continue
        wrong = MUTATIONS[name](program, profile, source)
        if wrong is None or wrong == program:
            continue
        planned = program if slip else wrong
        plan, thought = plan_turn(planned, profile), decision(planned, profile)
        if not recover:
            return Script((plan, *work_turns(wrong, thought)), name)
        correction = correction_turns(program, EXCUSES[name], corrects=1, preview=True)
        return Script((plan, preview_turn(wrong, thought), *correction), f"{name}_mended")
    return None


def _case_mismatch(program: Program, profile: TableProfile, recover: bool, source: random.Random) -> Script | None:
    """Return a script that writes a header in the wrong case, which raises KeyError.

    With `recover` it then uses the right header, otherwise it uses a wrong column. None if no header has another case.
    """
    headers = {column.name for column in profile.columns}
    column = next(
        (name for name in columns_used(program) if name.swapcase() not in headers and name != name.swapcase()), None
    )
    if column is None:
        return None
    misspelt = rename_columns(program, {column: column.lower() if column.lower() != column else column.title()})
    if misspelt == program or set(columns_used(misspelt)) <= headers:
        return None
    plan = plan_turn(program, profile)
    failing = single_turn(misspelt, decision(program, profile))
    if recover:
        excuse = f"The column is called {column!r}."
        return Script(
            (plan, failing, *correction_turns(program, excuse, corrects=1, preview=False)), "case_mismatch_mended"
        )
    wrong = _wrong_column(program, profile, source)
    return None if wrong is None else Script((plan, failing, *work_turns(wrong)), "case_mismatch")


def _wrong_column(program: Program, profile: TableProfile, source: random.Random) -> Program | None:
    measures = [column.name for column in profile.columns if column.kind in NUMERIC]
    used = set(columns_used(program))
    others = [name for name in measures if name not in used]
    candidates = [name for name in columns_used(program) if name in measures]
    return rename_columns(program, {candidates[-1]: source.choice(others)}) if candidates and others else None


def _wrong_aggregate(program: Program, profile: TableProfile, source: random.Random) -> Program | None:
    def change(step: Step) -> Step:
        if isinstance(step, Aggregate | Group | Pivot) and step.aggregation in SWAPPED:
            return _replace(step, aggregation=SWAPPED[step.aggregation])
        if isinstance(step, GroupStatistic) and step.statistic in SWAPPED:
            return _replace(step, statistic=SWAPPED[step.statistic])
        return step

    return _map_steps(program, change)


def _wrong_end(program: Program, profile: TableProfile, source: random.Random) -> Program | None:
    """Take the other end of a ranking; for a rank above 1, take the next rank."""

    def change(step: Step) -> Step:
        direction = getattr(step, "direction", None)
        if direction is None:
            return step
        rank = getattr(step, "rank", None)
        return (
            _replace(step, rank=rank + 1)
            if rank is not None and rank > 1
            else _replace(step, direction=ENDS[direction])
        )

    return _map_steps(program, change)


def _wrong_boundary(program: Program, profile: TableProfile, source: random.Random) -> Program | None:
    """Exchange a strict comparison and one that includes the bound. It matters only for values equal to the bound."""

    def change(step: Step) -> Step:
        comparison = getattr(step, "comparison", None)
        return (
            _replace(step, comparison=BOUNDARIES[comparison])
            if isinstance(step, Where | Share | Streak) and comparison in BOUNDARIES
            else step
        )

    return _map_steps(program, change)


def _forgotten_condition(program: Program, profile: TableProfile, source: random.Random) -> Program | None:
    places = [place for place, step in enumerate(program.steps) if isinstance(step, Where)]
    derived = {step.name for step in program.steps if isinstance(step, Derivation)}
    places = [place for place in places if getattr(program.steps[place], "column", None) not in derived]
    if not places or len(all_steps(program)) < 2:
        return None
    drop = source.choice(places)
    steps = tuple(step for place, step in enumerate(program.steps) if place != drop)
    return _replace(program, steps=steps)


def _needless_condition(program: Program, profile: TableProfile, source: random.Random) -> Program | None:
    """Keep only the rows with one value of an unrelated column, like a filter left over from earlier work."""
    used = set(columns_used(program))
    columns = [column for column in profile.columns if column.kind == "category" and column.name not in used]
    columns = [column for column in columns if len(column.top_values) > 1]
    if not columns:
        return None
    column = source.choice(columns)
    value, _ = source.choice(column.top_values[:4])
    return _replace(program, steps=(Where(column.name, "==", value), *program.steps))


def _forgotten_missing(program: Program, profile: TableProfile, source: random.Random) -> Program | None:
    """Invert a condition on missing values, or leave rows with missing values out of the total of a share."""
    incomplete = {column.name for column in profile.columns if column.missing and column.kind != "empty"}

    def change(step: Step) -> tuple[Step, ...]:
        if isinstance(step, Missing):
            return (Missing(step.column, not step.negated),)
        if isinstance(step, Share | MissingShare) and step.column in incomplete:
            others = sorted(incomplete - {step.column})
            column = others[0] if isinstance(step, MissingShare) and others else step.column
            return (Missing(column, negated=True), step)
        return (step,)

    def change_all(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(changed for step in steps for changed in change(step))

    parts = tuple(_replace(part, steps=change_all(part.steps)) for part in program.parts)
    return _replace(program, steps=change_all(program.steps), parts=parts)


MUTATIONS: Mapping[str, Mutation] = {
    "wrong_column": _wrong_column,
    "wrong_aggregate": _wrong_aggregate,
    "wrong_end": _wrong_end,
    "wrong_boundary": _wrong_boundary,
    "forgotten_condition": _forgotten_condition,
    "needless_condition": _needless_condition,
    "forgotten_missing": _forgotten_missing,
}
EXCUSES: Mapping[str, str] = {
    "wrong_column": "That used the wrong column.",
    "wrong_aggregate": "That is the wrong aggregate.",
    "wrong_end": "That took the wrong end of the ranking.",
    "wrong_boundary": "The bound was treated wrongly.",
    "forgotten_condition": "I forgot a condition.",
    "needless_condition": "That condition was not asked for.",
    "forgotten_missing": "Missing values were handled wrongly.",
}


def _map_steps(program: Program, change: Callable[[Step], Step]) -> Program:
    steps, other = (tuple(map(change, chain)) for chain in (program.steps, program.other))
    parts = tuple(_replace(part, steps=tuple(map(change, part.steps))) for part in program.parts)
    return _replace(program, steps=steps, other=other, parts=parts)


def _replace(record: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(record, **changes)
