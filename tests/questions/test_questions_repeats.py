"""Questions that ask again what another question of the table asks."""

import polars as pl
import pytest

from tabletutor.programs import grammar as g
from tabletutor.questions.repeats import AskedPrograms, even_columns
from tests.support.profiles import profile_of

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
    "all groups and the best": (chain(BY_REGION, g.BestGroup("smallest")), chain(BY_REGION, g.GroupMapping())),
    "the share of one group and of all": (
        chain(YOUNG, g.Share("region", "==", "South")),
        chain(YOUNG, g.Group("region", "count"), g.GroupShares(), g.GroupMapping()),
    ),
    "the most frequent value and the most rows": (
        chain(YOUNG, g.MostFrequent("region")),
        chain(YOUNG, g.Group("region", "count"), g.BestGroup("largest")),
    ),
    "subtracted the other way round": (compare("difference", "A", "B"), compare("difference", "B", "A")),
    "a ratio in percent": (compare("ratio", "A", "B"), compare("percent", "B", "A")),
    "columns in the other order": (chain(g.Correlation("a", "b")), chain(g.Correlation("b", "a", "spearman"))),
    "columns subtracted the other way round": (
        chain(g.Arithmetic("a", "-", "b", "gap"), g.Aggregate("gap", "mean")),
        chain(g.Arithmetic("b", "-", "a", "gap"), g.Aggregate("gap", "mean")),
    ),
    "rows and columns of a table": (chain(g.Pivot("region", "sex", "count")), chain(g.Pivot("sex", "region", "count"))),
    "the other half of the rows": (
        chain(YOUNG, g.Where("sex", "==", "f"), g.Count()),
        chain(g.Where("sex", "==", "m"), YOUNG, g.Count()),
    ),
    "the share of the other half": (chain(g.Share("sex", "==", "f")), chain(g.Share("sex", "==", "m"))),
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
        asked = AskedPrograms(halves=frozenset({"sex"}))
        asked.add(first)
        assert asked.repeats(second)


@pytest.mark.parametrize("case", NEW)
def test_a_question_with_another_answer_is_no_repeat(case: str) -> None:
    for first, second in (NEW[case], NEW[case][::-1]):
        asked = AskedPrograms()
        asked.add(first)
        assert not asked.repeats(second)


def test_a_total_asks_the_same_as_an_average_only_if_all_groups_have_the_same_size() -> None:
    total = chain(g.Group("region", "sum", "fare"), g.BestGroup("largest"))
    for rows, same in ((["North", "South"] * 6, True), (["North", "South", "South"] * 4, False)):
        asked = AskedPrograms(even_columns(profile_of(pl.DataFrame({"region": rows, "fare": range(12)}))))
        asked.add(chain(BY_REGION, g.BestGroup("largest")))
        assert asked.repeats(total) is same
