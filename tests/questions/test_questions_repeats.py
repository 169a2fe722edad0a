"""Questions that ask again what another question of the table asks."""

import pytest

from tabletutor.programs import grammar as g
from tabletutor.questions.repeats import AskedPrograms

SOUTH, YOUNG = g.Where("region", "==", "South"), g.Where("age", "<", 30)
MEAN = g.Aggregate("fare", "mean")
BY_REGION = g.Group("region", "mean", "fare")


def chain(*steps: g.Step) -> g.Program:
    return g.Program(steps)


def summary(*names: g.Aggregation, before: tuple[g.Step, ...] = ()) -> g.Program:
    return g.Program(before, parts=tuple(g.Part(name, (g.Aggregate("fare", name),)) for name in names))


def compare(operator: g.JoinOperator, *values: str, before: tuple[g.Step, ...] = ()) -> g.Program:
    left, right = ((*before, g.Where("region", "==", value), MEAN) for value in values)
    return g.Program(left, right, g.Join(operator, (values[0], values[1]) if operator == "larger_name" else None))


REPEATS = {
    "only rounded": (chain(SOUTH, MEAN), chain(SOUTH, MEAN, g.Round(2))),
    "conditions in another order": (chain(SOUTH, YOUNG, g.Count()), chain(YOUNG, SOUTH, g.Count())),
    "nearly the same limit": (chain(YOUNG, g.Count()), chain(g.Where("age", "<=", 32), g.Count())),
    "other statistics of one column": (summary("min", "max"), summary("min", "median", "max")),
    "two of all groups": (chain(BY_REGION, g.BestGroup("largest")), compare("larger_name", "South", "North")),
    "two of a mapping": (chain(YOUNG, BY_REGION, g.GroupMapping()), compare("greater", "A", "B", before=(YOUNG,))),
    "two groups in the other order": (compare("greater", "A", "B"), compare("larger_name", "B", "A")),
}
NEW = {
    "the other side of a limit": (chain(YOUNG, g.Count()), chain(g.Where("age", ">", 30), g.Count())),
    "another value": (chain(SOUTH, g.Count()), chain(g.Where("region", "==", "North"), g.Count())),
    "other rows": (summary("min", "max"), summary("min", "max", before=(SOUTH,))),
    "the other end": (chain(BY_REGION, g.BestGroup("largest")), chain(BY_REGION, g.BestGroup("smallest"))),
    "two groups of other rows": (chain(YOUNG, BY_REGION, g.GroupMapping()), compare("greater", "A", "B")),
    "by how much": (compare("greater", "A", "B"), compare("difference", "A", "B")),
}


@pytest.mark.parametrize("case", REPEATS)
def test_a_question_that_another_one_answers_is_a_repeat(case: str) -> None:
    for first, second in (REPEATS[case], REPEATS[case][::-1]):
        asked = AskedPrograms()
        asked.add(first)
        assert asked.repeats(second)


@pytest.mark.parametrize("case", NEW)
def test_a_question_with_another_answer_is_no_repeat(case: str) -> None:
    for first, second in (NEW[case], NEW[case][::-1]):
        asked = AskedPrograms()
        asked.add(first)
        assert not asked.repeats(second)
