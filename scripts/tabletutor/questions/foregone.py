"""Find answers that the design of a table gives: groups of one size, columns that are nearly all 0, sums of columns,
flags that are never true together.

The checks run small programs on the table, as `support.py` does.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from tabletutor.programs.grammar import (
    Aggregate,
    Arithmetic,
    Correlation,
    Count,
    DatePart,
    Derivation,
    Filter,
    Group,
    GroupMapping,
    HypothesisTest,
    InterquartileRange,
    Lookup,
    Missing,
    MostFrequent,
    NoAnswer,
    OneOf,
    Period,
    Pivot,
    Program,
    Quantile,
    Regression,
    Share,
    StrongestPair,
    Top,
    Where,
    step_columns,
)
from tabletutor.questions.columns import BALANCED, MOSTLY_ZERO, is_balanced
from tabletutor.questions.support import Run, Steps
from tabletutor.records.table import NUMERIC, TEMPORAL, TableProfile

EVEN = 1.15  # the largest group over the smallest one, such as months of 28 to 31 days or squads of 25 to 27 players
MOST_ROWS = 2 / 3  # of the table; conditions that keep so many hardly change the sizes of groups
HALF = 0.5  # of the values; the median of a column with more zeros is 0
MIN_BOTH = 3  # rows with two flags by chance; fewer may be absent by chance too
ALIKE = 0.95  # of a correlation, between the column of a filter and that of a ranking
SAME_SAYING = 0.995  # of a correlation
STATISTICS = (Aggregate, Group, Quantile, InterquartileRange, Correlation, Regression, HypothesisTest, Pivot)


def find_foregone(program: Program, profile: TableProfile, run: Run) -> str | None:
    """Return why the design of a table gives the answer, or None. `run` computes a program."""
    chains = [program.steps, program.other] if program.join is not None else [program.steps]
    if program.parts:
        chains = [(*program.steps, *part.steps) for part in program.parts]
    numbers = {column.name for column in profile.columns if column.kind in NUMERIC}
    try:
        for steps in chains:
            fault = next(_even_groups(steps, profile, run), None) or next(_balanced(steps, profile, run), None)
            fault = fault or next(_zeros(steps, numbers, run), None)
            fault = fault or next(_same_columns(steps, run), None) or next(_nested(steps, run), None)
            fault = fault or next(_ranked_alike(steps, numbers, run), None)
            fault = fault or next(_exclusive(steps, profile, run), None)
            if fault is not None:
                return fault
    except NoAnswer:
        return None
    return None


def _even_groups(steps: Steps, profile: TableProfile, run: Run) -> Iterator[str]:
    """Yield a fault if rows are counted by a column whose groups have about the same size in the whole table."""
    for place, step in enumerate(steps):
        before = steps[:place]
        filters = [other for other in before if isinstance(other, Filter)]
        if isinstance(step, Group) and step.column is None and step.aggregation == "count":
            by = step.by
        elif isinstance(step, MostFrequent):
            by = step.column
        elif isinstance(step, Count) and filters and isinstance(own := filters[-1], Where) and own.comparison == "==":
            by = own.column
            filters.pop()
        else:
            continue
        derived = tuple(other for other in before if isinstance(other, Derivation))
        sizes: dict[str, int] = run(Program((*derived, Group(by, "count"), GroupMapping())))
        if isinstance(step, Group):
            left: dict[str, int] = run(Program((*before, step, GroupMapping())))
            if len(left) > 2 and max(left.values()) - min(left.values()) <= 1:
                yield f"the groups of {by!r} have the same number of rows, or nearly so"
        even = len(sizes) > 1 and max(sizes.values()) <= EVEN * min(sizes.values())
        if even and run(Program((*derived, *filters, Count()))) > MOST_ROWS * profile.rows:
            yield f"the groups of {by!r} have about the same number of rows"


def _balanced(steps: Steps, profile: TableProfile, run: Run) -> Iterator[str]:
    """Yield a fault if rows are counted by columns of which each value has the same number of rows."""
    origins = {step.name: step.column for step in steps if isinstance(step, DatePart | Period)}
    names = [step.column for step in steps if isinstance(step, Where | OneOf | Share | MostFrequent)]
    match steps[-1]:
        case Count() | Share() | MostFrequent():
            pass
        case Pivot(aggregation="count") as last:
            names += [last.by, last.across]
        case _:
            counted = [step for step in steps if isinstance(step, Group) and step.aggregation == "count"]
            if not counted or counted[-1].column is not None:
                return
            names.append(counted[-1].by)
    others = any(isinstance(step, Filter) and not isinstance(step, Where | OneOf) for step in steps)
    table = {column.name: column for column in profile.columns}
    used = {name: table.get(name) for name in (origins.get(name, name) for name in names)}
    if not used or others or None in used.values():
        return
    keys = _panel_keys(profile)
    grouped = all(
        column is not None and column.role in BALANCED and column.kind != "number" for column in used.values()
    )
    if keys and grouped and all(name in keys or _follows(name, keys, run) for name in used):
        yield f"each {keys[0]!r} has a row for each {keys[1]!r}"
    if not all(column is not None and is_balanced(column, profile.rows) for column in used.values()):
        return
    if len(used) > 1 and not any(column is not None and column.kind in TEMPORAL for column in used.values()):
        for by, across in combinations(used, 2):
            rows: dict[str, dict[str, int]] = run(Program((Pivot(by, across, "count"),)))
            cells = [count for row in rows.values() for count in row.values()]
            if max(cells) > EVEN * min(cells) or len(cells) < len(rows) * len(next(iter(rows.values()))):
                return
    yield f"each value of {' and '.join(map(repr, used))} has the same number of rows"


def _panel_keys(profile: TableProfile) -> list[str]:
    """Return two columns of which each pair of values has one row, as in a table of centers and weeks; else none."""
    even = [column for column in profile.columns if column.kind != "number" and is_balanced(column, profile.rows)]
    pairs = (pair for pair in combinations(even, 2) if pair[0].unique * pair[1].unique == profile.rows)
    return [column.name for column in next(pairs, ())]


def _follows(name: str, keys: Sequence[str], run: Run) -> bool:
    """Return whether each value of one of the keys has one value of a column."""
    return any(key != name and _has_one_cell_each(run(Program((Pivot(key, name, "count"),)))) for key in keys)


def _has_one_cell_each(cells: dict[str, dict[str, int]]) -> bool:
    return all(sum(count > 0 for count in row.values()) == 1 for row in cells.values())


def _nested(steps: Steps, run: Run) -> Iterator[str]:
    """Yield a fault for a table of two columns of which one gives the other, such as a city and its country."""
    for place, step in enumerate(steps):
        match step:
            case Pivot(by=by, across=across):
                pass
            case HypothesisTest(kind="chi_square", by=str(by), column=across):
                pass
            case _:
                continue
        for one, other in ((by, across), (across, by)):
            if _has_one_cell_each(run(Program((*steps[:place], Pivot(one, other, "count"))))):
                yield f"{one!r} gives {other!r}"


def _exclusive(steps: Steps, profile: TableProfile, run: Run) -> Iterator[str]:
    """Yield a fault for two flags that are never both true, such as one for each stage of a disease."""
    used = {name for step in steps for name in step_columns(step)}
    flags = [column for column in profile.columns if column.name in used and column.role == "flag"]
    for one, other in combinations([column for column in flags if column.kind in ("boolean", "integer")], 2):
        both = [Where(flag.name, "==", True if flag.kind == "boolean" else 1) for flag in (one, other)]
        sizes = [run(Program((flag, Count()))) for flag in both]
        expected = sizes[0] * sizes[1] / profile.rows
        if expected >= MIN_BOTH and run(Program((*both, Count()))) == 0:
            yield f"{one.name!r} and {other.name!r} are never both true"


def _zeros(steps: Steps, numbers: set[str], run: Run) -> Iterator[str]:
    """Yield a fault for a statistic of a column that is nearly always 0 in the rows of the question."""
    for place, step in enumerate(steps):
        if not isinstance(step, STATISTICS):
            continue
        before = tuple(other for other in steps[:place] if isinstance(other, Filter | Derivation))
        for name in step_columns(step):
            if name in numbers:
                zeros = run(Program((*before, Where(name, "==", 0), Count())))
                known = run(Program((*before, Missing(name, negated=True), Count())))
                half = getattr(step, "aggregation", None) == "median" and step_columns(step)[-1] == name
                if zeros > (HALF if half else MOSTLY_ZERO) * known:
                    yield f"{name!r} is 0 in {zeros} of {known} rows"


def _ranked_alike(steps: Steps, numbers: set[str], run: Run) -> Iterator[str]:
    """Yield a fault for rows that one column picks and another ranks, if both say the same."""
    for place, step in enumerate(steps):
        if not isinstance(step, Top | Lookup) or step.column not in numbers:
            continue
        picking = {other.column for other in steps[:place] if isinstance(other, Where) and other.column in numbers}
        for name in sorted(picking - {step.column}):
            if abs(run(Program((Correlation(name, step.column),)))) > ALIKE:
                yield f"{name!r} picks rows that {step.column!r} ranks, and they say nearly the same"


def _same_columns(steps: Steps, run: Run) -> Iterator[str]:
    """Yield a fault for the strongest pair of columns that say the same, or of which one is the sum of others."""
    last = steps[-1]
    if not isinstance(last, StrongestPair):
        return
    before = steps[:-1]
    for left, right in combinations(last.columns, 2):
        if abs(run(Program((*before, Correlation(left, right))))) > SAME_SAYING:
            yield f"{left!r} and {right!r} say the same"
        for whole in set(last.columns) - {left, right}:
            total = Arithmetic(left, "+", right, f"{left} + {right}")
            if run(Program((*before, total, Correlation(total.name, whole)))) > SAME_SAYING:
                yield f"{whole!r} is the sum of {left!r} and {right!r}"
