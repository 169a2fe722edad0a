"""Properties of all questions about the tables of the default project, before an engine answers them."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import pytest

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.programs import grammar as g
from tabletutor.questions.family import Family
from tabletutor.questions.generate import Pool, candidates, heldout_count, make_pools
from tabletutor.questions.header_words import spoken_columns
from tabletutor.questions.registry import all_families
from tabletutor.questions.totals import total_steps, totals_within
from tabletutor.questions.wording import MONTHS
from tabletutor.records.question import Question
from tabletutor.records.table import ColumnProfile, Role, Split, TableProfile
from tests.prose.sample import table_profiles
from tests.support.checkout import ROOT

ONE_ROUND = ProgramQuestionsConfig(per_family=1, attempts_per_question=1)
FIVE_ROUNDS = ProgramQuestionsConfig(per_family=1, attempts_per_question=5)
FAMILIES = {family.name: replace(family, weight=1) for family in all_families()}
EVERYTHING = Pool("trained", tuple(FAMILIES.values()), 0)
UNTRAINED = {"lists"}  # the kinds of conditions that fit no training table: only a test table has lists in cells
MEASURED: frozenset[Role] = frozenset({"additive", "intensive", "duration"})


class Asked(NamedTuple):
    """A question, its family and its program, and the table that it is about."""

    table: TableProfile
    family: Family
    question: Question
    program: g.Program

    @property
    def steps(self) -> tuple[g.Step, ...]:
        return tuple(g.all_steps(self.program))

    @property
    def pieces(self) -> set[str]:
        """The kinds of the conditions and of the preparation."""
        return set(filter(None, self.question.composition.partition("|")[2].split("+")))


@cache
def splits() -> dict[str, Split]:
    """Return the split of each table of the default project."""
    with (ROOT / "config" / "tables.tsv").open(encoding="utf-8", newline="") as stream:
        return {row["table"]: row["split"] for row in csv.DictReader(stream, delimiter="\t")}  # pyright: ignore[reportReturnType]


def training_tables() -> list[TableProfile]:
    return [table for table in table_profiles() if splits()[table.table] == "train"]


def ask(table: TableProfile, pool: Pool, config: ProgramQuestionsConfig = ONE_ROUND) -> Iterator[Asked]:
    for family, question in candidates(table, pool, config, seed=0):
        yield Asked(table, family, question, g.from_json(question.program or {}))


@cache
def asked() -> tuple[Asked, ...]:
    """Return one round of questions about each table, of the novelties that its split gets."""
    return tuple(
        each
        for table in table_profiles()
        for pool in make_pools(tuple(FAMILIES.values()), splits()[table.table], ONE_ROUND)
        for each in ask(table, pool)
    )


def values(step: g.Step) -> tuple[float | str | bool, ...]:
    """Return the values that a step compares with."""
    match step:
        case g.Where() | g.Share() | g.Streak() | g.Keep():
            return (step.value,)
        case g.OneOf() | g.HypothesisTest():
            return step.values
        case g.Contains():
            return (step.text,)
        case g.GroupValue():
            return (step.name,)
        case _:
            return ()


def measured(step: g.Step) -> tuple[str, ...]:
    """Return the columns with whose values a step computes."""
    match step:
        case g.Aggregate(column=str(column), aggregation=aggregation) if aggregation not in ("nunique", "count"):
            return (column,)
        case g.Group(column=str(column)) | g.Pivot(column=str(column)):
            return (column,)
        case (
            g.Quantile() | g.Span() | g.InterquartileRange() | g.Outliers() | g.Scale() | g.BeyondStatistic()
            | g.Impute() | g.Running() | g.Streak() | g.Bin() | g.RankWithin() | g.Top() | g.BestWithin()
        ):  # fmt: skip
            return (step.column,)
        case g.Lookup():
            return (step.column,)
        case g.Correlation() | g.Arithmetic():
            return step.left, step.right
        case g.StrongestPair():
            return step.columns
        case g.Regression():
            return step.x, step.y
        case g.WeightedMean():
            return step.column, step.weight
        case g.HypothesisTest() if step.kind != "chi_square":
            return (step.column,)
        case _:
            return ()


def added(step: g.Step) -> tuple[str, ...]:
    """Return the columns whose values a step adds up."""
    match step:
        case g.Aggregate() | g.Group() | g.Pivot() if step.aggregation == "sum" and step.column is not None:
            return (step.column,)
        case g.WeightedMean():
            return (step.weight,)
        case g.Running() if step.operation == "cumulative":
            return (step.column,)
        case _:
            return ()


def own_columns(each: Asked, names: tuple[str, ...]) -> list[ColumnProfile]:
    """Return the columns of the table with these names; a derived column is none."""
    return [column for column in each.table.columns if column.name in names]


def is_stated(each: Asked, step: g.Step, value: float | str | bool) -> bool:
    """Return whether the text has a value: a text as a Python literal, a date plain, a number, a month by its name."""
    text, column = each.question.text, getattr(step, "column", "")
    parts = {derived.name: derived.part for derived in each.steps if isinstance(derived, g.DatePart)}
    if parts.get(column) == "month":
        return MONTHS[int(value) - 1] in text
    if isinstance(value, bool):
        return str(value).lower() in text
    if isinstance(value, str):
        return repr(value) in text or (re.fullmatch(r"[\d-]+|\w+day", value) is not None and value in text)
    return re.search(rf"(?<![\w.]){re.escape(str(value))}(?!\w|\.\d)", text) is not None


def test_every_table_is_asked_about_and_every_novelty_occurs() -> None:
    assert {each.table.table for each in asked()} == set(splits())
    assert {each.question.novelty for each in asked()} == {"trained", "new_wording", "new_composition"}
    assert {each.family.name for each in asked()} >= {family.name for family in all_families() if family.weight > 1}


def test_every_value_of_a_condition_stands_in_the_text() -> None:
    ranks = {derived.name for each in asked() for derived in each.steps if isinstance(derived, g.RankWithin)}
    silent = [
        (each.family.name, value, each.question.text)
        for each in asked()
        for step in each.steps
        if step not in total_steps(each.table) and getattr(step, "column", "") not in ranks
        for value in values(step)
        if not is_stated(each, step, value)
    ]
    assert silent == []


def test_every_column_of_the_program_is_named_in_the_text_but_the_only_time() -> None:
    unnamed: list[tuple[str, str, str]] = []
    for table in table_profiles():
        forms = {
            name: [form for form in (said.singular, said.plural, said.quoted, said.counted) if form]
            for name, said in spoken_columns(table).items()
        }
        times = [column.name for column in table.columns if column.role in ("date", "year", "date_part")]
        for each in asked():
            if each.table is table:
                parts = {step.column for step in each.steps if isinstance(step, g.DatePart | g.Period)}
                unnamed += [
                    (each.family.name, column, each.question.text)
                    for column in g.columns_used(each.program)
                    if not (column in parts and times == [column])
                    and not any(
                        re.search(rf"(?<!\w){re.escape(form)}(?!\w)", each.question.text, re.IGNORECASE)
                        for form in forms[column]
                    )
                ]
    assert unnamed == []


def test_a_text_is_whole_sentences_without_slots() -> None:
    faulty = re.compile(r"\{[a-z_]+\}|  | [,.?]|[.?,]{2}|^[^A-Z]|[^.?]$")
    assert [each.question.text for each in asked() if faulty.search(re.sub(r"'[^']*'", "''", each.question.text))] == []


def test_a_wording_is_held_out_just_for_questions_of_new_wordings() -> None:
    wrong = [
        each.question.text
        for each in asked()
        if (
            int(each.question.wording.rpartition("/")[2])
            >= len(each.family.wordings) - heldout_count(each.family, ONE_ROUND.heldout_wordings)
        )
        != (each.question.novelty == "new_wording")
    ]
    assert wrong == []


def test_a_new_composition_is_never_trained_but_all_its_pieces_are() -> None:
    new = [each for each in asked() if each.question.novelty == "new_composition"]
    trained = [each for each in asked() if splits()[each.table.table] == "train"]
    others = {each.question.composition for each in asked() if each.question.novelty != "new_composition"}
    assert {each.question.composition for each in new}.isdisjoint(others)
    assert {each.question.novelty for each in trained} == {"trained"}
    assert all(each.pieces for each in new), "without conditions, a composition is a part of others"
    known = {piece for each in trained for piece in each.pieces} | UNTRAINED
    for piece in {piece for each in new for piece in each.pieces} - known:
        assert any(piece in each.pieces for table in training_tables() for each in ask(table, EVERYTHING, FIVE_ROUNDS))


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_family_is_trained_on_some_table(family: Family) -> None:
    pool = Pool("trained", (family,), 0)
    assert any(next(ask(table, pool, FIVE_ROUNDS), None) for table in training_tables())


def test_nobody_computes_with_columns_that_are_no_measures() -> None:
    wrong = [
        (column.name, column.role, each.question.text)
        for each in asked()
        for step in each.steps
        for column in own_columns(each, measured(step))
        if column.role not in MEASURED and not (isinstance(step, g.Aggregate) and column.role == "date")
    ]
    assert wrong == []


def test_nobody_adds_up_what_does_not_add_up() -> None:
    wrong = [
        (column.name, column.role, each.question.text)
        for each in asked()
        for step in each.steps
        for column in own_columns(each, added(step))
        if column.role != "additive"
    ]
    assert wrong == []


def test_total_rows_are_left_out_in_program_and_text() -> None:
    within = [each for each in asked() if totals_within(each.steps, each.table)]
    assert within == []
    left_out = [each for each in asked() if set(each.steps) & total_steps(each.table).keys()]
    assert left_out
    unsaid = [each.question.text for each in left_out if not re.search("total rows|the totals", each.question.text)]
    assert unsaid == []
