"""Both engines return the answers that were worked out by hand for each step."""

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tabletutor.programs import duckdb_engine, polars_engine
from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck import IllTypedError
from tabletutor.sandbox.guest.frame import read_frame
from tests.support.programs import Engine, agree, engines, matches, outcome, submitted


def moments(*texts: str | None) -> pa.Array:
    return pa.array([text and datetime.fromisoformat(text) for text in texts], pa.timestamp("us"))


SALES = pa.table(
    {
        "city": pa.array(["Oslo", "Rome", "Oslo", None, "Ärhus", "Rome", "Oslo"]),
        "units": pa.array([3, 5, None, 2, 10, 5, 0], pa.int64()),
        "price": pa.array([1.5, 2.0, 4.0, None, 0.5, 2.5, 8.0], pa.float64()),
        "paid": pa.array([True, False, True, None, False, False, False]),
        "note": pa.array(["a  b\tc", "", None, "x\u00a0y", " 🎉é ", "50% *off", "a\x1cb"]),
        "sold": moments("2012-01-31", "2012-02-29T10:20:30", None, "1969-12-31T23:00", "2012-01-30",
                        "2013-07-01T00:00:00.250", "2014-12-31"),
        "sent": moments("2012-02-01", "2012-03-01T10:20:29", "2012-01-01", "1970-01-01", "2012-01-29T23:00",
                        None, "2014-12-31"),
    }
)  # fmt: skip

UNITS = g.Group(by="city", aggregation="sum", column="units")  # Oslo 3, Rome 10, Ärhus 10
PRICE = g.Group(by="city", aggregation="mean", column="price")  # Oslo 4.5, Rome 2.25, Ärhus 0.5
ROWS = g.Group(by="city", aggregation="count")  # Oslo 3, Rome 2, Ärhus 1
YEARS = g.DatePart(column="sold", part="year", name="year")

