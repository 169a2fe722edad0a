"""Compile a chain of steps to SQL for DuckDB: one common table expression per step.

Text of the table or the question never enters the SQL. Columns are named by position, because DuckDB treats "A" and
"a" as one name and quoting headers would not help. Every value is a bound parameter.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck import Kind, moment

# The characters at which Python's str.split splits (those of str.isspace), spelt out for RE2.
SPACES = r"\x{9}-\x{d}\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
WORD = f"'[^{SPACES}]+'"
DAY = 86_400_000_000  # microseconds
TIE = "1e-9::DOUBLE"
COMPARISONS = {"==": "=", "!=": "<>", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
ORDER = {"largest": "DESC", "smallest": "ASC"}
EXTREME = {"largest": "max", "smallest": "min"}
AGGREGATES = {
    "mean": "avg({})",
    "sum": "sum({})",
    "min": "min({})",
    "max": "max({})",
    "median": "quantile_cont(CAST({} AS DOUBLE), 0.5)",
    "std": "stddev_samp(CAST({} AS DOUBLE))",
    "nunique": "count(DISTINCT {})",
    "count": "count({})",
}


class Column(NamedTuple):
    """A column's name in SQL and its kind."""

    name: str
    kind: Kind


class Statement(NamedTuple):
    """A query and its parameters ($1 is the first)."""

    sql: str
    parameters: tuple[Any, ...]


class Plan(NamedTuple):
    """A compiled chain. Each check returns one cell: NULL, or why there is no answer. `result` returns one cell, one
    column or two columns, depending on `shape`. A scalar is then rounded to each of `decimals` in turn."""

    checks: tuple[Statement, ...]
    result: Statement
    shape: Literal["scalar", "list", "mapping"]
    decimals: tuple[int, ...]


def compile_chain(steps: tuple[g.Step, ...], columns: Mapping[str, Column]) -> Plan:
    """Compile a chain over table `t`, which has `columns` and `place`, the row's number.

    The chain must have passed `kinds.answer_kind`.
    """
    chain = _Chain(columns)
    shape: Literal["scalar", "list", "mapping"] = "scalar"
    sql = ""
    decimals: list[int] = []
    for step in steps:
        if isinstance(step, g.Round):
            decimals.append(step.decimals)
        elif isinstance(step, g.Group):
            chain.group(step)
        elif isinstance(step, g.Keep):
            chain.push(f"SELECT * FROM {chain.source} WHERE value {step.comparison} {chain.bind(step.value)}")
        elif isinstance(step, g.Top):
            chain.top(step)
        elif isinstance(step, g.Condition):
            chain.push(f"SELECT * FROM {chain.source} WHERE {chain.condition(step)}")
        elif isinstance(step, g.Derivation):
            chain.derive(step)
        elif isinstance(step, g.GroupMapping):
            shape, sql = "mapping", f"SELECT name, value FROM {chain.source} ORDER BY name"
        elif isinstance(step, g.ListOf | g.Distinct | g.TopGroups | g.GroupNames):
            shape, sql = "list", chain.list_query(step)
        elif isinstance(step, g.MostFrequent | g.Lookup | g.BestGroup):
            sql = chain.winner_query(step)
        else:
            sql = f"SELECT {chain.number_expression(step)} FROM {chain.source}"
    return Plan(tuple(chain.checks), chain.statement(sql), shape, tuple(decimals))


