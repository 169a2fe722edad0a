"""The program of every reading of a random program fits the table, and every clause is a sentence."""

import hypothesis.strategies as st
from hypothesis import HealthCheck, assume, given, settings

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck import IllTypedError, Kind, answer_kind
from tabletutor.questions.readings.registry import other_readings
from tabletutor.records.table import ColumnProfile, Role, Source, TableProfile, Total
from tabletutor.records.table import Kind as ColumnKind

COLUMNS: dict[str, tuple[ColumnKind, Kind, Role]] = {
    "person": ("identifier", "text", "label"),
    "number": ("identifier", "integer", "identifier"),
    "city": ("category", "text", "category"),
    "note": ("text", "text", "free_text"),
    "pay": ("integer", "integer", "additive"),
    "rate": ("number", "number", "intensive"),
    "open": ("boolean", "boolean", "flag"),
    "when": ("datetime", "date", "date"),
}
KINDS: dict[str, Kind] = {name: kind for name, (_, kind, _) in COLUMNS.items()}
PROFILE = TableProfile(
    "t",
    "00",
    Source("t.csv", 1, "utf-8", {}),
    50,
    tuple(
        ColumnProfile(name, kind, 3, 20, min=0.0 if typed in ("integer", "number") else None, role=role)
        for name, (kind, typed, role) in COLUMNS.items()
    ),
    totals=(Total("city", "All", "by hand"), Total("number", "9", "by hand")),
)