ANSWERS: list[tuple[tuple[g.Step, ...], Any]] = [
    ((g.Count(),), 7),
    ((g.Where("city", "==", "Oslo"), g.Count()), 3),
    ((g.Where("city", "!=", "Oslo"), g.Count()), 3),
    ((g.Where("city", ">", "Rome"), g.Distinct("city")), ["Ärhus"]),
    ((g.Where("units", ">=", 5), g.Count()), 3),
    ((g.Where("units", ">", 4.5), g.Count()), 3),
    ((g.Where("units", ">=", 5), g.Distinct("units")), [5, 10]),
    ((g.Where("units", "<", 5), g.Distinct("units")), [0, 2, 3]),
    ((g.Where("price", "==", 2), g.ListOf("city")), ["Rome"]),
    ((g.Where("paid", "!=", True), g.Count()), 4),
    ((g.Where("sold", "<=", "2012-01-31"), g.Count()), 3),
    ((g.Where("sold", ">", "2012-02-29T10:20:29"), g.Count()), 3),
    ((g.OneOf("city", ("Rome", "Ärhus", "x")), g.Count()), 3),
    ((g.OneOf("city", ()), g.Count()), 0),
    ((g.Contains("note", "*"), g.ListOf("city")), ["Rome"]),
    ((g.Contains("note", ""), g.Count()), 6),
    ((g.Contains("city", "oslo"), g.Count()), 0),
    ((g.Missing("city"), g.Count()), 1),
    ((g.Missing("units", negated=True), g.Count()), 6),
    ((g.BeyondStatistic("units", ">", "mean"), g.ListOf("units")), [5, 10, 5]),
    ((g.BeyondStatistic("units", "<", "median"), g.ListOf("units")), [3, 2, 0]),
    ((g.BeyondStatistic("price", ">", "mean"), g.ListOf("price")), [4.0, 8.0]),
    ((g.BeyondStatistic("price", ">", "median"), g.ListOf("price")), [4.0, 2.5, 8.0]),
    ((g.Where("units", ">", 99), g.BeyondStatistic("units", ">", "mean"), g.Count()), 0),
    ((g.Top("price", 3, "largest"), g.ListOf("price")), [8.0, 4.0, 2.5]),
    ((g.Top("sold", 2, "smallest"), g.ListOf("sold")), ["1969-12-31T23:00:00", "2012-01-30"]),
    ((g.Top("price", 4, "largest"), g.Where("city", "==", "Rome"), g.ListOf("price")), [2.5, 2.0]),
    ((g.Top("price", 4, "largest"), g.Top("price", 2, "smallest"), g.ListOf("price")), [2.0, 2.5]),
    ((g.Top("price", 6, "smallest"), g.Count()), 6),
    ((YEARS, g.Aggregate("year", "min")), 1969),
    ((g.DatePart("sold", "quarter", "q"), g.Aggregate("q", "max")), 4),
    ((g.DatePart("sold", "month", "m"), g.Aggregate("m", "sum")), 35),
    ((g.DatePart("sold", "day", "d"), g.Aggregate("d", "max")), 31),
    ((g.DatePart("sold", "hour", "h"), g.Aggregate("h", "sum")), 33),
    ((g.DatePart("sold", "weekday", "w"), g.Distinct("w")), ["Monday", "Tuesday", "Wednesday"]),
    ((g.TextPart("note", "length", "n"), g.Missing("n", negated=True), g.ListOf("n")), [6, 0, 3, 4, 8, 3]),
    ((g.TextPart("note", "words", "n"), g.Missing("n", negated=True), g.ListOf("n")), [3, 0, 2, 1, 2, 2]),
    ((g.TextPart("note", "first_word", "n"), g.Missing("n", negated=True), g.ListOf("n")),
     ["a", "x", "🎉é", "50%", "a"]),
    ((g.Arithmetic("units", "*", "price", "x"), g.Aggregate("x", "sum")), 32.0),
    ((g.Arithmetic("units", "-", "units", "x"), g.Aggregate("x", "max")), 0),
    ((g.Arithmetic("price", "+", "units", "x"), g.Aggregate("x", "sum")), 37.5),
    ((g.Arithmetic("price", "-", "units", "x"), g.Aggregate("x", "max")), 8.0),
    ((g.Arithmetic("price", "/", "units", "x"), g.Missing("x", negated=True), g.ListOf("x")), [0.5, 0.4, 0.05, 0.5]),
    ((g.DaysBetween("sold", "sent", "x"), g.Missing("x", negated=True), g.ListOf("x")), [1, 0, 0, -1, 0]),
    ((g.Aggregate("units", "mean"),), 25 / 6),
    ((g.Aggregate("units", "sum"),), 25),
    ((g.Aggregate("units", "max"),), 10),
    ((g.Aggregate("price", "median"),), 2.25),
    ((g.Where("city", "==", "Rome"), g.Aggregate("price", "std")), math.sqrt(0.125)),
    ((g.Aggregate("city", "nunique"),), 3),
    ((g.Aggregate("note", "count"),), 6),
    ((g.Aggregate("sold", "max"),), "2014-12-31"),
    ((g.Where("city", "==", "Rome"), g.Aggregate("sold", "max")), "2013-07-01T00:00:00.25"),
    ((g.Quantile("price", 0.25),), 1.625),
    ((g.Span("units"),), 10),
    ((g.Span("price"),), 7.5),
    ((g.Share("units", ">", 4),), 300 / 7),
    ((g.Share("paid", "==", True),), 200 / 7),
    ((g.MissingShare("city"),), 100 / 7),
    ((g.Arithmetic("units", "*", "price", "x"), g.MissingShare("x")), 200 / 7),
    ((g.MostFrequent("city"),), "Oslo"),
    ((g.Where("city", "==", "Oslo"), g.MostFrequent("city")), "Oslo"),
    ((g.Where("city", "==", "Oslo"), ROWS, g.BestGroup("largest")), "Oslo"),
    ((g.Where("city", "==", "Ärhus"), g.Lookup("price", "largest", "units")), 10),
    ((g.Lookup("price", "largest", "city"),), "Oslo"),
    ((g.Lookup("price", "smallest", "sold"),), "2012-01-30"),
    ((g.Lookup("price", "largest", "paid"),), False),
    ((YEARS, g.Where("sold", ">", "2000-01-01"), g.Distinct("year")), [2012, 2013, 2014]),
    ((g.Where("units", "<", 4), g.Correlation("units", "price")), -1.0),
    ((UNITS, g.GroupMapping()), {"Oslo": 3, "Rome": 10, "Ärhus": 10}),
    ((PRICE, g.GroupMapping()), {"Oslo": 4.5, "Rome": 2.25, "Ärhus": 0.5}),
    ((g.Group("city", "std", "price"), g.GroupNames()), ["Oslo", "Rome"]),
    ((g.Group("paid", "count"), g.GroupMapping()), {"False": 4, "True": 2}),
    ((g.Group("paid", "nunique", "city"), g.GroupNames()), [False, True]),
    ((g.Group("sold", "count", "units"), g.Keep(">", 0), g.GroupCount()), 6),
    ((YEARS, g.Group("year", "count"), g.BestGroup("largest")), 2012),
    ((YEARS, g.Where("sold", "<", "2013-01-01"), g.Group("year", "max", "sold"), g.GroupMapping()),
     {"1969": "1969-12-31T23:00:00", "2012": "2012-02-29T10:20:30"}),
    ((ROWS, g.Keep("<=", 2), g.GroupNames()), ["Rome", "Ärhus"]),
    ((UNITS, g.BestGroup("smallest")), "Oslo"),
    ((UNITS, g.BestGroup("largest", 3)), "Oslo"),
    ((UNITS, g.BestValue("largest")), 10),
    ((PRICE, g.BestGroup("largest", 2)), "Rome"),
    ((PRICE, g.TopGroups(2, "smallest")), ["Ärhus", "Rome"]),
    ((PRICE, g.TopGroups(3, "largest")), ["Oslo", "Rome", "Ärhus"]),
    ((PRICE, g.GroupSpread()), 4.0),
    ((UNITS, g.GroupShare()), 1000 / 23),
    ((ROWS, g.Keep(">", 50), g.GroupCount()), 0),
    ((g.Aggregate("units", "mean"), g.Round(1)), 4.2),
    ((g.Where("city", "==", "Rome"), g.Aggregate("price", "mean"), g.Round(1)), 2.2),  # 2.25: the even neighbour
    ((g.Count(), g.Round(2)), 7),
]  # fmt: skip

