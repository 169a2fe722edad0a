"""A hint has all operations of a plan, in words that no row has beside the same header or value."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.formats.hint_leak import hint_leak
from tabletutor.models.prompt import table_card
from tabletutor.programs.describe import describe, outline, step_words
from tabletutor.programs.grammar import (
    Aggregate,
    Along,
    Arithmetic,
    BestGroup,
    BestWithin,
    BeyondStatistic,
    Bin,
    Contains,
    Count,
    Edge,
    Group,
    GroupShares,
    GroupStatistic,
    GroupValue,
    Impute,
    Join,
    Lookup,
    MostFrequent,
    OneOf,
    Outliers,
    Part,
    Period,
    Pivot,
    Program,
    RankWithin,
    Repeated,
    Round,
    Running,
    Scale,
    Sort,
    Step,
    Streak,
    TextPart,
    Where,
)
from tabletutor.programs.pandas_source import source
from tabletutor.records.table import ColumnProfile, Source, TableProfile
from tabletutor.rows.row import ConversationRow
from tests.support.cases import question

# Headers and values are made of up to nine of these words, which outlines, cards and code have too.
WORDS = ("given", "text", "values", "column", "number", "where", "by", "do", "is", "in", "this", "order", "a", "ı")
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)


def row_with(text: str) -> ConversationRow:
    return ConversationRow(question_id="q", table="t", trace_id="g", messages=[{"role": "assistant", "content": text}])


@given(column=NAMES, other=NAMES, value=NAMES)
def test_no_row_recites_a_hint_by_chance(column: str, other: str, value: str) -> None:
    programs = [
        Program((Count(),)),
        Program((Where(column, "==", value), Aggregate(other, "mean"), Round(2))),
        Program((OneOf(column, (value, other)), Group(other, "mean", column), BestGroup("largest"))),
        Program((Contains(column, value), Lookup(column, "largest", other))),
        Program((BeyondStatistic(column, ">", "mean"), TextPart(other, "length", "length"), MostFrequent("length"))),
        Program((Arithmetic(column, "/", other, "ratio"), Aggregate("ratio", "max"))),
        Program(
            (Where(column, "==", value), Count()),
            (OneOf(column, (other, value)), Count()),
            Join("larger_name", (value, other)),
        ),
        Program((Bin(column, (1, 2), (value, other, "high"), "b"), Pivot(other, "b", "mean", column))),
        Program((RankWithin(column, other, "largest", "r"), Repeated((column, other)), Streak("r", "==", value))),
        Program((Group(column, "count"), Along("rolling_mean", 3)), parts=(Part(value, (GroupValue(other),)),)),
    ]
    columns = tuple(ColumnProfile(name, kind, 1, 3) for name in (column, other) for kind in ("text", "number"))
    card = table_card(TableProfile("t", "00", Source("t.csv", 1, "utf-8", {}), 3, columns))
    frame = f"   {column} {other}\n0  {value} {other}\n1  {other} {value} {value}"
    for program in programs:
        told = f"{card}\n\nHow?\n{describe(program)}\ndf[{[column, other]!r}].head(3)\n{source(program)}\n{frame}"
        asked = msgspec.structs.replace(
            question("q", f"{column.capitalize()}: how many of {other!r} are {value!r}?"), hint=outline(program)
        )
        assert hint_leak(row_with(told), asked) is None
        assert hint_leak(row_with(f"As I was told: {outline(program)}"), asked) is not None


def test_an_outline_has_every_operation_with_what_it_is_given() -> None:
    chain = (OneOf("sky", ("clear", "grey")), Aggregate("wind", "mean"))
    assert outline(Program(chain, after=(Round(1),))) == (
        "in_this_order: do_one_of(column_given 'sky', values_0_given 'clear', values_1_given 'grey'); "
        "do_aggregate(column_given 'wind', aggregation_given 'mean'); do_round(decimals_given 1)"
    )
    joined = outline(Program(chain, (Count(),), Join("difference")))
    assert joined.startswith("in_this_order: left_chain: do_one_of(")
    assert joined.endswith("right_chain: do_count(); join_by: difference")
    parts = (Part("mean", (Aggregate("wind", "mean"), Round(1))), Part("n", (Count(),)))
    assert outline(Program((Contains("sky", "grey", ignore_case=True),), parts=parts)) == (
        "in_this_order: do_contains(column_given 'sky', text_given 'grey', ignore_case_given True); "
        "part_called 'mean': do_aggregate(column_given 'wind', aggregation_given 'mean'); do_round(decimals_given 1); "
        "part_called 'n': do_count()"
    )


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Contains("sky", "rain", True, True), "keep rows where 'sky' contains the whole word 'rain' in any case"),
        (Outliers("x", "iqr"), "keep outliers of 'x' (beyond 1.5 IQR from the quartiles)"),
        (Outliers("x", "zscore", True), "drop outliers of 'x' (more than 3 standard deviations off)"),
        (Repeated(), "keep rows that repeat an earlier row"),
        (Repeated(("a", "b"), True), "drop repeated rows in ['a', 'b']"),
        (Sort("day"), "sort by 'day'"),
        (Bin("x", (1, 2), ("a", "b", "c"), "bin"), "bin 'x' at [1, 2] into ['a', 'b', 'c']"),
        (RankWithin("x", "k", "largest", "r"), "rank 'x' within each 'k', largest first"),
        (RankWithin("x", None, "smallest", "r"), "rank 'x', smallest first"),
        (Period("day", "month", "p"), "get the month of 'day' as a period"),
        (Scale("x", "zscore", "z"), "scale 'x' to z-scores"),
        (Scale("x", "minmax", "z"), "scale 'x' from 0 to 1"),
        (Impute("x", "forward", "f"), "fill missing 'x' with the last value before"),
        (Running("x", "cumulative", "c"), "take the cumulative sum of 'x' from row to row"),
        (Running("x", "rolling_mean", "c", 3), "take the rolling mean over 3 of 'x' from row to row"),
        (Edge("x", "last"), "take the last 'x'"),
        (Streak("x", ">", 0), "count the longest run of rows where 'x' > 0"),
        (BestWithin("k", "x", "largest", "t"), "for each 'k' find the row with the largest 'x' and read 't'"),
        (Pivot("k", "l", "count"), "count the rows by 'k' and 'l'"),
        (Pivot("k", "l", "std", "x"), "take the standard deviation of 'x' by 'k' and 'l'"),
        (GroupShares(), "turn the groups into percentages of their sum"),
        (Along("percent_change"), "take the percent change from group to group"),
        (GroupStatistic("std"), "take the standard deviation of the groups"),
        (GroupValue("a"), "take the value of group 'a'"),
        (Round(1, "away"), "round half away from 0 to 1 decimals"),
    ],
)
def test_a_step_in_words(step: Step, words: str) -> None:
    assert step_words(step) == words
