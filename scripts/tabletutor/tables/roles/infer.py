"""Infer what each column of a table is to an analyst: its role, with the reason.

Evidence in this order: words of the header that the values confirm, the values and their shape, the kind.
`dictionary.py` lets a data dictionary override it.
"""

from collections.abc import Sequence

from tabletutor.records.table import NUMERIC, TEMPORAL
from tabletutor.tables.kinds import Column
from tabletutor.tables.roles.facts import number_facts, text_facts
from tabletutor.tables.roles.finding import Finding
from tabletutor.tables.roles.lexicon import Lexicon, lexicon
from tabletutor.tables.roles.measures import number_column_role
from tabletutor.tables.roles.texts import text_column_role


def infer_roles(columns: Sequence[Column]) -> list[Finding]:
    """Return the role of each column of a table, in their order."""
    known = lexicon()
    words = [known.split(column.name) for column in columns]
    found: list[Finding] = []
    for index, column in enumerate(columns):
        neighbours = frozenset(word for i, other in enumerate(words) if i != index for word in other.all)
        found.append(_infer_role(column, known, neighbours))
    return found


def _infer_role(column: Column, known: Lexicon, neighbours: frozenset[str]) -> Finding:
    present = column.values.drop_nulls()
    distinct = present.n_unique()
    if distinct == 0:
        return Finding("empty", "no cell has a value")
    if distinct == 1:
        return Finding("constant", f"every value is {str(present[0])!r}")
    if column.kind in TEMPORAL:
        return Finding("date", "dates" if column.kind == "date" else "dates with a time of day")
    if column.kind == "boolean":
        return Finding("flag", "two values, yes and no")
    words = known.split(column.name)
    if column.kind in NUMERIC or column.values.dtype.is_integer():
        found = number_column_role(words, number_facts(column), known, column.unit, neighbours)
        unit = known.unit(words)
        if column.kind == "identifier" and found.role not in ("identifier", "code"):
            return Finding("identifier", "whole numbers that number the rows or have a key's name, each once")
        return Finding(found.role, found.reason, unit=unit[1] if unit else None)
    return text_column_role(words, text_facts(column), known)