REFUSALS: list[tuple[tuple[g.Step, ...], str]] = [
    ((g.Where("city", "==", "Rome"), g.Correlation("price", "units")), "no_answer"),
    ((g.Where("units", ">", 99), g.Aggregate("units", "sum")), "no_answer"),
    ((g.Where("units", ">", 99), g.MissingShare("units")), "no_answer"),
    ((g.Where("units", ">", 99), g.MostFrequent("city")), "no_answer"),
    ((g.Where("units", ">", 99), g.Lookup("units", "largest", "city")), "no_answer"),
    ((g.Where("units", "==", 10), g.Aggregate("units", "std")), "no_answer"),
    ((g.Top("units", 7, "largest"), g.Count()), "no_answer"),
    ((g.Top("units", 2, "largest"), g.Count()), "tie"),
    ((g.Top("units", 3, "largest"), g.Count()), "tie"),
    ((g.Top("units", 4, "largest"), g.Count()), "tie"),
    ((g.Lookup("sold", "smallest", "city"),), "no_answer"),
    ((g.MostFrequent("note"),), "tie"),
    ((g.Where("units", "==", 5), g.Lookup("units", "largest", "city")), "tie"),
    ((g.ListOf("city"),), "no_answer"),
    ((UNITS, g.BestGroup("largest")), "tie"),
    ((UNITS, g.BestGroup("largest", 2)), "tie"),
    ((UNITS, g.BestGroup("smallest", 4)), "no_answer"),
    ((UNITS, g.TopGroups(1, "largest")), "tie"),
    ((UNITS, g.TopGroups(3, "largest")), "tie"),
    ((UNITS, g.TopGroups(4, "largest")), "no_answer"),
    ((UNITS, g.Keep(">", 99), g.BestValue("largest")), "no_answer"),
    ((UNITS, g.Keep(">", 99), g.GroupSpread()), "no_answer"),
    ((g.Where("units", "==", 0), UNITS, g.GroupShare()), "no_answer"),
]


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def sales(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return engines(tmp_path_factory.mktemp("sales"), SALES)[request.param]


@pytest.mark.parametrize(("steps", "expected"), ANSWERS)
def test_steps_mean_what_was_worked_out_by_hand(sales: Engine, steps: tuple[g.Step, ...], expected: Any) -> None:
    answer = sales(g.Program(steps))
    assert agree(answer, expected), answer


@pytest.mark.parametrize(("steps", "reason"), REFUSALS)
def test_no_unique_or_no_value_is_no_answer(sales: Engine, steps: tuple[g.Step, ...], reason: str) -> None:
    with pytest.raises(g.NoAnswer) as refusal:
        sales(g.Program(steps))
    assert refusal.value.reason == reason


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    path = tmp_path_factory.mktemp("frame") / "table.parquet"
    pq.write_table(SALES, path)
    return read_frame(path)


# pandas writes all six decimals of a second.
PANDAS_DIFFERS: list[tuple[g.Step, ...]] = [(g.Where("city", "==", "Rome"), g.Aggregate("sold", "max"))]


@pytest.mark.parametrize(("steps", "expected"), [case for case in ANSWERS if case[0] not in PANDAS_DIFFERS])
def test_the_pandas_source_means_the_same(frame: pd.DataFrame, steps: tuple[g.Step, ...], expected: Any) -> None:
    answer = submitted(g.Program(steps), frame)
    assert matches(answer, expected), answer


ROME, OSLO = (g.Where("city", "==", "Rome"), g.Aggregate("units", "sum")), (g.Where("city", "==", "Oslo"), g.Count())


JOINED: list[tuple[g.Program, Any]] = [
    (g.Program(ROME, OSLO, g.Join("difference")), 7),
    (g.Program(ROME, OSLO, g.Join("ratio")), 10 / 3),
    (g.Program(ROME, OSLO, g.Join("percent"), (g.Round(2),)), 333.33),
    (g.Program(ROME, OSLO, g.Join("greater")), True),
    (g.Program(ROME, OSLO, g.Join("larger_name", ("Rome", "Oslo"))), "Rome"),
    (g.Program(OSLO, ROME, g.Join("difference")), -7),
    (g.Program(OSLO, ROME, g.Join("ratio")), 0.3),
    (g.Program(OSLO, ROME, g.Join("greater")), False),
    (g.Program(OSLO, ROME, g.Join("larger_name", ("Oslo", "Rome"))), "Rome"),
    (g.Program((UNITS, g.BestValue("largest")), OSLO, g.Join("difference")), 7),
]


@pytest.mark.parametrize(("program", "expected"), JOINED)
def test_join(sales: Engine, frame: pd.DataFrame, program: g.Program, expected: Any) -> None:
    assert agree(sales(program), expected)
    assert matches(submitted(program, frame), expected)


def test_integers_are_joined_exactly_and_floats_within_their_last_bits(tmp_path: Path) -> None:
    numbers = [2**60 + 1, 2**60, 1, 0, 0, 0, 0]
    floats = [1.0, 1 + 1e-10, 1 + 1e-10, 0.5, 1.0, 1e6, 1e6 + 5e-4]
    table = pa.table({"k": list("abcdefg"), "n": pa.array(numbers, pa.int64()), "x": floats})

    def pair(one: str, other: str, join: g.Join) -> g.Program:
        """A join of two cells: `nb` is column n where k is b."""
        chains = ((g.Where("k", "==", key), g.Aggregate(column, "max")) for column, key in (tuple(one), tuple(other)))
        return g.Program(*chains, join)

    for engine in engines(tmp_path, table).values():
        for one, other in (("na", "nb"), ("xe", "xd")):
            named = g.Join("larger_name", (one, other))
            assert (
                engine(pair(one, other, named)) == engine(pair(other, one, g.Join("larger_name", (other, one)))) == one
            )
            assert engine(pair(one, other, g.Join("greater"))) is True
            assert engine(pair(other, one, g.Join("greater"))) is False
        for one, other in (("xb", "xa"), ("xg", "xf"), ("xc", "nc"), ("nc", "xc")):
            assert engine(pair(one, other, g.Join("greater"))) is False
            assert outcome(engine, pair(one, other, g.Join("larger_name", (one, other)))).reason == "tie"


def test_join_of_equals_and_by_zero(sales: Engine) -> None:
    zero = (g.Where("units", ">", 99), g.Count())
    names = ("Rome", "Oslo")
    assert sales(g.Program(ROME, ROME, g.Join("greater"))) is False
    assert outcome(sales, g.Program(ROME, ROME, g.Join("larger_name", names))).reason == "tie"
    assert outcome(sales, g.Program(ROME, zero, g.Join("ratio"))).reason == "no_answer"


@pytest.mark.parametrize(
    "program",
    [
        g.Program(()),
        g.Program((g.Where("city", "==", "Oslo"),)),
        g.Program((UNITS,)),
        g.Program((g.Aggregate("nowhere", "sum"),)),
        g.Program((g.Aggregate("City", "nunique"),)),
        g.Program((g.Aggregate("city", "max"),)),
        g.Program((g.Where("units", "==", "5"), g.Count())),
        g.Program((g.Where("units", "==", True), g.Count())),
        g.Program((g.Where("paid", ">", False), g.Count())),
        g.Program((g.Where("sold", ">", "yesterday"), g.Count())),
        g.Program((g.Where("sold", ">", "2012-01-01T00:00:00+01:00"), g.Count())),
        g.Program((g.TextPart("note", "length", "units"), g.Count())),
        g.Program((g.Group("price", "count"), g.GroupCount())),
        g.Program((g.Group("city", "mean"), g.GroupCount())),
        g.Program((UNITS, g.Count())),
        g.Program((g.Count(), g.Count())),
        g.Program((g.MostFrequent("city"), g.Round(1))),
        g.Program((g.Top("units", 0, "largest"), g.Count())),
        g.Program((g.Quantile("units", 1.0),)),
        g.Program(ROME, OSLO, g.Join("larger_name")),
        g.Program(ROME, OSLO),
    ],
)
def test_a_program_that_does_not_fit_the_table_is_refused(sales: Engine, program: g.Program) -> None:
    with pytest.raises(IllTypedError):
        sales(program)


def test_integers_stay_exact_and_overflow_is_missing(tmp_path: Path) -> None:
    big = pa.table(
        {"n": pa.array([2**62, 2**62, 2**62 + 1], pa.int64()), "f": [1e308, 1.0, -0.0], "k": ["a", "a", "b"]}
    )
    for engine in engines(tmp_path, big).values():
        assert engine(g.Program((g.Aggregate("n", "sum"),))) == 3 * 2**62 + 1
        assert engine(g.Program((g.Group("k", "sum", "n"), g.BestValue("largest")))) == 2**63
        assert engine(g.Program((g.Lookup("n", "largest", "k"),))) == "b"
        assert engine(g.Program((g.Arithmetic("n", "*", "n", "x"), g.Aggregate("x", "count")))) == 0
        assert engine(g.Program((g.Arithmetic("f", "*", "n", "x"), g.Aggregate("x", "count")))) == 2
        assert str(engine(g.Program((g.Aggregate("f", "min"),)))) == "0.0"


def test_groups_are_ranked_by_exact_integers_and_by_finite_floats(tmp_path: Path) -> None:
    table = pa.table(
        {"k": list("aabc"), "n": pa.array([2**60, 1, 2**60, 3], pa.int64()), "x": [1e308, 1e308, 1.0, 2.0]}
    )
    for engine in engines(tmp_path, table).values():
        total, largest = (g.Group("k", aggregation, "n") for aggregation in ("sum", "max"))
        assert engine(g.Program((total, g.BestGroup("largest")))) == "a"
        assert engine(g.Program((total, g.TopGroups(2, "largest")))) == ["a", "b"]
        assert outcome(engine, g.Program((largest, g.BestGroup("largest")))).reason == "tie"
        for best in (g.BestGroup("smallest"), g.TopGroups(1, "smallest"), g.BestValue("smallest")):
            assert outcome(engine, g.Program((g.Group("k", "sum", "x"), best))).reason == "no_answer"


def test_every_day_of_the_week_has_its_name(tmp_path: Path) -> None:
    table = pa.table({"a": moments(*(f"2012-01-0{day}" for day in range(2, 9)))})
    program = g.Program((g.DatePart("a", "weekday", "w"), g.ListOf("w")))
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    for engine in engines(tmp_path, table).values():
        assert engine(program) == names
    assert submitted(program, read_frame(tmp_path / "table.parquet")) == names


def test_a_path_is_a_name_and_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "k=1"
    folder.mkdir()
    pq.write_table(SALES, path := folder / "t[ab]le*.parquet")
    assert polars_engine.load(path).columns == SALES.column_names
    assert duckdb_engine.run(g.Program((g.Count(),)), duckdb_engine.connect(path)) == 7


def test_a_tie_is_told_with_both_values(tmp_path: Path) -> None:
    table = pa.table({"k": ["a", "b", "c"], "x": [0.1 + 0.2, 0.3, 0.5]})
    pq.write_table(table, path := tmp_path / "table.parquet")
    with pytest.raises(g.NoAnswer, match=r"0\.30000000000000004 and 0\.3 share a place"):
        polars_engine.run(g.Program((g.Top("x", 2, "largest"), g.Count())), polars_engine.load(path))


def test_days_are_whole_to_the_microsecond(tmp_path: Path) -> None:
    starts = ["2012-01-01", "2012-01-01", "2012-01-02", "2012-01-02T00:00:00.000001"]
    ends = ["2012-01-01T23:59:59.999999", "2012-01-02", "2012-01-01", "2012-01-01"]
    table = pa.table({"a": moments(*starts), "b": moments(*ends)})
    for engine in engines(tmp_path, table).values():
        assert engine(g.Program((g.DaysBetween("a", "b", "x"), g.ListOf("x")))) == [0, 1, -1, -2]


def test_floats_that_differ_in_their_last_bits_are_a_tie(tmp_path: Path) -> None:
    table = pa.table({"k": ["a", "b", "c"], "x": [0.1 + 0.2, 0.3, 0.2]})
    a, b = ((g.Where("k", "==", name), g.Aggregate("x", "max")) for name in "ab")
    for engine in engines(tmp_path, table).values():
        assert outcome(engine, g.Program((g.Lookup("x", "largest", "k"),))).reason == "tie"
        assert outcome(engine, g.Program((g.Group("k", "max", "x"), g.BestGroup("largest")))).reason == "tie"
        assert outcome(engine, g.Program(a, b, g.Join("larger_name", ("a", "b")))).reason == "tie"
        assert engine(g.Program(a, b, g.Join("greater"))) is False
        assert engine(g.Program((g.Lookup("x", "smallest", "k"),))) == "c"


def test_a_column_of_another_type_is_refused_at_the_door(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"n": pa.array([1], pa.int8())}), path)
    for load in (polars_engine.load, duckdb_engine.connect):
        with pytest.raises(TypeError, match=r"column 'n' is [Ii]nt8"):
            load(path)


def test_the_database_has_no_way_out(tmp_path: Path) -> None:
    engines(tmp_path, SALES)
    connection = duckdb_engine.connect(tmp_path / "table.parquet")
    frame = polars_engine.load(tmp_path / "table.parquet")
    with pytest.raises(Exception, match="frame does not exist"):
        connection.execute("SELECT * FROM frame")  # a variable of Python's
    assert frame.height == 7
    for sql in ("SELECT * FROM read_text('/etc/hostname')", "SET enable_external_access = true"):
        with pytest.raises(Exception, match=r"disabled|locked"):
            connection.execute(sql)
