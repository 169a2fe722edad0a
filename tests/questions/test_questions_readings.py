"""Other readings of questions: each gives the answer worked out by hand, and is left out where it cannot apply."""

import random
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.programs import grammar as g
from tabletutor.programs import polars_engine
from tabletutor.questions.readings.reading import Reading
from tabletutor.questions.readings.registry import other_readings
from tabletutor.questions.readings.settle import Settlement, settle
from tabletutor.records.question import AnswerSpec, AnswerType
from tabletutor.records.table import TableProfile
from tests.support.profiles import profile_of

TABLE = pl.DataFrame(
    {
        "person": ["Ann", "Bob", "Ann", "Cid", "Dan", "Eve", "Fay", "Bob"],
        "city": ["Oslo", "oslo", "Rome", "Rome", None, "Bern", "Romea", "Rome"],
        "pay": [10, 20, None, 40, 20, 60, 100, 10],
        "rate": [1.0, 2.0, 3.0, 4.0, 5.5, 6.0, 7.0, 9.0],
        "weight": [1, 1, 1, 1, 2, 2, 2, 1],
        "when": [
            datetime.fromisoformat(f"2020-01-{moment}")
            for moment in ("03", "01", "01T09:00", "02", "02T07:00", "05", "06", "07")
        ],
        "sex": ["f", "m", "f", "m", "m", "f", "f", "m"],
    },
    schema_overrides={"when": pl.Datetime("us")},
)  # fmt: skip
PROFILE = profile_of(TABLE, roles={"person": "label", "when": "date"})
REGIONS = pl.DataFrame({"region": ["North", "South", "All"], "sold": [1, 2, 3]})
TOTALS = profile_of(REGIONS, totals=(("region", "All"),))
ROME = g.Where("city", "==", "Rome")
TEST = g.HypothesisTest("welch_t", "rate", "p", by="sex", values=("f", "m"))
STUDENT = replace(TEST, kind="student_t")


def chain(*steps: g.Step) -> g.Program:
    return g.Program(steps)


def rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return round(value, 5) if isinstance(value, float) else value


def answers(name: str, program: g.Program, frame: pl.DataFrame, profile: TableProfile) -> list[Any]:
    """Return the answers of the readings with this name."""
    found = [reading.program for reading in other_readings(program, profile) if reading.name == name]
    return [rounded(polars_engine.run(each, frame)) for each in found]


