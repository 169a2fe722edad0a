"""Planted errors: each kind plants what it says, and the engines refuse them."""

from typing import Any, cast

import polars as pl
import pytest
from scipy.stats import binomtest, skew, ttest_ind

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.programs import grammar as g
from tabletutor.programs import polars_engine
from tabletutor.records.identity import rng
from tabletutor.records.question import AnswerSpec, AnswerType, Question
from tests.support.checkout import ROOT
from tests.support.planted.collect import collect
from tests.support.planted.errors import KINDS, plant
from tests.support.planted.measure import (
    Case,
    Student,
    both_verify,
    engines_refuse_one_wrong,
    engines_verify,
    read,
    traces_verify,
    with_wrong_program,
)
from tests.support.planted.student import agreeing_traces, chance_if_uneven, chance_of_verified, student_answers
from tests.support.profiles import profile_of

DAYS = ["2020-01-09", "2020-02-08", "2020-03-05", "2020-04-04", "2020-05-03", "2020-06-03", "2020-08-01", "2020-07-01"]
FRAME = pl.DataFrame(
    {
        "town": ["Ay", "ay", "By", "By", "Cy", "Cy", "Cy", "All"],
        "size": ["s", "m", "s", "m", "s", "m", "s", None],
        "price": [1.0, 2.0, 4.0, 9.0, None, 3.0, 5.0, 24.0],
        "weight": [1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 3.0, 8.0],
        "stock": [1, 2, 3, 4, 5, 7, 6, 28],
    }
).with_columns(day=pl.Series(DAYS).str.to_datetime(time_unit="us"))
PROFILE = profile_of(FRAME, roles={"town": "label", "day": "date"}, totals=(("town", "All"),))
PRICE, MEAN = g.Aggregate("price", "max"), g.Aggregate("price", "mean")
STOCKS = g.Group("size", "sum", "stock")
STOCK_LIST = (g.Top("stock", 2, "largest"), g.ListOf("town"))
SQUARE = g.Arithmetic("stock", "*", "stock", "square")
_, WELCH_P = cast("tuple[float, float]", ttest_ind([1, 3, 5, 6], [2, 4, 7], equal_var=False))
BY = g.Where("town", "==", "By")

# kind, program, type of the answer, the wrong answers of which one is planted
CASES: list[tuple[str, tuple[g.Step, ...] | g.Program, AnswerType, list[Any]]] = [
    ("other column", (g.Aggregate("price", "max"),), "number", [8.0, 28]),
    ("groups by another column", (STOCKS, g.BestValue("largest")), "number", [28]),
    ("another aggregate", (g.Aggregate("stock", "median"),), "number", [7.0]),
    ("divided by n (ddof 0)", (BY, g.Aggregate("price", "std")), "number", [2.5]),
    (
        "skewness, kurtosis not corrected",
        (g.Aggregate("stock", "skew"),),
        "number",
        [pytest.approx(skew(FRAME["stock"]))],
    ),
    ("distinct values for rows", (g.Count(),), "integer", [5]),
    ("other end of a ranking", (g.Lookup("stock", "largest", "town"),), "category", ["Ay"]),
    ("rank or n off by one", STOCK_LIST, "list", [["All"], ["All", "Cy", "Cy"]]),
    ("bound in or out", (g.Where("stock", ">", 4), g.Count()), "integer", [5]),
    ("bound off by one", (g.Where("stock", ">", 4), g.Count()), "integer", [3, 5]),
    ("condition forgotten", (BY, g.Count()), "integer", [8]),
    ("condition left over", (g.Where("stock", ">", 2), g.Count()), "integer", [0, 1, 2, 3]),
    ("condition inverted", (BY, g.Count()), "integer", [6]),
    ("other value in a condition", (BY, g.Count()), "integer", [1, 3]),
    ("case or part of a word", (g.Where("town", "==", "Ay"), g.Count()), "integer", [2]),
    ("missing: condition", (g.Missing("price"), g.Count()), "integer", [7]),
    ("missing as 0", (MEAN,), "number", [6.0]),
    ("missing left out of a total", (g.Share("size", "==", "s"),), "percentage", [pytest.approx(400 / 7)]),
    ("missing counted", (g.Aggregate("price", "count"),), "integer", [8]),
    ("totals counted or left out", (g.Aggregate("stock", "sum"),), "integer", [28]),
    ("date off by a day", (g.Where("day", "<", "2020-04-04"), g.Count()), "integer", [4]),
    ("other period", (g.DatePart("day", "day", "part"), g.Aggregate("part", "nunique")), "integer", [1, 3, 8]),
    ("order of rows", (g.Edge("stock", "last"),), "integer", [6]),
    (
        "condition after ranking",
        (g.Where("size", "==", "s"), g.Top("stock", 2, "largest"), g.Count()),
        "integer",
        [0],
    ),
    ("other correlation", (g.Correlation("price", "stock"),), "number", [0.75]),
    ("other quantile", (g.Quantile("stock", 0.1),), "number", [1, 2]),
    (
        "other form of a test",
        (g.HypothesisTest("welch_t", "stock", "p", "size", ("s", "m")),),
        "number",
        [pytest.approx(WELCH_P / 2)],
    ),
    ("weights", (g.WeightedMean("price", "weight"),), "number", [pytest.approx(48 / 7)]),
    ("ties and copies", (g.Repeated(("town",)), g.Count()), "integer", [5]),
    (
        "edge of a bin",
        (g.Bin("stock", (3,), ("low", "high"), "bin"), g.Group("bin", "count"), g.BestValue("largest")),
        "integer",
        [5],
    ),
    (
        "two sides swapped",
        g.Program((BY, PRICE), (g.Where("town", "==", "Cy"), PRICE), g.Join("difference")),
        "number",
        [-4.0],
    ),
    (
        "change in percent or not",
        (g.Group("stock", "sum", "price"), g.Along("change"), g.BestValue("largest")),
        "number",
        [700.0],
    ),
    (
        "share of another whole",
        (g.Where("stock", "<", 5), g.Share("town", "==", "By")),
        "percentage",
        [25.0],
    ),
    ("fraction for percent", (g.Share("town", "==", "By"),), "percentage", [0.25]),
    ("percent for fraction", (BY, g.Correlation("price", "stock")), "number", [pytest.approx(100)]),
    (
        "unit (thousands)",
        (SQUARE, g.Arithmetic("square", "*", "stock", "cube"), g.Aggregate("cube", "max")),
        "integer",
        [21.952],
    ),
    ("digits cut off", (MEAN,), "number", [6.85]),
    ("sign", (PRICE,), "number", [-24.0]),
    ("count off by one", (g.Count(),), "integer", [9]),
    ("last member lost", STOCK_LIST, "list", [["All"]]),
    ("list reversed", STOCK_LIST, "list", [["Cy", "All"]]),
    ("values moved", (STOCKS, g.GroupMapping()), "mapping", [{"m": 15, "s": 13}]),
    ("day and month swapped", (g.Edge("day", "first"),), "date", ["2020-09-01"]),
    ("yes for no", g.Program((BY, PRICE), (PRICE,), g.Join("greater")), "boolean", [True]),
]


