"""Let a data dictionary override what is inferred about the columns of a table."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from tabletutor.config.nearest import closest
from tabletutor.records.table import NUMERIC, TEMPORAL, Role
from tabletutor.tables.dictionary.entries import DeclaredType, Dictionary, DictionaryError, Entry
from tabletutor.tables.kinds import Column
from tabletutor.tables.roles.finding import Finding

MEASURES: frozenset[Role] = frozenset({"additive", "intensive", "duration"})
FITTING: dict[DeclaredType, frozenset[str]] = {
    "number": NUMERIC | {"identifier"},
    "integer": frozenset({"integer", "identifier"}),
    "boolean": frozenset({"boolean"}),
    "date": TEMPORAL,
    "datetime": TEMPORAL,
    "year": frozenset({"integer", "identifier", "date"}),
}


def check_names(dictionary: Dictionary, headers: Sequence[str]) -> list[str]:
    """Return a warning for the columns that the dictionary leaves out.

    Raises DictionaryError if it describes a column that the CSV does not have: a typing error would go unseen.
    """
    for entry in dictionary.entries:
        if not set(entry.names) & set(headers):
            name = entry.names[0]
            close = closest(name, headers)
            hint = f" (did you mean {close!r}?)" if close else ""
            raise DictionaryError(
                dictionary.source,
                f"column {name!r} is not in the CSV{hint}",
                "Correct the name, or remove the description.",
            )
    left = [repr(header) for header in headers if dictionary.entry(header) is None]
    if not left:
        return []
    return [f"column{'s' if len(left) > 1 else ''} {', '.join(left)}: not in the data dictionary {dictionary.source}"]


def declared_column(column: Column, entry: Entry, source: str) -> Column:
    """Return the column as its description has it, with warnings about what does not fit.

    Raises DictionaryError if the described role cannot be had by its values.
    """
    warnings: list[str] = []
    fitting = FITTING.get(entry.type) if entry.type else None
    if fitting is not None and column.kind not in fitting and column.kind != "empty":
        warnings.append(f"the data dictionary says {entry.type}, but the cells are read as {column.kind}")
    if entry.levels and column.values.dtype == pl.String:
        others = column.values.drop_nulls().unique().sort()
        others = others.filter(~others.is_in(list(entry.levels)))
        if len(others):
            warnings.append(f"values that are no categories of the data dictionary: {', '.join(map(repr, others[:3]))}")
    whole = column.values.dtype.is_integer()
    if entry.role in MEASURES and column.kind == "identifier" and whole:
        column = replace(column, kind="integer")
    if column.kind != "empty" and not _can_have(entry.role, column):
        raise DictionaryError(
            source,
            f"column {column.name!r} has the role {entry.role!r}, but its cells are read as {column.kind}",
            "Correct the role or the cells.",
        )
    return replace(column, warnings=(*column.warnings, *warnings))


def declared_finding(finding: Finding, entry: Entry, kind: str) -> Finding:
    """Return the finding about a column, overridden by its description in the dictionary."""
    if finding.role in ("empty", "constant"):
        return replace(finding, unit=entry.unit)
    ordered = entry.levels if entry.ordered else ()
    role = entry.role or ("ordinal" if ordered else "category" if entry.levels else None)
    unit = entry.unit or finding.unit
    if role is None:
        role, reason = _by_type(finding, entry, kind)
        return replace(finding, role=role, reason=reason, unit=unit)
    return Finding(
        role=role,
        reason="the data dictionary says so",
        levels=ordered or (finding.levels if role in ("ordinal", "date_part") else ()),
        separator=(entry.separator or finding.separator) if role == "list" else None,
        unit=unit,
    )


def _by_type(finding: Finding, entry: Entry, kind: str) -> tuple[Role, str]:
    """Return role and reason as inferred. A unit speaks against a code or a group."""
    if entry.unit and kind in NUMERIC and finding.role in ("code", "category", "identifier", "ordinal", "year"):
        return "intensive", f"the data dictionary declares the unit {entry.unit!r}"
    return finding.role, finding.reason


def _can_have(role: Role | None, column: Column) -> bool:
    if role in MEASURES:
        return column.kind in NUMERIC
    if role == "date":
        return column.kind in TEMPORAL
    if role in ("list", "free_text"):
        return column.values.dtype == pl.String
    return role not in ("empty", "constant")