# The name of a reading, a program on TABLE, its answer, and that of the other reading.
DIFFERENT: list[tuple[str, g.Program, Any, Any]] = [
    ("missing_not_counted", chain(g.Share("pay", ">", 15)), 62.5, 71.42857),
    ("missing_not_counted", chain(g.Share("pay", ">", 15), g.Round(1)), 62.5, 71.4),
    (
        "missing_not_counted",
        g.Program((g.Where("pay", ">", 15), g.Count()), (g.Count(),), g.Join("percent")),
        62.5,
        71.42857,
    ),
    ("missing_counted", chain(g.Where("city", "!=", "Rome"), g.Count()), 4, 5),
    ("missing_counted", chain(g.Share("city", "!=", "Rome")), 50.0, 62.5),
    ("rows_counted", chain(g.Aggregate("pay", "count")), 7, 8),
    (
        "rows_counted",
        chain(g.Group("sex", "count", "pay"), g.GroupMapping()),
        {"f": 3, "m": 4},
        {"f": 4, "m": 4},
    ),
    ("missing_as_value", chain(g.Aggregate("city", "nunique")), 5, 6),
    ("missing_as_group", chain(g.Group("city", "count"), g.GroupCount()), 5, 6),
    ("missing_as_group", chain(g.Group("city", "count"), g.GroupShare()), 42.85714, 37.5),
    ("missing_as_zero", chain(g.Aggregate("pay", "mean")), 37.14286, 32.5),
    (
        "missing_as_zero",
        chain(g.Group("sex", "mean", "pay"), g.GroupMapping()),
        {"f": 56.66667, "m": 22.5},
        {"f": 42.5, "m": 22.5},
    ),
    ("strict_bound", chain(g.Where("pay", ">=", 20), g.Where("pay", "<=", 60), g.Count()), 4, 1),
    ("inclusive_bound", chain(g.Where("pay", ">", 20), g.Where("pay", "<", 60), g.Count()), 1, 4),
    ("inclusive_bound", chain(g.Where("pay", ">=", 20), g.Where("pay", "<", 60), g.Count()), 3, 4),
    ("whole_day", chain(g.Where("when", ">", "2020-01-01"), g.Count()), 7, 6),
    ("whole_day", chain(g.Where("when", "<=", "2020-01-02"), g.Count()), 3, 4),
    ("whole_day", chain(g.Where("when", "==", "2020-01-02"), g.Count()), 1, 2),
    ("case_ignored", chain(g.Where("city", "==", "Oslo"), g.Count()), 1, 2),
    ("case_ignored", chain(g.OneOf("city", ("Oslo", "Bern")), g.Count()), 2, 3),
    ("case_ignored", chain(g.Contains("city", "O"), g.Count()), 1, 6),
    ("case_ignored", chain(g.Share("city", "==", "Oslo")), 12.5, 25.0),
    ("whole_word", chain(g.Contains("city", "Rome"), g.Count()), 4, 3),
    ("part_of_word", chain(g.Contains("city", "Rome", whole_word=True), g.Count()), 3, 4),
    ("lower_bin", chain(g.Bin("pay", (20, 60), ("a", "b", "c"), "bin"), g.Where("bin", "==", "a"), g.Count()), 2, 4),
    ("lower_bin", chain(g.Bin("rate", (2.0,), ("a", "b"), "bin"), g.Where("bin", "==", "a"), g.Count()), 1, 2),
    ("population_deviation", chain(g.Aggregate("weight", "std")), 0.51755, 0.48412),
    (
        "population_deviation",
        chain(g.Group("sex", "std", "weight"), g.GroupMapping()),
        {"f": 0.57735, "m": 0.5},
        {"f": 0.5, "m": 0.43301},
    ),
    ("population_deviation", chain(g.Group("sex", "mean", "weight"), g.GroupStatistic("std")), 0.17678, 0.125),
    ("population_deviation", chain(g.Scale("rate", "zscore", "z"), g.Aggregate("z", "max")), 1.60608, 1.71697),
    ("population_variance", chain(g.Aggregate("weight", "var")), 0.26786, 0.23438),
    ("uncorrected_skewness", chain(g.Aggregate("weight", "skew")), 0.64406, 0.5164),
    ("unweighted", chain(g.WeightedMean("rate", "weight")), 5.09091, 4.6875),
    ("mean_over_rows", chain(g.Group("city", "mean", "rate"), g.GroupStatistic("mean")), 4.26667, 4.6875),
    ("equal_variances", chain(TEST), 0.68002, 0.67995),
    ("unequal_variances", chain(STUDENT), 0.67995, 0.68002),
    ("one_sided", chain(TEST), 0.68002, 0.34001),
    ("quantile_interpolation", chain(g.Quantile("rate", 0.25)), 2.75, 2.0),
    ("quantile_interpolation", chain(g.InterquartileRange("rate")), 3.5, 4.0),
    ("rank_correlation", chain(g.Correlation("pay", "rate")), 0.33928, 0.29096),
    ("linear_correlation", chain(g.Correlation("pay", "rate", "spearman")), 0.29096, 0.33928),
    ("pearson_kurtosis", chain(g.Aggregate("weight", "kurt")), -2.24, 1.26667),
    ("uncorrected_kurtosis", chain(g.Aggregate("weight", "kurt")), -2.24, -1.73333),
    ("every_copy", chain(g.Repeated(("sex", "weight")), g.Count()), 4, 7),
    ("every_copy", chain(g.Repeated(("person",), negated=True), g.Count()), 6, 4),
    (
        "other_group_first",
        chain(g.HypothesisTest("mann_whitney", "rate", "statistic", by="sex", values=("f", "m"))),
        7.0,
        9.0,
    ),
    (
        "yates_correction",
        chain(g.OneOf("person", ("Ann", "Bob")), g.HypothesisTest("chi_square", "person", "statistic", by="sex")),
        4.0,
        1.0,
    ),
    ("distinct_entities", chain(g.Count()), 8, 6),
    ("distinct_entities", chain(g.Group("sex", "count"), g.GroupMapping()), {"f": 4, "m": 4}, {"f": 3, "m": 3}),
    ("distinct_entities", chain(g.Share("rate", ">", 3.5)), 62.5, 83.33333),
    (
        "rank_ties",
        chain(g.RankWithin("pay", None, "largest", "rank"), g.Where("person", "==", "Ann"), g.Aggregate("rank", "max")),
        6,
        5,
    ),
    (
        "empty_as_zero",
        chain(g.OneOf("person", ("Ann", "Cid")), g.Pivot("person", "sex", "count")),
        {"Ann": {"f": 2}, "Cid": {"m": 1}},
        {"Ann": {"f": 2, "m": 0}, "Cid": {"f": 0, "m": 1}},
    ),
    ("date_order", chain(g.Edge("person", "first")), "Ann", "Bob"),
    ("date_order", chain(g.Running("rate", "change", "step"), g.Aggregate("step", "max")), 2.0, 5.0),
    (
        "absolute_change",
        chain(g.Running("rate", "percent_change", "step"), g.Aggregate("step", "max")),
        100.0,
        2.0,
    ),
    ("percent_change", chain(g.Group("weight", "count"), g.Along("change"), g.GroupMapping()), {"2": -2}, {"2": -40.0}),
    ("swapped_difference", g.Program((ROME, g.Count()), (g.Count(),), g.Join("difference")), -5, 5),
    ("fraction", chain(g.Share("rate", ">", 6.5)), 25.0, 0.25),
    ("fraction", chain(g.MissingShare("pay"), g.Round(2)), 12.5, 0.12),
    ("fraction", chain(g.Group("sex", "count"), g.GroupShare()), 50.0, 0.5),
    ("fraction", g.Program((ROME, g.Count()), (g.Count(),), g.Join("percent")), 37.5, 0.375),
    ("half_away", chain(g.Where("rate", "<", 5), g.Aggregate("rate", "median"), g.Round(0)), 2.0, 3.0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "program", "ours", "other"), DIFFERENT)
