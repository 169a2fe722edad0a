"""Two independent engines agree on random tables and programs, and on a real table."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import msgspec
import pyarrow as pa
import pyarrow.csv as pc
import pytest
from hypothesis import HealthCheck, event, given, settings

from tabletutor.programs import grammar as g
from tabletutor.programs.pandas_source import source
from tests.support.programs import agree, engines, matches, outcome, pandas_engine

TYPES = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "text": pa.string(),
    "date": pa.timestamp("us"),
}


HEADERS = [
    "plain", "Plain", "PLAIN", "", " ", "*", "^.*$", 'say "x"', "it's", "{brace}", "{}", "two\nlines", "tab\t",
    "back\\slash", '"; DROP TABLE t; --', "place", "c0", "name", "value", "t", "rowid", "$1", "${x}",
    "__import__('os')", "ünïcode 🎉", "file_row_number", "select", "a\x00b", "%s", "[0]",
]  # fmt: skip
WORDS = [
    "a", "A", "b", "é", "e\u0301", "", " ", "a b", "\ta\u3000b ", "🎉", "O'Neil", '"; --', "%", "NA",
    "a\x1fb", "\u200b",
]  # fmt: skip
MOMENTS = [
    datetime.fromisoformat(text)
    for text in (
        "2012-01-31", "2012-02-29T23:59:59.999999", "1969-12-31T01:00", "2000-01-01", "1850-07-04",
        "2012-02-01T00:00:01",
    )
]  # fmt: skip
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-3, 12) | st.integers(-(10**9), 10**9),
    # Quarters, so that sums are exact and no comparison with a mean depends on the order of summation.
    "number": st.integers(-8, 40).map(lambda n: n / 4) | st.just(-0.0),
    "boolean": st.booleans(),
    "text": st.sampled_from(WORDS),
    "date": st.sampled_from(MOMENTS),
}
LAYOUT = ("integer", "integer", "number", "number", "boolean", "text", "text", "date", "date")
Columns = dict[str, str]  # header → kind; "inexact": sums depend on their order


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, Columns]:
    headers = draw(st.lists(st.sampled_from(HEADERS), min_size=len(LAYOUT), max_size=len(LAYOUT), unique=True))
    rows = draw(st.sampled_from([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]))  # hypothesis prefers the first
    arrays: list[Any] = []
    for kind in LAYOUT:
        missing = draw(st.sampled_from([0, 0, 0, 1, 5]))  # every how many values one is missing; 0: never
        value = st.one_of(*[VALUES[kind]] * missing, st.none()) if missing else VALUES[kind]
        arrays.append(pa.array(draw(st.lists(value, min_size=rows, max_size=rows)), TYPES[kind]))
    return pa.Table.from_arrays(arrays, names=headers), dict(zip(headers, LAYOUT, strict=True))


def column(draw: st.DrawFn, columns: Columns, *kinds: str) -> str:
    return draw(st.sampled_from([header for header, kind in columns.items() if not kinds or kind in kinds]))


NUMBERS, EXACT = ("integer", "number", "inexact"), ("integer", "number")
DISCRETE = ("integer", "boolean", "text", "date")
DIRECTIONS = st.sampled_from(["largest", "smallest"])
COMPARISONS = st.sampled_from(["==", "!=", ">", ">=", "<", "<="])
AGGREGATIONS = ["mean", "sum", "min", "max", "median", "std", "nunique", "count"]


def condition(draw: st.DrawFn, columns: Columns) -> tuple[str, Any, Any]:
    header = column(draw, columns, *EXACT, "boolean", "text", "date")
    kind = columns[header]
    if kind == "date":
        return header, draw(COMPARISONS), draw(VALUES["date"]).isoformat()
    if kind == "boolean":
        return header, draw(st.sampled_from(["==", "!="])), draw(st.booleans())
    value = draw(VALUES["text"] if kind == "text" else VALUES["integer"] | VALUES["number"])
    return header, draw(COMPARISONS), value


DERIVATIONS = ["bin", "rank", "period", "scale", "impute", "running"]
RUNNING = ["rolling_mean", "cumulative", "change", "percent_change"]


def running(draw: st.DrawFn) -> tuple[Any, int | None]:
    operation = draw(st.sampled_from(RUNNING))
    return operation, draw(st.integers(1, 4)) if operation == "rolling_mean" else None


def derivation(draw: st.DrawFn, columns: Columns, kind: str, name: str) -> tuple[g.Step, str]:
    """Return a derivation along the rows, or compared with them, and the kind of its column."""
    number = column(draw, columns, *EXACT)
    match kind:
        case "bin":
            edges = sorted(draw(st.sets(st.sampled_from([-1, 0, 0.25, 2, 7.5]), min_size=1, max_size=3)))
            return g.Bin(number, tuple(edges), ("low", "mid", "high", "top")[: len(edges) + 1], name), "text"
        case "rank":
            by = draw(st.none() | st.just(column(draw, columns, *DISCRETE)))
            return g.RankWithin(number, by, draw(DIRECTIONS), name), "integer"
        case "period":
            return g.Period(
                column(draw, columns, "date"), draw(st.sampled_from(["month", "quarter", "year"])), name
            ), "text"
        case "scale":
            return g.Scale(number, draw(st.sampled_from(["zscore", "minmax"])), name), "inexact"
        case "impute":
            method = draw(st.sampled_from(["mean", "median", "zero", "forward"]))
            of = column(draw, columns) if method == "forward" else number
            return g.Impute(of, method, name), "inexact" if method in ("mean", "median") else columns[of]
        case _:
            operation, n = running(draw)
            exact = operation in ("cumulative", "change")
            return g.Running(number, operation, name, n), columns[number] if exact else "inexact"


def frame_step(draw: st.DrawFn, columns: Columns) -> g.Step:
    """Return a filter, or a derivation, whose column is added to `columns`."""
    name = f"new {len(columns)}"
    kinds = ["+", "/", "date", "text", "days", "where", "missing", "top", "beyond", "contains", "one_of"]
    kind: str = draw(st.sampled_from([*kinds, "outliers", "repeated", "sort", *DERIVATIONS]))
    if kind in DERIVATIONS:
        step, columns[name] = derivation(draw, columns, kind, name)
        return step
    match kind:
        case "where":
            return g.Where(*condition(draw, columns))
        case "one_of":
            return g.OneOf(column(draw, columns, "text"), tuple(draw(st.lists(VALUES["text"], max_size=4))))
        case "contains":
            word, whole = draw(VALUES["text"]), draw(st.booleans())
            return g.Contains(column(draw, columns, "text"), word, draw(st.booleans()), whole and word != "")
        case "outliers":
            method = draw(st.sampled_from(["iqr", "zscore"]))
            return g.Outliers(column(draw, columns, *EXACT), method, draw(st.booleans()))
        case "repeated":
            some = st.lists(st.sampled_from(list(columns)), max_size=2, unique=True)
            return g.Repeated(tuple(draw(some)), draw(st.booleans()))
        case "sort":
            return g.Sort(column(draw, columns, *NUMBERS, "date"))
        case "missing":
            return g.Missing(column(draw, columns), draw(st.booleans()))
        case "beyond":
            statistic = draw(st.sampled_from(["mean", "median"]))
            return g.BeyondStatistic(column(draw, columns, *EXACT), draw(st.sampled_from("<>")), statistic)
        case "top":
            return g.Top(column(draw, columns, *NUMBERS, "date"), draw(st.integers(1, 4)), draw(DIRECTIONS))
        case "date":
            header = column(draw, columns, "date")
            part = draw(st.sampled_from(["year", "month", "quarter", "day", "hour", "weekday"]))
            columns[name] = "text" if part == "weekday" else "integer"
            return g.DatePart(header, part, name)
        case "text":
            header, part = column(draw, columns, "text"), draw(st.sampled_from(["length", "words", "first_word"]))
            columns[name] = "text" if part == "first_word" else "integer"
            return g.TextPart(header, part, name)
        case "days":
            start, end = column(draw, columns, "date"), column(draw, columns, "date")
            columns[name] = "integer"
            return g.DaysBetween(start, end, name)
        case _:
            operator = "/" if kind == "/" else draw(st.sampled_from("+-*"))
            left, right = column(draw, columns, *EXACT), column(draw, columns, *EXACT)
            whole = columns[left] == columns[right] == "integer"
            columns[name] = "inexact" if operator == "/" else "integer" if whole else "number"
            return g.Arithmetic(left, operator, right, name)


def aggregate_column(draw: st.DrawFn, columns: Columns, aggregation: str) -> str:
    if aggregation in ("nunique", "count"):
        return column(draw, columns)
    return column(draw, columns, *NUMBERS, *(("date",) if aggregation in ("min", "max") else ()))


def group_steps(draw: st.DrawFn, columns: Columns) -> tuple[g.Step, ...]:
    by, aggregation = column(draw, columns, *DISCRETE), draw(st.sampled_from(AGGREGATIONS))
    of = None if aggregation == "count" and draw(st.booleans()) else aggregate_column(draw, columns, aggregation)
    dates = of is not None and columns[of] == "date" and aggregation in ("min", "max")
    finals = [
        g.BestGroup(draw(DIRECTIONS), draw(st.integers(1, 3))), g.BestValue(draw(DIRECTIONS)), g.GroupCount(),
        g.TopGroups(draw(st.integers(1, 3)), draw(DIRECTIONS)), g.GroupNames(), g.GroupMapping(),
    ]  # fmt: skip
    if not dates:
        finals.append(g.GroupSpread())
        # Whether a total that cancels out is exactly zero depends on the order of summation.
        if aggregation not in ("mean", "std") and not (of is not None and columns[of] == "inexact"):
            finals.append(g.GroupShare())
        finals.append(g.GroupStatistic(draw(st.sampled_from(["mean", "median", "std", "sum"]))))
    names = {"text": VALUES["text"], "integer": VALUES["integer"], "boolean": st.booleans()}
    if columns[by] in names:
        finals.append(g.GroupValue(draw(names[columns[by]])))
    changes: list[g.Step] = []
    if not dates:
        changes += [g.Keep(draw(st.sampled_from([">", ">=", "<", "<="])), 1.137)] * draw(st.integers(0, 1))
        # Otherwise whether a total or a change is exactly zero depends on the order of summation.
        if aggregation != "std" and not (of is not None and columns[of] == "inexact"):
            changes += draw(st.sampled_from([[], [], [g.GroupShares()], [g.Along(*running(draw))]]))
    if any(isinstance(change, g.GroupShares | g.Along) for change in changes):
        finals = [final for final in finals if not isinstance(final, g.GroupShare)]
    return (g.Group(by, aggregation, of), *changes, draw(st.sampled_from(finals)))


def best_within(draw: st.DrawFn, columns: Columns, ordered: str) -> g.Step:
    by = column(draw, columns, *DISCRETE)
    return g.BestWithin(by, ordered, draw(DIRECTIONS), draw(st.sampled_from([name for name in columns if name != by])))


def pivot(draw: st.DrawFn, columns: Columns) -> g.Step:
    discrete = [header for header, kind in columns.items() if kind in DISCRETE]
    by, across = draw(st.permutations(discrete))[:2]
    aggregation = draw(st.sampled_from(AGGREGATIONS))
    of = None if aggregation == "count" and draw(st.booleans()) else aggregate_column(draw, columns, aggregation)
    return g.Pivot(by, across, aggregation, of)


def frame_end(draw: st.DrawFn, columns: Columns) -> g.Step:
    aggregation = draw(st.sampled_from(AGGREGATIONS))
    ordered = column(draw, columns, *NUMBERS, "date")
    ends: list[Callable[[], g.Step]] = [
        g.Count,
        lambda: g.Aggregate(aggregate_column(draw, columns, aggregation), aggregation),
        lambda: g.Quantile(column(draw, columns, *NUMBERS), draw(st.sampled_from([0.1, 0.25, 1 / 3, 0.9]))),
        lambda: g.Span(column(draw, columns, *NUMBERS)),
        lambda: g.Share(*condition(draw, columns)),
        lambda: g.MissingShare(column(draw, columns)),
        lambda: g.MostFrequent(column(draw, columns, *DISCRETE)),
        lambda: g.Lookup(ordered, draw(DIRECTIONS), column(draw, columns)),
        lambda: g.ListOf(column(draw, columns)),
        lambda: g.Distinct(column(draw, columns, *DISCRETE)),
        lambda: g.Edge(column(draw, columns), draw(st.sampled_from(["first", "last"]))),
        lambda: g.Streak(*condition(draw, columns)),
        lambda: best_within(draw, columns, ordered),
        lambda: pivot(draw, columns),
        lambda: g.Correlation(column(draw, columns, *NUMBERS), column(draw, columns, *NUMBERS)),
    ]
    return draw(st.sampled_from(ends))()


def number_chain(draw: st.DrawFn, table: Columns) -> tuple[g.Step, ...]:
    """Return a chain whose answer is a number without rounding error."""
    columns = dict(table)
    steps = [frame_step(draw, columns) for _ in range(draw(st.integers(0, 2)))]
    aggregation = draw(st.sampled_from(["sum", "min", "max", "count", "nunique", "median"]))
    return (*steps, g.Aggregate(column(draw, columns, *EXACT), aggregation))


@st.composite
def programs(draw: st.DrawFn, table: Columns) -> g.Program:
    if draw(st.integers(0, 5)) == 0:
        operator = draw(st.sampled_from(["difference", "ratio", "percent", "greater", "larger_name"]))
        join = g.Join(operator, ("left", "right") if operator == "larger_name" else None)
        return g.Program(number_chain(draw, table), number_chain(draw, table), join)
    columns = dict(table)
    steps = [frame_step(draw, columns) for _ in range(draw(st.integers(0, 3)))]
    if draw(st.integers(0, 9)) == 0:
        parts = (g.Part("rows", (frame_end(draw, columns),)), g.Part("groups", group_steps(draw, columns)))
        return g.Program(tuple(steps), parts=parts)
    if draw(st.booleans()):
        return g.Program((*steps, *group_steps(draw, columns)))
    return g.Program((*steps, frame_end(draw, columns)))


@pytest.mark.slow
@given(st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
def test_the_engines_agree_on_any_table_and_program(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    table, columns = data.draw(tables())
    both = engines(folder := tmp_path_factory.mktemp("any"), table)
    pandas = pandas_engine(folder)
    for _ in range(6):
        program = data.draw(programs(columns))
        one, other = (outcome(engine, program) for engine in both.values())
        event(f"{type(g.all_steps(program)[-1]).__name__}: {'no answer' if isinstance(one, g.NoAnswer) else 'answer'}")
        assert agree(one, other), (program, one, other, table.to_pydict())
        # pandas has an answer where others refuse one, or raises an error.
        if not isinstance(one, g.NoAnswer):
            assert matches(third := pandas(program), one), (source(program), one, third, table.to_pydict())


# --- a real table --------------------------------------------------------------------------------------------------


def real_programs(columns: Columns) -> Iterator[g.Program]:
    """Yield every aggregate of every column, and every group reduction for every column with few values."""
    of = {kind: [header for header, its in columns.items() if its == kind] for kind in TYPES}
    numbers = of["integer"] + of["number"]
    ranks = [g.BestGroup("largest"), g.BestGroup("smallest", 2), g.TopGroups(3, "largest")]
    ends = [*ranks, g.GroupMapping(), g.GroupShare()]
    for header in numbers:
        for step in (
            g.Quantile(header, 0.9),
            g.Span(header),
            g.Correlation(header, numbers[0]),
            g.MissingShare(header),
        ):
            yield g.Program((step,))
            yield g.Program((g.BeyondStatistic(header, ">", "mean"), step))
        for aggregation in AGGREGATIONS:
            yield g.Program((g.Aggregate(header, aggregation), g.Round(2)))
            yield from (g.Program((g.Group(by, aggregation, header), end)) for by in of["text"][:2] for end in ends)
        yield g.Program((g.Lookup(header, "largest", next(iter(columns))),))
        yield g.Program((g.Top(header, 5, "largest"), g.ListOf(header)))
    for header in of["text"]:
        for part in ("words", "length"):
            yield g.Program((g.TextPart(header, part, "#"), g.Aggregate("#", "sum")))
        yield g.Program((g.TextPart(header, "first_word", "#"), g.Group("#", "count"), g.GroupMapping()))
        yield g.Program((g.MostFrequent(header),))
    for header in of["date"]:
        for part in ("year", "month", "quarter", "day", "hour", "weekday"):
            yield g.Program((g.DatePart(header, part, "#"), g.Group("#", "mean", numbers[0]), g.GroupMapping()))


def real_steps(columns: Columns) -> Iterator[g.Program]:
    """Yield programs of the steps along rows, new columns and groups, which pandas runs too."""
    of = {kind: [header for header, its in columns.items() if its == kind] for kind in TYPES}
    numbers, by, date = of["number"] or of["integer"], of["text"][-1], of["date"][0]
    x, y = numbers[0], numbers[-1]
    mean, months = g.Aggregate("#", "mean"), (g.Period(date, "month", "#"), g.Group("#", "mean", x))
    ends = [g.GroupMapping(), g.GroupCount(), g.BestGroup("largest"), *(g.GroupStatistic(s) for s in ("mean", "std"))]
    for step in (g.Outliers(x, "iqr"), g.Outliers(y, "zscore"), g.Repeated((by, x)), g.Repeated()):
        yield from (g.Program((changed, g.Count())) for changed in (step, msgspec.structs.replace(step, negated=True)))
    yield g.Program((g.Bin(x, (5, 12.5, 40), ("a", "b", "c", "d"), "#"), g.Pivot(by, "#", "median", y)))
    for direction in ("largest", "smallest"):
        yield g.Program((g.RankWithin(x, by, direction, "#"), g.Where("#", "<=", 3), g.Count()))
        yield g.Program((g.BestWithin(by, x, direction, date),))
    for method in ("zscore", "minmax"):
        yield g.Program((g.Scale(x, method, "#"), g.Aggregate("#", "median")))
    for method in ("mean", "median", "zero", "forward"):
        yield g.Program((g.Impute(y, method, "#"), mean))
    for operation in RUNNING:
        n = 7 if operation == "rolling_mean" else None
        yield g.Program((g.Running(y, operation, "#", n), mean))
        yield g.Program((g.Sort(date), g.Running(y, operation, "#", n), g.Edge("#", "last")))
        yield from (g.Program((*months, g.Along(operation, n and 3), end)) for end in ends)
    for comparison in (">", "<", "!="):
        yield g.Program((g.Streak(x, comparison, 10),))
    yield g.Program((g.DatePart(date, "weekday", "#"), g.Pivot(by, "#", "count")))
    yield g.Program((g.Period(date, "quarter", "#"), g.Pivot("#", by, "sum", x)))
    yield g.Program((*months, g.GroupShares(), g.GroupMapping()))
    yield g.Program((), parts=tuple(g.Part(name, (g.Aggregate(name, "std"), g.Round(2))) for name in numbers))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["penguins_raw", "seattle_weather"])
def test_the_engines_agree_on_a_real_table(tmp_path: Path, name: str) -> None:
    path = Path(__file__).parents[2] / "resources" / "tables" / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    options = {"null_values": ["NA", ""], "strings_can_be_null": True, "timestamp_parsers": [pc.ISO8601, "%Y/%m/%d"]}
    raw = pc.read_csv(path, convert_options=pc.ConvertOptions(**options))
    dates = {pa.date32(): pa.timestamp("us"), pa.timestamp("s"): pa.timestamp("us"), pa.null(): pa.string()}
    table = raw.cast(pa.schema([(field.name, dates.get(field.type, field.type)) for field in raw.schema]))
    kinds = {TYPES[kind]: kind for kind in TYPES}
    both = engines(tmp_path, table)
    answered = 0
    for program in real_programs({field.name: kinds[field.type] for field in table.schema}):
        one, other = (outcome(engine, program) for engine in both.values())
        assert agree(one, other), (program, one, other)
        answered += not isinstance(one, g.NoAnswer)
    assert answered > 100
    pandas, answered = pandas_engine(tmp_path), 0
    for program in real_steps({field.name: kinds[field.type] for field in table.schema}):
        one, other = (outcome(engine, program) for engine in both.values())
        assert agree(one, other), (program, one, other)
        if not isinstance(one, g.NoAnswer):
            assert matches(third := pandas(program), one), (program, one, third)
            answered += 1
    assert answered > 30
