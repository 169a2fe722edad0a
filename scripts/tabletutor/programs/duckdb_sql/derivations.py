"""New columns as SQL."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.chain import Chain, Column
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
        case g.Bin() | g.RankWithin() | g.Period() | g.Scale() | g.Impute() | g.Running():
            raise NotImplementedError
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