def test_another_reading_gives_its_answer(name: str, program: g.Program, ours: Any, other: Any) -> None:
    assert rounded(polars_engine.run(program, TABLE)) == ours
    assert answers(name, program, TABLE, PROFILE)[0] == other


def test_outliers_by_the_deviation_of_the_population() -> None:
    # The far one of 11 values is at most 3.02 sample deviations from the mean, and 3.16 of the population.
    frame = pl.DataFrame({"far": [0.0] * 9 + [1.0, 10.0]})
    program = chain(g.Outliers("far", "zscore"), g.Count())
    assert polars_engine.run(program, frame) == 0
    assert answers("population_deviation", program, frame, profile_of(frame)) == [1]


def test_totals_are_left_out_or_included() -> None:
    mean, region = g.Aggregate("sold", "mean"), g.Where("region", "!=", "All")
    assert answers("totals_left_out", chain(mean), REGIONS, TOTALS) == [1.5]
    assert answers("totals_left_out", g.Program((mean,), (g.Count(),), g.Join("ratio")), REGIONS, TOTALS) == [0.75]
    assert answers("totals_included", chain(region, mean), REGIONS, TOTALS) == [2.0]
    assert answers("totals_left_out", chain(g.Where("region", "==", "North"), mean), REGIONS, TOTALS) == []
    (reading,) = [each for each in other_readings(chain(mean), TOTALS) if each.name == "totals_left_out"]
    assert (reading.clause[0], reading.column) == ("Include the rows where region is 'All'.", "region")


