"""Steps from rows to rows as SQL: conditions and rankings of rows."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.aggregates import aggregate
from tabletutor.programs.duckdb_sql.chain import ORDER, Chain, is_tie
from tabletutor.programs.typecheck import moment

COMPARISONS = {"==": "=", "!=": "<>", ">": ">", ">=": ">=", "<": "<", "<=": "<="}


def filter_rows(step: g.Filter, chain: Chain) -> None:
    """Add the expression that keeps, or sorts, rows."""
    match step:
        case g.Top():
            name, kind = chain.columns[step.column]
            chain.check_ranks(name, kind == "number", step.direction, 1, step.n)
            order = f"row_number() OVER (ORDER BY {name} {ORDER[step.direction]}, place) AS place"
            chain.push(f"SELECT * EXCLUDE (place), {order} FROM {chain.source} WHERE {name} IS NOT NULL")
            chain.push(f"SELECT * FROM {chain.source} WHERE place <= {chain.bind(step.n)}")
        case g.Sort():
            name, kind = chain.columns[step.column]
            _check_distinct(name, kind == "number", chain)
            order = f"row_number() OVER (ORDER BY {name}) AS place"
            chain.push(f"SELECT * EXCLUDE (place), {order} FROM {chain.source} WHERE {name} IS NOT NULL")
        case g.Repeated():
            columns = [chain.columns[column].name for column in step.columns or chain.table]
            earlier = f"row_number() OVER (PARTITION BY {', '.join(columns)} ORDER BY place)"
            chain.push(f"SELECT * FROM {chain.source} QUALIFY {earlier} {'=' if step.negated else '>'} 1")
        case _:
            chain.push(f"SELECT * FROM {chain.source} WHERE {_condition(step, chain)}")


def comparison(step: g.Where | g.Share | g.Streak, chain: Chain) -> str:
    """Return whether each value fulfils the comparison; missing for a missing value."""
    column, value = chain.columns[step.column], step.value
    if column.kind == "date":
        value = moment(str(value))
    return f"{column.name} {COMPARISONS[step.comparison]} {chain.bind(value)}"


def _check_distinct(name: str, inexact: bool, chain: Chain) -> None:
    """Add a check that no two values are equal."""
    tied = is_tie(name, f"lag({name}) OVER (ORDER BY {name})", inexact)
    values = f"SELECT {tied} AS tied FROM {chain.source} WHERE {name} IS NOT NULL"
    chain.checks.append(chain.statement(f"SELECT CASE WHEN bool_or(tied) THEN 'tie' END FROM ({values})"))


def _condition(step: g.ColumnCondition, chain: Chain) -> str:
    name = chain.columns[step.column].name
    match step:
        case g.Where():
            return comparison(step, chain)
        case g.OneOf():
            return f"list_contains(CAST({chain.bind(list(step.values))} AS VARCHAR[]), {name})"
        case g.Contains():
            return _contains(step, name, chain)
        case g.Missing():
            return f"{name} IS {'NOT NULL' if step.negated else 'NULL'}"
        case g.BeyondStatistic():
            statistic = aggregate(step.statistic, name)
            chain.check_finite(statistic)
            return f"{name} {step.comparison} (SELECT {statistic} FROM {chain.source})"
        case g.Outliers():
            return _outliers(step, name, chain)
        case _:
            assert_never(step)


def _contains(step: g.Contains, name: str, chain: Chain) -> str:
    text = step.text.lower() if step.ignore_case else step.text
    value = f"lower({name})" if step.ignore_case else name
    if not step.whole_word:
        return f"contains({value}, CAST({chain.bind(text)} AS VARCHAR))"
    word = "".join(f"\\x{{{ord(character):x}}}" for character in text)
    pattern = rf"(^|[^\p{{L}}\p{{N}}_]){word}([^\p{{L}}\p{{N}}_]|$)"
    return f"regexp_matches({value}, CAST({chain.bind(pattern)} AS VARCHAR), 's')"


def _outliers(step: g.Outliers, name: str, chain: Chain) -> str:
    value = f"CAST({name} AS DOUBLE)"

    def over_rows(expression: str) -> str:
        return f"(SELECT {expression} FROM {chain.source})"

    if step.method == "zscore":
        mean, deviation = over_rows(f"avg({value})"), over_rows(f"stddev_samp({value})")
        far = f"abs({value} - {mean}) > 3 * {deviation}"
    else:
        low, high = (over_rows(f"quantile_cont({value}, {q})") for q in (0.25, 0.75))
        margin = f"1.5::DOUBLE * ({high} - {low})"
        far = f"({value} < {low} - {margin} OR {value} > {high} + {margin})"
    outlying = f"{over_rows(f'min({name}) < max({name})')} AND {far}"
    return f"{name} IS NOT NULL AND NOT coalesce({outlying}, false)" if step.negated else outlying
