"""The questions of a table stay varied: each subject has its share."""

import pytest

from tabletutor.programs import grammar as g
from tabletutor.questions.balance import Balance, subjects
from tabletutor.records.question import AnswerSpec, Question

YEAR = g.Where("year", ">", 1999)
GOAL = 20


def chain(*steps: g.Step) -> g.Program:
    return g.Program(steps)


def question(program: g.Program, family: str = "aggregate_column", kinds: str = "", category: str = "") -> Question:
    return Question(
        question_id="",
        table="t",
        source="program",
        text="",
        answer_type="number",
        answer_spec=AnswerSpec(),
        answer=None,
        family=family,
        category=category,
        composition=f"{family}:|{kinds}",
        wording="",
        novelty="trained",
        difficulty="easy",
        hint="",
        program=g.to_json(program),
    )


def accepted(asked: Question, columns: int = 10) -> int:
    """Return how many questions like this one are taken."""
    balance, taken = Balance(columns), 0
    while taken < GOAL and not balance.is_full(asked, GOAL):
        balance.add(asked)
        taken += 1
    return taken


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        (question(chain(g.Aggregate("fare", "mean"))), 2),
        (question(chain(g.Missing("age"), g.Count()), "missing_count", category="missing"), 2),
        (question(chain(YEAR, g.Count()), "count_rows", "year_after"), 2),
        (question(chain(g.Aggregate("fare", "kurt")), "shape_column"), 1),
        (question(chain(g.Count()), "count_rows"), 3),
    ],
)
def test_a_subject_gets_no_more_than_its_share(asked: Question, most: int) -> None:
    assert accepted(asked) == most


def test_a_column_has_a_larger_share_in_a_table_of_few_columns() -> None:
    for columns, most in ((10, 4), (3, 10)):
        balance, taken = Balance(columns), 0
        for number in range(GOAL):
            asked = question(chain(g.Aggregate("fare", "mean")), family=str(number))
            if not balance.is_full(asked, GOAL):
                balance.add(asked)
                taken += 1
        assert taken == most


@pytest.mark.parametrize(
    ("program", "columns"),
    [
        (chain(YEAR, g.Aggregate("fare", "mean"), g.Round(2)), {"fare"}),
        (chain(YEAR, g.Count()), {"year"}),
        (chain(g.Group("class", "count"), g.BestGroup("largest")), {"class"}),
        (chain(g.Arithmetic("paid", "-", "cost", "gap"), g.Aggregate("gap", "mean")), {"paid", "cost"}),
        (chain(g.Lookup("fare", "largest", "name")), {"fare"}),
        (g.Program((), parts=(g.Part("mean", (g.Aggregate("fare", "mean"),)),)), {"fare"}),
    ],
)
def test_the_columns_that_a_question_is_about(program: g.Program, columns: set[str]) -> None:
    assert subjects(program) == columns