def test_a_share_of_some_rows_is_not_said_to_be_of_all_rows() -> None:
    share = g.Share("pay", ">", 15)
    clauses = {
        narrowed: [each.clause for each in other_readings(program, PROFILE) if each.name == "missing_not_counted"]
        for narrowed, program in ((False, chain(share)), (True, chain(ROME, share, g.Round(1))))
    }
    assert not any("these rows" in clause for clause in clauses[False][0])
    assert all("hese rows" in clause and "a value for pay" in clause for clause in clauses[True][0])


def test_rows_without_a_value_that_are_totals_are_left_out_or_included() -> None:
    frame = pl.DataFrame({"state": ["Ohio", "Utah", None], "sold": [1, 2, 3]})
    profile = profile_of(frame, totals=(("state", ""),))
    mean, known = g.Aggregate("sold", "mean"), g.Missing("state", negated=True)
    assert answers("totals_left_out", chain(mean), frame, profile) == [1.5]
    assert answers("totals_included", chain(known, mean), frame, profile) == [2.0]
    assert answers("totals_left_out", chain(g.Group("state", "sum", "sold"), g.GroupCount()), frame, profile) == []
    (reading,) = [each for each in other_readings(chain(mean), profile) if each.name == "totals_left_out"]
    assert reading.clause[0] == "Include the rows where state is missing."


CANNOT_APPLY: list[tuple[str, g.Program]] = [
    ("missing_not_counted", chain(g.Share("rate", ">", 3))),  # no value is missing
    ("missing_counted", chain(g.Where("sex", "!=", "f"), g.Count())),
    ("missing_counted", chain(ROME, g.Count())),
    ("rows_counted", chain(g.Aggregate("rate", "count"))),
    ("missing_as_value", chain(g.Aggregate("sex", "nunique"))),
    ("missing_as_group", chain(g.Group("sex", "count"), g.GroupCount())),
    ("missing_as_zero", chain(g.Aggregate("pay", "sum"))),
    ("missing_as_zero", chain(g.Aggregate("rate", "mean"))),
    ("inclusive_bound", chain(g.Where("pay", ">", 20), g.Count())),  # "more than 20" is clear
    ("inclusive_bound", chain(g.Where("pay", ">", 20), g.Where("rate", "<", 5), g.Count())),
    ("whole_day", chain(g.Where("when", ">=", "2020-01-02"), g.Count())),
    ("whole_day", chain(g.Where("when", ">", "2020-01-02T05:00:00"), g.Count())),
    ("case_ignored", chain(g.Where("pay", "==", 20), g.Count())),
    ("population_deviation", chain(g.Outliers("pay", "iqr"), g.Count())),
    ("equal_variances", chain(replace(TEST, kind="mann_whitney"))),
    ("one_sided", chain(replace(TEST, part="statistic"))),
    ("other_group_first", chain(TEST)),
    ("distinct_entities", chain(g.Aggregate("pay", "mean"))),
    ("distinct_entities", chain(g.Where("person", "==", "Ann"), g.Count())),
    ("empty_as_zero", chain(g.Pivot("city", "sex", "mean", "pay"))),
    ("date_order", chain(g.Sort("rate"), g.Edge("person", "first"))),
    ("percent_change", chain(g.Running("rate", "cumulative", "sum"), g.Aggregate("sum", "mean"))),
    ("swapped_difference", g.Program((g.Count(),), (ROME, g.Count()), g.Join("ratio"))),
    ("fraction", chain(g.Aggregate("rate", "mean"))),
]


@pytest.mark.parametrize(("name", "program"), CANNOT_APPLY)
def test_a_reading_that_cannot_apply_is_left_out(name: str, program: g.Program) -> None:
    assert name not in {reading.name for reading in other_readings(program, PROFILE)}