NUMERIC = st.sampled_from(["pay", "rate", "pay", "rate", "derived"])  # not every program has a derived column
TEXT = st.sampled_from(["city", "note", "person"])
DISCRETE = st.sampled_from(["city", "number", "open", "pay", "when", "derived"])
COMPARISONS = st.sampled_from(["==", "!=", ">", ">=", "<", "<="])
NAME = st.just("derived")
AGGREGATIONS = st.sampled_from(
    ["mean", "median", "sum", "min", "max", "std", "var", "skew", "kurt", "nunique", "count"]
)
DIRECTIONS = st.sampled_from(["largest", "smallest"])
WORDS = st.sampled_from(["All", "Oslo", "a b"])
TEXT_WHERE = st.builds(g.Where, TEXT, COMPARISONS, WORDS)
NUMBER_WHERE = st.builds(g.Where, NUMERIC | st.just("number"), COMPARISONS, st.integers(0, 9) | st.just(1.5))
DATE_WHERE = st.builds(g.Where, st.just("when"), COMPARISONS, st.sampled_from(["2020-01-31", "2020-01-31T10:00:00"]))
GROUP = st.builds(g.Group, DISCRETE, AGGREGATIONS, NUMERIC) | st.builds(g.Group, DISCRETE, st.just("count"))
OPERATIONS = st.sampled_from(["cumulative", "change", "percent_change"])
ROWS: st.SearchStrategy[g.Step] = st.one_of(
    TEXT_WHERE,
    NUMBER_WHERE,
    DATE_WHERE,
    st.builds(g.OneOf, TEXT, st.just(("a", "b"))),
    st.builds(g.Contains, TEXT, WORDS, st.booleans(), st.booleans()),
    st.builds(g.Missing, st.sampled_from(list(COLUMNS)), st.booleans()),
    st.builds(g.Outliers, NUMERIC, st.sampled_from(["iqr", "zscore"]), st.booleans()),
    st.builds(g.Repeated, st.sampled_from([(), ("city",), ("city", "pay")]), st.booleans()),
    st.builds(g.Sort, NUMERIC | st.just("when")),
    st.builds(g.Top, NUMERIC, st.integers(1, 3), DIRECTIONS),
    st.builds(g.Bin, NUMERIC, st.sampled_from([(1, 2), (1.5, 2.0)]), st.just(("a", "b", "c")), NAME),
    st.builds(g.RankWithin, NUMERIC, st.none() | st.just("city"), DIRECTIONS, NAME),
    st.builds(g.Scale, NUMERIC, st.sampled_from(["zscore", "minmax"]), NAME),
    st.builds(g.Impute, NUMERIC, st.sampled_from(["mean", "median", "zero", "forward"]), NAME),
    st.builds(g.Running, NUMERIC, OPERATIONS, NAME),
    st.builds(g.Arithmetic, NUMERIC, st.sampled_from(["+", "/"]), NUMERIC, NAME),
)
TESTS = st.builds(
    g.HypothesisTest,
    st.sampled_from(["welch_t", "student_t", "mann_whitney"]),
    NUMERIC,
    st.sampled_from(["statistic", "p", "decision"]),
    st.just("city"),
    st.just(("Oslo", "Rome")),
) | st.builds(g.HypothesisTest, st.just("chi_square"), st.just("open"), st.just("p"), st.just("city"))
NUMBERS: st.SearchStrategy[tuple[g.Step, ...]] = st.one_of(
    st.builds(g.Count).map(lambda step: (step,)),
    st.builds(g.Aggregate, NUMERIC | st.just("city"), AGGREGATIONS).map(lambda step: (step,)),
    st.builds(g.Quantile, NUMERIC, st.just(0.25)).map(lambda step: (step,)),
    st.builds(g.InterquartileRange, NUMERIC).map(lambda step: (step,)),
    st.builds(g.Share, TEXT, COMPARISONS, WORDS).map(lambda step: (step,)),
    st.builds(g.Share, NUMERIC, COMPARISONS, st.integers(0, 9)).map(lambda step: (step,)),
    st.builds(g.MissingShare, st.sampled_from(list(COLUMNS))).map(lambda step: (step,)),
    st.builds(g.Correlation, NUMERIC, NUMERIC, st.sampled_from(["pearson", "spearman"])).map(lambda step: (step,)),
    st.builds(g.WeightedMean, NUMERIC, NUMERIC).map(lambda step: (step,)),
    TESTS.map(lambda step: (step,)),
    st.tuples(GROUP, st.builds(g.GroupStatistic, st.sampled_from(["mean", "std", "sum"]))),
    st.tuples(GROUP, st.builds(g.GroupShare) | st.builds(g.GroupCount) | st.builds(g.BestValue, DIRECTIONS)),
)
OTHERS: st.SearchStrategy[tuple[g.Step, ...]] = st.one_of(
    st.builds(g.StrongestPair, st.just(("pay", "rate", "number"))).map(lambda step: (step,)),
    st.builds(g.Edge, st.sampled_from(list(COLUMNS)), st.sampled_from(["first", "last"])).map(lambda step: (step,)),
    st.builds(g.Pivot, st.just("city"), st.just("open"), AGGREGATIONS, NUMERIC).map(lambda step: (step,)),
    st.builds(g.Pivot, st.just("city"), st.just("open"), st.just("count")).map(lambda step: (step,)),
    st.tuples(GROUP, st.builds(g.GroupMapping)),
    st.tuples(GROUP, st.builds(g.Along, OPERATIONS), st.builds(g.GroupMapping)),
)
ROUNDING = st.sampled_from([(), (g.Round(1),)])


@st.composite
def programs(draw: st.DrawFn) -> g.Program:
    rows = tuple(draw(st.lists(ROWS, max_size=3)))
    match draw(st.sampled_from(["number", "number", "other", "join", "parts"])):
        case "number":
            return g.Program((*rows, *draw(NUMBERS), *draw(ROUNDING)))
        case "other":
            return g.Program((*rows, *draw(OTHERS)))
        case "join":
            operator: g.JoinOperator = draw(st.sampled_from(("difference", "ratio", "percent")))
            left, right = draw(st.tuples(NUMBERS, NUMBERS))
            return g.Program((*rows, *left), (*rows, *right), g.Join(operator), draw(ROUNDING))
        case _:
            parts = tuple(g.Part(name, draw(NUMBERS)) for name in ("one", "two"))
            return g.Program(rows, parts=parts)


def fits(program: g.Program) -> bool:
    try:
        answer_kind(program, KINDS)
    except IllTypedError:
        return False
    return True


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)
@given(programs())
def test_the_programs_of_readings_fit_the_table(program: g.Program) -> None:
    assume(fits(program))
    for reading in other_readings(program, PROFILE):
        answer_kind(reading.program, KINDS)
        assert reading.program != program
        assert reading.clause
        for clause in reading.clause:
            assert clause[0].isupper()
            assert clause.endswith(".")
