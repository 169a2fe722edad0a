"""A hint has all operations of a plan, in words that no row has beside the same header or value."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.formats.hint_leak import hint_leak
from tabletutor.models.prompt import table_card
from tabletutor.programs.describe import describe, outline
from tabletutor.programs.grammar import (
    Aggregate,
    Arithmetic,
    BestGroup,
    BeyondStatistic,
    Contains,
    Count,
    Group,
    Join,
    Lookup,
    MostFrequent,
    OneOf,
    Program,
    Round,
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