def test_the_parts_of_a_record_are_read_otherwise_too() -> None:
    parts = (g.Part("std", (g.Aggregate("weight", "std"),)), g.Part("n", (g.Count(),)))
    found = {each.name: each.program for each in other_readings(g.Program((ROME,), parts=parts), PROFILE)}
    assert found["population_deviation"].parts[0].steps == (g.Aggregate("weight", "population_std"),)
    assert found["population_deviation"].parts[1] == parts[1]
    assert found["distinct_entities"].parts[1].steps == (g.Aggregate("person", "nunique"),)
    assert found["case_ignored"].steps == (replace(ROME, ignore_case=True),)


def test_clauses_call_columns_as_the_question_does() -> None:
    program = chain(g.Group("city", "count"), g.GroupCount())
    found = other_readings(program, PROFILE, lambda column: f"the {column}")
    assert "Leave out rows without the city." in next(each.clause for each in found if each.name == "missing_as_group")


def settle_on(
    program: g.Program, answer_type: AnswerType, *settled: str, table: Any = TABLE, profile: TableProfile = PROFILE
) -> Settlement:
    ours = polars_engine.run(program, table)
    return settle(
        other_readings(program, profile),
        run=lambda other: polars_engine.run(other, table),
        matches=lambda other: match(ours, other, answer_type, AnswerSpec(), VerdictsConfig()),
        settled=settled,
    )


def test_a_clause_is_added_where_another_reading_gives_another_answer() -> None:
    settlement = settle_on(chain(g.Aggregate("weight", "std")), "number")
    assert settlement.differs == ("population_deviation",)
    assert settlement.reason is None
    assert settlement.tags() == ("clause:population_deviation",)
    text = settlement.complete("What is the standard deviation of weight?", random.Random(0))
    assert text in {
        f"What is the standard deviation of weight? {verb} the sample standard deviation." for verb in ("Use", "Take")
    }


def test_nothing_is_added_where_the_answer_is_the_same_or_the_words_are_clear() -> None:
    assert settle_on(chain(g.Group("sex", "count"), g.GroupCount()), "integer") == Settlement()
    assert settle_on(chain(g.Aggregate("weight", "std")), "number", "population_deviation") == Settlement()
    assert Settlement().complete("How many?", random.Random(0)) == "How many?"


def test_one_clause_rules_out_all_readings_that_it_can() -> None:
    settlement = settle_on(chain(g.Quantile("weight", 0.6)), "number")
    assert len(settlement.clauses) == 1


def test_a_question_that_says_excess_kurtosis_does_not_say_it_again() -> None:
    settlement = settle_on(chain(g.Aggregate("weight", "kurt")), "number", "pearson_kurtosis")
    assert [clause for clauses in settlement.clauses for clause in clauses] == [
        "Correct the kurtosis for bias.", "Use the kurtosis corrected for bias."
    ]  # fmt: skip


def test_a_question_that_needs_many_clauses_is_rejected() -> None:
    rows = (g.Where("pay", ">=", 10), g.Where("pay", "<=", 100), g.Where("city", "!=", "Rome"))
    settlement = settle_on(chain(*rows, g.Aggregate("rate", "std")), "number")
    assert settlement.reason == "needs 3 clauses: missing_counted, strict_bound, population_deviation"


def test_a_reading_that_no_words_rule_out_rejects_the_question() -> None:
    reading = Reading("half_away", chain(g.Count()), ())
    settlement = settle([reading], run=lambda _: 3, matches=lambda answer: answer == 4)
    assert settlement == Settlement(("half_away",), (), "no words rule out: half_away")


@pytest.mark.parametrize(("refusal", "differs"), [("tie", ("half_away",)), ("no_answer", ())])
def test_a_tie_is_another_answer_and_no_answer_is_none(refusal: Any, differs: tuple[str, ...]) -> None:
    def run(program: g.Program) -> Any:
        raise g.NoAnswer(refusal, "by hand")

    assert settle([Reading("half_away", chain(g.Count()), ("Really.",))], run=run, matches=bool).differs == differs
