"""Shrink a failing table: remove columns, rows and layout features as long as it still fails."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from tabletutor.config.tables import TablesConfig
from tests.support.tables.readback import Outcome, read_back
from tests.support.tables.written import WrittenDialect, WrittenLayout, WrittenTable

ATTEMPTS = 120


def smallest(outcome: Outcome, folder: Path, config: TablesConfig) -> Outcome:
    """Return a smaller case with the same kind of silent difference, found by removing one thing at a time."""
    left = ATTEMPTS
    shrunk = True
    while shrunk and left > 0:
        shrunk = False
        for table in _smaller(outcome.table):
            left -= 1
            again = _read(table, folder, config)
            if again is not None and again.silent and again.silent <= outcome.silent:
                outcome, shrunk = again, True
                break
            if left <= 0:
                break
    return outcome


def _read(table: WrittenTable, folder: Path, config: TablesConfig) -> Outcome | None:
    try:
        return read_back(table, folder, config)
    except UnicodeEncodeError:
        return None


def _smaller(table: WrittenTable) -> Iterator[WrittenTable]:
    layout, dialect = table.layout, table.dialect
    for field in fields(WrittenLayout):
        if getattr(layout, field.name) != field.default:
            yield replace(table, layout=replace(layout, **{field.name: field.default}))
    for field in fields(WrittenDialect):
        if getattr(dialect, field.name) != field.default:
            yield replace(table, dialect=replace(dialect, **{field.name: field.default}))
    if len(table.columns) > 1:
        # Headers of dates or numbers need a word before them, and a table without a header needs a number column.
        first = 1 if any(column.header[:1].isdigit() for column in table.columns) else 0
        numbers = [place for place, column in enumerate(table.columns) if column.kind == "number"]
        for place in range(first, len(table.columns)):
            if not layout.header and numbers == [place]:
                continue
            units = layout.units[:place] + layout.units[place + 1 :]
            columns = table.columns[:place] + table.columns[place + 1 :]
            yield replace(table, columns=columns, layout=replace(layout, units=units if any(units) else ()))
    for rows in (range(table.rows // 2), range(table.rows // 2, table.rows)):
        if len(rows) >= 4:
            kept = [replace(column, cells=column.cells.keep(list(rows))) for column in table.columns]
            again, blank, comment = layout.header_again, layout.blank, layout.comment
            limit = len(rows) - 1
            moved = replace(
                layout,
                header_again=None if again is None else min(again, limit),
                blank=None if blank is None else min(blank, limit),
                comment=None if comment is None else min(comment, limit),
                broken=None if layout.broken is None else min(layout.broken, limit),
                short_rows=frozenset(row - rows.start for row in layout.short_rows if row in rows),
            )
            yield replace(table, columns=tuple(kept), layout=moved)
