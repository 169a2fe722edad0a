"""Pandas source: headers and cells stay literals."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from tabletutor.programs.describe import describe
from tabletutor.programs.grammar import (
    Aggregate,
    Arithmetic,
    BestGroup,
    Contains,
    Count,
    Group,
    Join,
    Lookup,
    OneOf,
    Program,
    Round,
    Where,
    columns_used,
    from_json,
    size,
    to_json,
)
from tabletutor.programs.pandas_source import source

NAMES = st.text(min_size=1, max_size=12) | st.sampled_from(["'); import os #", '"""', "{x}", "a\nb", "\\", "df['x']"])


@given(column=NAMES, other=NAMES, value=NAMES)
def test_source_holds_headers_and_values_as_literals_only(column: str, other: str, value: str) -> None:
    programs = [
        Program((Where(column, "==", value), Aggregate(other, "mean"), Round(2))),
        Program((OneOf(column, (value, other)), Group(other, "mean", column), BestGroup("largest"))),
        Program((Contains(column, value), Lookup(column, "largest", other))),
        Program((Arithmetic(column, "/", other, "ratio"), Aggregate("ratio", "max"))),
        Program(
            (Where(column, "==", value), Count()),
            (Where(column, "==", other), Count()),
            Join("larger_name", (value, other)),
        ),
    ]
    for program in programs:
        tree = ast.parse(source(program))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        allowed = {
            "df",
            "np",
            "rows",
            "groups",
            "answer",
            "left",
            "right",
            "left_rows",
            "right_rows",
            "submit",
            "len",
            "round",
        }
        assert names <= allowed
        assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))
        strings = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert {column} & strings
        assert describe(program).endswith(".")


def test_a_program_survives_json_and_knows_its_columns() -> None:
    program = Program((Where("a", "==", "x"), Arithmetic("b", "-", "c", "d"), Aggregate("d", "mean"), Round(2)))
    assert from_json(to_json(program)) == program
    assert columns_used(program) == ("a", "b", "c")
    assert size(program) == 3


def test_the_best_group_is_written_as_an_analyst_would() -> None:
    group = Group("k", "mean", "x")
    assert "answer = groups.idxmax()\n" in source(Program((group, BestGroup("largest"))))
    assert "answer = groups.sort_values(ascending=True).index[1]\n" in source(
        Program((group, BestGroup("smallest", 2)))
    )
