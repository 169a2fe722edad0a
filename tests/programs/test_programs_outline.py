"""A hint says what a plan says, in words that neither a plan nor its code has."""

import msgspec
from cases import question
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.formats.leak import hint_leak
from tabletutor.formats.row import ConversationRow
from tabletutor.programs.describe import describe
from tabletutor.programs.grammar import Aggregate, BestGroup, Count, Group, Join, OneOf, Program, Round, Where
from tabletutor.programs.outline import outline
from tabletutor.programs.pandas_source import source

NAMES = st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=5).map(" ".join)


@given(column=NAMES, other=NAMES, value=NAMES)
def test_no_plan_and_no_code_recites_a_hint(column: str, other: str, value: str) -> None:
    programs = [
        Program((Count(),)),
        Program((Where(column, "==", value), Aggregate(other, "mean"), Round(2))),
        Program((OneOf(column, (value, other)), Group(other, "mean", column), BestGroup("largest"))),
        Program(
            (Where(column, "==", value), Count()),
            (OneOf(column, (other, value)), Count()),
            Join("larger_name", (value, other)),
        ),
    ]
    for program in programs:
        said = f"{describe(program)}\n{source(program)}"
        asked = msgspec.structs.replace(question("q", "How many?"), hint=outline(program))
        assert hint_leak(telling(said), asked) is None
        assert hint_leak(telling(f"As I was told: {outline(program)}"), asked) is not None


def telling(text: str) -> ConversationRow:
    return ConversationRow(question_id="q", table="t", trace_id="g", messages=[{"role": "assistant", "content": text}])


def test_an_outline_has_every_operation_with_what_it_is_given() -> None:
    chain = (OneOf("sky", ("clear", "grey")), Aggregate("wind", "mean"))
    assert outline(Program(chain, after=(Round(1),))) == (
        "Operations in order: one_of(column given 'sky', values[0] given 'clear', values[1] given 'grey'); "
        "aggregate(column given 'wind', aggregation given 'mean'); round(decimals given 1)"
    )
    joined = outline(Program(chain, (Count(),), Join("difference")))
    assert joined.startswith("Operations in order: left: one_of(")
    assert joined.endswith("right: count(); join: difference")
