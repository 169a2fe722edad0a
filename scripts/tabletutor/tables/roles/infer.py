"""Infer what each column of a table is to an analyst: its role, with the reason.

Evidence in this order: words of the header that the values confirm, the values and their shape, the kind.
A data dictionary overrides it (`tables/dictionary`).
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from tabletutor.records.table import NUMERIC, TEMPORAL
from tabletutor.tables.kinds import Column
from tabletutor.tables.roles.facts import number_facts, text_facts
from tabletutor.tables.roles.finding import Finding
from tabletutor.tables.roles.lexicon import Lexicon, lexicon
from tabletutor.tables.roles.measures import number_column_role
from tabletutor.tables.roles.repeated import mark_repeated
from tabletutor.tables.roles.texts import LABEL_SHARE, letters_stand_for_groups, text_column_role
from tabletutor.tables.roles.words import Words

_UNNAMED = re.compile(r"column_\d+|Unnamed: \d+")
GROUPS = frozenset({"category", "year", "date_part", "date", "ordinal", "code"})
MIN_GROUPS = 3
MIN_RANKS = 3
NAMED_SHARE = 0.8
NAMED_TWICE = 1.1
NAMED = frozenset({"category", "label"})
MIN_CODES = 5
CODE_ROWS = 1.5  # rows for each code
LEVEL_WORDS = frozenset({"num", "number", "no", "level", "rank", "order"})  # "education-num"
LEVELED = frozenset({"category", "ordinal"})
OF_KINDS = frozenset({"race", "sex", "gender", "ethnicity", "region", "species"})
CODE_SHARE = 0.95  # of the rows, in which a code goes with one text


def infer_roles(columns: Sequence[Column]) -> list[Finding]:
    """Return the role of each column of a table, in their order."""
    known = lexicon()
    words = [known.split(column.name) for column in columns]
    found: list[Finding] = []
    for index, column in enumerate(columns):
        neighbours = frozenset(word for i, other in enumerate(words) if i != index for word in other.all)
        found.append(_infer_role(column, known, neighbours))
    frame = pl.DataFrame([column.values.alias(str(i)) for i, column in enumerate(columns)])
    found = [
        _rank(columns, found, i, frame)
        or _levels_of_text(columns, found, i, frame)
        or _code_of_text(columns, found, i, frame)
        or _counted_weeks(found, i)
        or _without_name(columns, found, i, frame)
        for i in range(len(columns))
    ]
    return mark_repeated(columns, found)


def _is_index(column: Column) -> bool:
    """Return whether a column is the row index of a data frame: without a name, integers that rise."""
    rising = column.values.dtype.is_integer() and bool((column.values.diff().drop_nulls() > 0).all())
    return rising and _UNNAMED.fullmatch(column.name) is not None


def _rank(columns: Sequence[Column], found: Sequence[Finding], index: int, frame: pl.DataFrame) -> Finding | None:
    """Return ordinal for whole numbers that count from 1 within each group of another column, else None."""
    values = columns[index].values
    if not found[index].weak or not values.dtype.is_integer() or values.null_count() or values.min() != 1:
        return None
    for i, other in enumerate(found):
        if other.role not in GROUPS or columns[i].values.null_count():
            continue
        rank = pl.col(str(index))
        groups = frame.group_by(str(i)).agg(
            pl.len().alias("rows"), rank.n_unique().alias("distinct"), rank.max().alias("last")
        )
        counted = (groups["rows"] == groups["distinct"]) & (groups["rows"] == groups["last"])
        if len(groups) >= MIN_GROUPS and groups["rows"].mean() >= MIN_RANKS and counted.all():  # pyright: ignore[reportOperatorIssue, reportOptionalOperand]
            last = int(groups["last"].max())  # pyright: ignore[reportArgumentType]
            return Finding("ordinal", f"whole numbers 1…{last}, each once per {columns[i].name!r}: a rank")
    return None


def _counted_weeks(found: Sequence[Finding], index: int) -> Finding | None:
    """Return duration for weeks without a year or a date beside them: they are counted from some start, else None."""
    own = found[index]
    if own.role != "date_part" or not own.reason.startswith("header word 'week'"):
        return None
    dated = any(other.role in ("year", "date", "date_part") for i, other in enumerate(found) if i != index)
    return None if dated else Finding("duration", "header word 'week', and no year or date beside it: weeks counted")


def _levels_of_text(
    columns: Sequence[Column], found: Sequence[Finding], index: int, frame: pl.DataFrame
) -> Finding | None:
    """Return ordinal for whole numbers that number the values of a text column ("education-num"), else None."""
    column = columns[index]
    words = column.name.casefold().replace("_", "-").replace(" ", "-").rpartition("-")
    if not column.values.dtype.is_integer() or words[2] not in LEVEL_WORDS:
        return None
    for i, other in enumerate(columns):
        if other.values.dtype == pl.String and other.name.casefold() == words[0] and found[i].role in LEVELED:
            both = frame.select(str(index), str(i)).drop_nulls()
            if both.n_unique() == both[str(i)].n_unique() == both[str(index)].n_unique():
                return Finding("ordinal", f"whole numbers that number the values of {other.name!r}")
    return None


def _code_of_text(
    columns: Sequence[Column], found: Sequence[Finding], index: int, frame: pl.DataFrame
) -> Finding | None:
    """Return code for whole numbers of which nearly each goes with one text and back ("700" and "Afghanistan").

    Only numbers without a telling header count: the area of a country goes with its name too.
    """
    if not found[index].weak or not columns[index].values.dtype.is_integer():
        return None
    for i, other in enumerate(found):
        if columns[i].values.dtype != pl.String or other.role not in NAMED:
            continue
        both = frame.select(pl.col(str(index)).alias("number"), pl.col(str(i)).alias("text")).drop_nulls()
        numbers, texts = both["number"].n_unique(), both["text"].n_unique()
        recur = CODE_ROWS * max(numbers, texts) <= len(both)
        if min(numbers, texts) < MIN_CODES or not recur or len(both) < NAMED_SHARE * len(frame):
            continue
        pairs = both.group_by("number", "text").len()
        fit = min(int(pairs.group_by(key).agg(pl.col("len").max())["len"].sum()) for key in ("number", "text"))
        if fit >= CODE_SHARE * len(both):
            return Finding("code", f"whole numbers of which nearly each goes with one value of {columns[i].name!r}")
    return None


def _without_name(columns: Sequence[Column], found: Sequence[Finding], index: int, frame: pl.DataFrame) -> Finding:
    """Return label or category for codes of letters that no other column writes out, else the finding itself.

    Beside "Texas", "TX" is its code. Alone, it is how people name the state.
    """
    column, own = columns[index], found[index]
    if own.role != "code" or not letters_stand_for_groups(column):
        return own
    distinct = column.values.n_unique()
    for i, other in enumerate(found):
        names = (
            i != index and other.role in ("category", "label") and frame[str(i)].n_unique() >= NAMED_SHARE * distinct
        )
        if names and frame.select(str(i), str(index)).n_unique() <= NAMED_TWICE * distinct:
            return own
    present = column.values.drop_nulls()
    role = "label" if present.n_unique() >= LABEL_SHARE * len(present) else "category"
    return Finding(role, f"codes of letters, and no other column names what they stand for ({own.reason})")


def _counted(words: Words, known: Lexicon) -> str | None:
    """Return the last word of a header if it is a plural of something that is counted ("ties"), else None."""
    last = next(reversed(words.head), "")
    is_plural = last.endswith("s") and "count" in known.concepts(last)
    return last if is_plural and not any("flag" in known.concepts(word) for word in words.head) else None


def _infer_role(column: Column, known: Lexicon, neighbours: frozenset[str]) -> Finding:
    present = column.values.drop_nulls()
    distinct = present.n_unique()
    if distinct == 0:
        return Finding("empty", "no cell has a value")
    if distinct == 1:
        return Finding("constant", f"every value is {str(present[0])!r}")
    if column.kind in TEMPORAL:
        return Finding("date", "dates" if column.kind == "date" else "dates with a time of day")
    words = known.split(column.name)
    if column.kind == "boolean":
        if counted := _counted(words, known):
            return Finding("additive", f"header word {counted!r}, values 0 and 1: a count, and no answer of yes or no")
        if coded := next((word for word in words.head if word in OF_KINDS), None):
            return Finding("code", f"header word {coded!r}: two values that stand for kinds, and no yes or no")
        return Finding("flag", "two values, yes and no")
    if column.kind in NUMERIC or column.values.dtype.is_integer():
        found = number_column_role(words, number_facts(column), known, column.unit, neighbours)
        unit = known.unit(words)
        if _is_index(column):
            return Finding("identifier", "a column without a name, whole numbers that rise from row to row")
        if column.kind == "identifier" and found.role not in ("identifier", "code"):
            return Finding("identifier", "whole numbers that number the rows or have a key's name, each once")
        return replace(found, unit=unit[1] if unit else None)
    return text_column_role(words, text_facts(column), known)