def run(program: g.Program) -> Any:
    return polars_engine.run(program, FRAME)


def question(program: g.Program, answer: Any, answer_type: AnswerType) -> Question:
    return Question(
        question_id="q", table="t", source="program", text="?", answer_type=answer_type, answer_spec=AnswerSpec(),
        answer=answer, family="f", category="c", wording="w", novelty="trained", difficulty="easy",
        program=g.to_json(program), engines=dict.fromkeys(("duckdb", "pandas", "polars"), answer),
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "steps", "answer_type", "wrong"), CASES, ids=[case[0] for case in CASES])
def test_a_kind_of_error_plants_what_it_says(
    kind: str, steps: tuple[g.Step, ...] | g.Program, answer_type: AnswerType, wrong: list[Any]
) -> None:
    program = steps if isinstance(steps, g.Program) else g.Program(steps)
    asked = question(program, run(program), answer_type)
    planted = {error.kind: error for error in plant(asked, PROFILE, run, VerdictsConfig())}
    assert planted.get(kind) is not None, asked.answer
    assert planted[kind].answer in wrong, asked.answer
    wrong_program = planted[kind].program
    assert wrong_program is None or run(wrong_program) == planted[kind].answer


def test_every_kind_has_a_case() -> None:
    assert [case[0] for case in CASES] == list(KINDS)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    tables = [ROOT / "resources" / "tables" / f"{name}.csv" for name in ("mpg", "titanic")]
    collected, _ = collect(tables, 30, tmp_path_factory.mktemp("planted"))
    assert len(collected) > 50  # a table may have fewer questions than it is asked for
    return collected


def test_engines_refuse_errors_of_a_gold_trace_or_of_one_engine_and_lose_nothing(cases: list[Case]) -> None:
    refused = [engines_refuse_one_wrong(case, error) for case in cases for error in case.errors]
    kept = [engines_verify(case.question, case.gold) for case in cases]
    assert len(refused) > 300
    assert sum(refused) >= 0.99 * len(refused)
    assert sum(kept) >= 0.98 * len(kept)


def test_engines_do_not_see_a_wrong_program(cases: list[Case]) -> None:
    pairs = [(case, place) for case in cases for place in range(len(case.errors))]
    accepted = [engines_verify(with_wrong_program(case, place), case.errors[place].answer) for case, place in pairs]
    assert sum(accepted) > 0.99 * len(accepted)  # they all run it


def test_traces_refuse_a_wrong_program_as_their_exact_chances_say(cases: list[Case]) -> None:
    student = Student(5, 0.8, shared=1.0)
    read_errors = [
        (with_wrong_program(case, place), error.answer, read(case, error, student, 0))
        for case in cases
        for place, error in enumerate(case.errors)
    ]
    accepted = sum(traces_verify(*each) for each in read_errors)
    assert sum(both_verify(*each, "agree") for each in read_errors) == accepted
    kept = sum(both_verify(case.question, case.gold, read(case, None, student, 0), "agree") for case in cases)
    assert binomtest(accepted, len(read_errors), chance_of_verified(5, 0.2)).pvalue > 0.001
    assert binomtest(kept, len(cases), chance_of_verified(5, 0.8)).pvalue > 0.001


def test_a_scripted_student_answers_at_its_rates() -> None:
    answers = student_answers("right", ["a", "b"], n=10_000, p=0.6, source=rng(0), error="gold", shared=0.5)
    shares = {answer: answers.count(answer) / 10_000 for answer in answers}
    assert shares == pytest.approx({"right": 0.6, "gold": 0.2, "a": 0.1, "b": 0.1}, abs=0.02)


def test_exact_chances_of_a_vote() -> None:
    assert [agreeing_traces(n) for n in (1, 2, 3, 4, 9)] == [2, 2, 2, 3, 5]
    assert chance_of_verified(1, 1.0) == 0
    assert chance_of_verified(3, 0.8) == pytest.approx(0.8**3 + 3 * 0.8**2 * 0.2)
    assert chance_if_uneven(3, 0.5, 2) == pytest.approx(0.5)  # any number of right answers is equally likely