class _Chain:
    """The common table expressions so far, their parameters, and the checks to run before them."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = dict(columns)
        self.expressions: list[str] = []
        self.parameters: list[Any] = []
        self.source = "t"
        self.inexact = False  # whether the values of the groups are floating point
        self.checks: list[Statement] = []

    def bind(self, value: Any) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def push(self, select: str) -> None:
        self.source = f"s{len(self.expressions)}"
        self.expressions.append(f"{self.source} AS ({select})")

    def statement(self, select: str) -> Statement:
        head = f"WITH {', '.join(self.expressions)} " if self.expressions else ""
        return Statement(head + select, tuple(self.parameters))

    def check_ranks(self, value: str, inexact: bool, direction: g.Direction, first: int, last: int) -> None:
        """Add a check that the values ranked `first` to `last` exist and differ from their neighbours."""
        before = "lag(value) OVER ranking"
        tie = f"value = {before}"
        if inexact:
            tie = f"abs(value - {before}) <= {TIE} * greatest(abs(value), abs({before}))"
        bound = len(self.parameters)
        lowest, highest = self.bind(first), self.bind(last)
        self.checks.append(
            self.statement(
                f"SELECT CASE WHEN count(*) < {highest} THEN 'no_answer' "
                f"WHEN bool_or(tied) FILTER (WHERE rank >= {lowest} AND rank <= {highest} + 1) THEN 'tie' END FROM "
                f"(SELECT row_number() OVER ranking AS rank, {tie} AS tied "
                f"FROM (SELECT {value} AS value FROM {self.source}) WHERE value IS NOT NULL "
                f"WINDOW ranking AS (ORDER BY value {ORDER[direction]}))"
            )
        )
        del self.parameters[bound:]  # only the check uses them

    def check_finite(self, value: str) -> None:
        select = f"SELECT CASE WHEN bool_or(NOT isfinite(value)) THEN 'no_answer' END FROM (SELECT {value} AS value "
        self.checks.append(self.statement(f"{select} FROM {self.source})"))

    def comparison(self, step: g.Where | g.Share) -> str:
        column, value = self.columns[step.column], step.value
        if column.kind == "date":
            value = moment(str(value))
        return f"{column.name} {COMPARISONS[step.comparison]} {self.bind(value)}"

    def condition(self, step: g.Condition) -> str:
        name = self.columns[step.column].name
        match step:
            case g.Where():
                return self.comparison(step)
            case g.OneOf():
                return f"list_contains(CAST({self.bind(list(step.values))} AS VARCHAR[]), {name})"
            case g.Contains():
                return f"contains({name}, CAST({self.bind(step.text)} AS VARCHAR))"
            case g.Missing():
                return f"{name} IS {'NOT NULL' if step.negated else 'NULL'}"
            case g.BeyondStatistic():
                statistic = AGGREGATES[step.statistic].format(name)
                self.check_finite(statistic)
                return f"{name} {step.comparison} (SELECT {statistic} FROM {self.source})"
            case _:
                assert_never(step)

    def top(self, step: g.Top) -> None:
        name, kind = self.columns[step.column]
        self.check_ranks(name, kind == "number", step.direction, 1, step.n)
        order = f"row_number() OVER (ORDER BY {name} {ORDER[step.direction]}, place) AS place"
        self.push(f"SELECT * EXCLUDE (place), {order} FROM {self.source} WHERE {name} IS NOT NULL")
        self.push(f"SELECT * FROM {self.source} WHERE place <= {self.bind(step.n)}")

    def derive(self, step: g.Derivation) -> None:
        name, kind = f"c{len(self.columns)}", "integer"
        match step:
            case g.DatePart(part="weekday"):
                value, kind = f"dayname({self.columns[step.column].name})", "text"
            case g.DatePart():
                value = f"CAST({step.part}({self.columns[step.column].name}) AS BIGINT)"
            case g.TextPart(part="length"):
                value = f"length({self.columns[step.column].name})"
            case g.TextPart(part="words"):
                value = f"CAST(len(regexp_extract_all({self.columns[step.column].name}, {WORD})) AS BIGINT)"
            case g.TextPart():
                value, kind = f"nullif(regexp_extract({self.columns[step.column].name}, {WORD}), '')", "text"
            case g.Arithmetic():
                value, kind = _arithmetic(self.columns[step.left], step.operator, self.columns[step.right])
            case g.DaysBetween():
                start, end = (f"epoch_us({self.columns[column].name})" for column in (step.start, step.end))
                # DuckDB's integer division truncates; taking the non-negative remainder off first makes it a floor.
                value = f"({end} - {start} - (({end} - {start}) % {DAY} + {DAY}) % {DAY}) // {DAY}"
            case _:
                assert_never(step)
        self.push(f"SELECT *, {value} AS {name} FROM {self.source}")
        self.columns[step.name] = Column(name, kind)

    def group(self, step: g.Group) -> None:
        by = self.columns[step.by].name
        value = "count(*)"
        if step.column is not None:
            name, kind = self.columns[step.column]
            value = AGGREGATES[step.aggregation].format(name)
            self.inexact = step.aggregation in ("mean", "median", "std") or (
                kind == "number" and step.aggregation in ("sum", "min", "max")
            )
        select = f"SELECT {by} AS name, {value} AS value FROM {self.source} WHERE {by} IS NOT NULL GROUP BY {by}"
        self.push(f"SELECT * FROM ({select}) WHERE value IS NOT NULL")
        if self.inexact:
            self.check_finite("value")

    def number_expression(
        self, step: g.NumberReduction | g.BestValue | g.GroupCount | g.GroupSpread | g.GroupShare
    ) -> str:
        """Return the expression for an answer that is one number, computed from all rows or groups."""
        match step:
            case g.Count() | g.GroupCount():
                return "count(*)"
            case g.Aggregate():
                return AGGREGATES[step.aggregation].format(self.columns[step.column].name)
            case g.Quantile():
                return f"quantile_cont(CAST({self.columns[step.column].name} AS DOUBLE), {self.bind(step.q)})"
            case g.Span():
                name = self.columns[step.column].name
                return f"CAST(max({name}) AS {self.wide(step.column)}) - min({name})"
            case g.Share():
                return f"CAST(100 AS DOUBLE) * count(*) FILTER (WHERE {self.comparison(step)}) / nullif(count(*), 0)"
            case g.MissingShare():
                missing = f"count(*) FILTER (WHERE {self.columns[step.column].name} IS NULL)"
                return f"CAST(100 AS DOUBLE) * {missing} / nullif(count(*), 0)"
            case g.Correlation():
                left, right = self.columns[step.left].name, self.columns[step.right].name
                both = f"WHERE {left} IS NOT NULL AND {right} IS NOT NULL"
                vary = " AND ".join(f"count(DISTINCT {name}) FILTER ({both}) > 1" for name in (left, right))
                return f"CASE WHEN {vary} THEN corr({left}, {right}) FILTER ({both}) END"
            case g.BestValue():
                return f"{EXTREME[step.direction]}(value)"
            case g.GroupSpread():
                return "max(value) - min(value)"
            case g.GroupShare():
                return "100 * CAST(max(value) AS DOUBLE) / nullif(CAST(sum(value) AS DOUBLE), 0)"
            case _:
                assert_never(step)

    def wide(self, column: str) -> str:
        return "DOUBLE" if self.columns[column].kind == "number" else "HUGEINT"

    def winner_query(self, step: g.MostFrequent | g.Lookup | g.BestGroup) -> str:
        """Return the query for an answer that is the winner of a ranking."""
        match step:
            case g.MostFrequent():
                self.group(g.Group(by=step.column, aggregation="count"))
                return self.winner_query(g.BestGroup(direction="largest"))
            case g.Lookup():
                name, kind = self.columns[step.column]
                self.check_ranks(name, kind == "number", step.direction, 1, 1)
                target = self.columns[step.target].name
                order = f"WHERE {name} IS NOT NULL ORDER BY {name} {ORDER[step.direction]} LIMIT 1"
                return f"SELECT {target} FROM {self.source} {order}"
            case g.BestGroup():
                self.check_ranks("value", self.inexact, step.direction, step.rank, step.rank)
                order = f"ORDER BY value {ORDER[step.direction]} LIMIT 1 OFFSET {self.bind(step.rank - 1)}"
                return f"SELECT name FROM {self.source} {order}"

    def list_query(self, step: g.ListOf | g.Distinct | g.TopGroups | g.GroupNames) -> str:
        """Return the query for an answer that is a list or a sorted set."""
        match step:
            case g.ListOf():
                return f"SELECT {self.columns[step.column].name} FROM {self.source} ORDER BY place"
            case g.Distinct():
                name = self.columns[step.column].name
                return f"SELECT DISTINCT {name} AS name FROM {self.source} WHERE {name} IS NOT NULL ORDER BY name"
            case g.TopGroups():
                self.check_ranks("value", self.inexact, step.direction, 1, step.n)
                order = f"ORDER BY value {ORDER[step.direction]} LIMIT {self.bind(step.n)}"
                return f"SELECT name FROM {self.source} {order}"
            case g.GroupNames():
                return f"SELECT name FROM {self.source} ORDER BY name"


def _arithmetic(left: Column, operator: str, right: Column) -> tuple[str, Kind]:
    """Return the expression and its kind. A result that is not finite or does not fit 64 bits is missing."""
    if operator != "/" and left.kind == right.kind == "integer":
        wide = f"CAST({left.name} AS HUGEINT) {operator} CAST({right.name} AS HUGEINT)"
        return f"TRY_CAST({wide} AS BIGINT)", "integer"
    divisor = f"CAST({right.name} AS DOUBLE)"
    value = f"CAST({left.name} AS DOUBLE) {operator} {f'nullif({divisor}, 0)' if operator == '/' else divisor}"
    return f"CASE WHEN isfinite({value}) THEN {value} END", "number"
