"""New columns as SQL."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.aggregates import aggregate
from tabletutor.programs.duckdb_sql.chain import ORDER, Chain, Column
from tabletutor.programs.duckdb_sql.running import running
from tabletutor.programs.typecheck import Kind

# The characters at which Python's str.split splits (those of str.isspace), spelt out for RE2.
SPACES = r"\x{9}-\x{d}\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
WORD = f"'[^{SPACES}]+'"
DAY = 86_400_000_000  # microseconds


def derive(step: g.Derivation, chain: Chain) -> None:
    """Add the new column."""
    value, kind = _derivation(step, chain)
    name = f"c{len(chain.columns)}"
    chain.push(f"SELECT *, {value} AS {name} FROM {chain.source}")
    chain.columns[step.name] = Column(name, kind)


def _derivation(step: g.Derivation, chain: Chain) -> tuple[str, Kind]:
    """Return the expression of a new column and its kind."""
    columns = chain.columns
    match step:
        case g.DatePart(part="weekday"):
            return f"dayname({columns[step.column].name})", "text"
        case g.DatePart():
            return f"CAST({step.part}({columns[step.column].name}) AS BIGINT)", "integer"
        case g.TextPart(part="length"):
            return f"length({columns[step.column].name})", "integer"
        case g.TextPart(part="words"):
            return f"CAST(len(regexp_extract_all({columns[step.column].name}, {WORD})) AS BIGINT)", "integer"
        case g.TextPart():
            return f"nullif(regexp_extract({columns[step.column].name}, {WORD}), '')", "text"
        case g.Arithmetic():
            return _arithmetic(columns[step.left], step.operator, columns[step.right])
        case g.DaysBetween():
            start, end = (f"epoch_us({columns[column].name})" for column in (step.start, step.end))
            # DuckDB's integer division truncates; taking the non-negative remainder off first makes it a floor.
            return f"({end} - {start} - (({end} - {start}) % {DAY} + {DAY}) % {DAY}) // {DAY}", "integer"
        case g.Bin():
            return _bin(step, chain), "text"
        case g.RankWithin():
            return _rank(step, chain), "integer"
        case g.Period():
            return _period(step, columns[step.column].name), "text"
        case g.Scale():
            return _scale(step, f"CAST({columns[step.column].name} AS DOUBLE)"), "number"
        case g.Impute():
            return _impute(step, chain)
        case g.Running():
            return _running(step, chain)
        case _:
            assert_never(step)


def _arithmetic(left: Column, operator: str, right: Column) -> tuple[str, Kind]:
    """Return the expression and its kind. A result that is not finite or does not fit 64 bits is missing."""
    if operator != "/" and left.kind == right.kind == "integer":
        wide = f"CAST({left.name} AS HUGEINT) {operator} CAST({right.name} AS HUGEINT)"
        return f"TRY_CAST({wide} AS BIGINT)", "integer"
    divisor = f"CAST({right.name} AS DOUBLE)"
    value = f"CAST({left.name} AS DOUBLE) {operator} {f'nullif({divisor}, 0)' if operator == '/' else divisor}"
    return f"CASE WHEN isfinite({value}) THEN {value} END", "number"


def _bin(step: g.Bin, chain: Chain) -> str:
    value = chain.columns[step.column].name
    cases = [
        f"WHEN {value} < {chain.bind(edge)} THEN CAST({chain.bind(label)} AS VARCHAR)"
        for edge, label in zip(step.edges, step.labels, strict=False)
    ]
    last = f"WHEN {value} IS NOT NULL THEN CAST({chain.bind(step.labels[-1])} AS VARCHAR)"
    return f"CASE {' '.join(cases)} {last} END"


def _rank(step: g.RankWithin, chain: Chain) -> str:
    value = chain.columns[step.column].name
    order = f"ORDER BY {value} {ORDER[step.direction]} NULLS LAST"
    if step.by is None:
        return f"CASE WHEN {value} IS NOT NULL THEN rank() OVER ({order}) END"
    by = chain.columns[step.by].name
    rank = f"rank() OVER (PARTITION BY {by} {order})"
    return f"CASE WHEN {value} IS NOT NULL AND {by} IS NOT NULL THEN {rank} END"


def _period(step: g.Period, date: str) -> str:
    match step.unit:
        case "month":
            return f"strftime({date}, '%Y-%m')"
        case "quarter":
            return f"year({date}) || 'Q' || quarter({date})"
        case "year":
            return f"strftime({date}, '%Y')"
        case _:
            assert_never(step.unit)


def _scale(step: g.Scale, value: str) -> str:
    low, high = f"min({value}) OVER ()", f"max({value}) OVER ()"
    start, unit = (low, f"({high} - {low})")
    if step.method == "zscore":
        start, unit = f"avg({value}) OVER ()", f"stddev_samp({value}) OVER ()"
    scaled = f"({value} - {start}) / {unit}"
    return f"CASE WHEN {low} < {high} AND isfinite({scaled}) THEN {scaled} END"


def _impute(step: g.Impute, chain: Chain) -> tuple[str, Kind]:
    name, kind = chain.columns[step.column]
    match step.method:
        case "mean" | "median":
            statistic = aggregate(step.method, name)
            chain.check_finite(statistic)
            return f"coalesce(CAST({name} AS DOUBLE), (SELECT {statistic} FROM {chain.source}))", "number"
        case "zero":
            return f"coalesce({name}, 0)", kind
        case "forward":
            return f"last_value({name} IGNORE NULLS) OVER (ORDER BY place ROWS UNBOUNDED PRECEDING)", kind
        case _:
            assert_never(step.method)


def _running(step: g.Running, chain: Chain) -> tuple[str, Kind]:
    """Compute along the rows with a value; a result that is not finite or does not fit 64 bits is missing."""
    name, kind = chain.columns[step.column]
    window = f"PARTITION BY {name} IS NULL ORDER BY place"
    value = running(step, f"CAST({name} AS {chain.wide(step.column)})", window, chain)
    if kind == "integer" and step.operation in ("cumulative", "change"):
        return f"CASE WHEN {name} IS NOT NULL THEN TRY_CAST({value} AS BIGINT) END", "integer"
    return f"CASE WHEN {name} IS NOT NULL AND isfinite({value}) THEN {value} END", "number"
