"""Pandas source: headers and cells stay literals."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.programs.describe import describe
from tabletutor.programs.grammar import (
    Aggregate,
    Along,
    Arithmetic,
    BestGroup,
    BestWithin,
    Bin,
    Contains,
    Count,
    Edge,
    Group,
    GroupMapping,
    GroupStatistic,
    GroupValue,
    Impute,
    Join,
    Lookup,
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
        Program((Contains(column, value, ignore_case=True, whole_word=True), Sort(other), Edge(column, "last"))),
        Program(
            (
                Outliers(column, "iqr"),
                Repeated((column, other)),
                Impute(column, "median", "new"),
                Pivot(other, "new", "count"),
            )
        ),
        Program((Bin(column, (1,), (value, value + other), "new"), BestWithin("new", column, "largest", other))),
        Program((Period(column, "month", "p"), Group("p", "sum", other), Along("change"), GroupValue(value))),
        Program((RankWithin(column, other, "largest", "r"), Streak("r", "==", value))),
        Program(
            (Scale(column, "zscore", "s"), Running("s", "cumulative", "c")),
            parts=(Part(value, (Count(),)), Part(value + "b", (Group(column, "count"), GroupMapping()))),
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
            "pd",
            "part_groups",
            *("q1", "q3", "margin", "best", "hits", "table", "name", "row"),
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


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        ((Outliers("x", "iqr"),), ["q1, q3 = df['x'].quantile([0.25, 0.75])", "margin = 1.5 * (q3 - q1)",
                                   "rows = df[(df['x'] < q1 - margin) | (df['x'] > q3 + margin)]"]),
        ((Outliers("x", "zscore"),), ["z = (df['x'] - df['x'].mean()) / df['x'].std()", "rows = df[z.abs() > 3]"]),
        ((Repeated(negated=True),), ["rows = df.drop_duplicates()"]),
        ((Group("k", "count"), GroupMapping()), ["groups = df.groupby('k').size()", "answer = groups.to_dict()"]),
        ((Contains("t", "it's", whole_word=True),),
         ["rows = df[df['t'].str.contains(\"\\\\bit's\\\\b\", na=False)]"]),
        ((Contains("t", "a.b", whole_word=True),), [r"rows = df[df['t'].str.contains(r'\ba\.b\b', na=False)]"]),
        ((Sort("d"), Impute("x", "forward", "f")),
         ["rows = df.dropna(subset=['d']).sort_values('d')", "rows['f'] = rows['x'].ffill()"]),
        ((Bin("x", (1, 2.5), ("a", "b", "c"), "bin"),),
         ["df['bin'] = pd.cut(df['x'], [-np.inf, 1, 2.5, np.inf], right=False, labels=['a', 'b', 'c']).astype('str')"]),
        ((RankWithin("x", "k", "largest", "r"),),
         ["df['r'] = df.groupby('k')['x'].rank(method='min', ascending=False)"]),
        ((Period("d", "quarter", "p"),), ["df['p'] = df['d'].dt.to_period('Q').astype('str')"]),
        ((Running("x", "rolling_mean", "m", 3),), ["df['m'] = df['x'].dropna().rolling(3).mean()"]),
        ((Group("k", "mean", "x"), Along("change")), ["groups = df.groupby('k')['x'].mean().dropna()",
                                                      "groups = groups.diff().dropna()"]),
        ((Group("k", "mean", "x"), GroupStatistic("std")),
         ["groups = df.groupby('k')['x'].mean()", "answer = groups.std()"]),
        ((Streak("x", ">", 0),), ["hits = df['x'] > 0", "answer = hits.groupby((~hits).cumsum()).sum().max()"]),
        ((BestWithin("k", "x", "largest", "t"),),
         ["best = df.loc[df.dropna(subset=['x']).groupby('k')['x'].idxmax()]",
          "answer = best.set_index('k')['t'].to_dict()"]),
        ((Pivot("k", "l", "mean", "x"),),
         ["table = df.groupby(['k', 'l'])['x'].mean().dropna().unstack()",
          "answer = {name: row.dropna().to_dict() for name, row in table.iterrows()}"]),
    ],
)  # fmt: skip
def test_a_step_is_written_as_an_analyst_would(steps: tuple[Step, ...], lines: list[str]) -> None:
    assert source(Program(steps)).splitlines() == [*lines, "submit(answer)"]


def test_the_best_group_is_written_as_an_analyst_would() -> None:
    group = Group("k", "mean", "x")
    assert "answer = groups.idxmax()\n" in source(Program((group, BestGroup("largest"))))
    assert "answer = groups.sort_values(ascending=True).index[1]\n" in source(
        Program((group, BestGroup("smallest", 2)))
    )
