"""Group text lines into rows, and split rows with misplaced quotes into cells.

`Rows` passes well-formed rows straight to Python's `csv` reader. It examines only lines that contain a quote or an
escape. A row with misplaced quotes is split leniently and marked as broken; the rows after it are unaffected.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator

from tabletutor.tables.dialect import Dialect
from tabletutor.tables.header import Line

JOINED_LINES = 2000


class Quoting:
    """Patterns for the rows of a dialect, and lenient parsing of rows with misplaced quotes.

    The patterns match lines without their line endings. `well_formed`: a complete row. `undoubled`: a row whose quoted
    cells contain quotes that are not doubled. `opens_cell`: the first line of a row that continues on the next line.
    `inside_cell`: a line inside a quoted cell. `closes_cell`: the last line of such a row. `reopens_cell`: a line that
    closes one quoted cell and opens another. `other_escapes`: an escape before a character that needs none.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        quote, mark = re.escape(dialect.quote), re.escape(dialect.delimiter)
        escape = re.escape(dialect.escape) if dialect.escape else ""
        plain = rf"(?:[^{quote}{mark}{escape}]|{escape}[\s\S])*+" if escape else rf"[^{quote}{mark}]*+"
        if dialect.quote == "'":
            # An apostrophe inside a word is not a quote.
            plain = rf"(?!')[^{mark}]*+"
        inner = (
            rf"(?:[^{quote}{escape}]|{escape}[\s\S])*+" if escape else rf"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
        )
        space = " *+" if dialect.skip_spaces else ""
        cell = rf"(?:{space}{quote}{inner}{quote}|{plain})"
        self.well_formed = re.compile(rf"{cell}(?:{mark}{cell})*+")
        loose = rf"(?:[^{quote}]|{quote}(?!{mark}|$))*+"
        self.undoubled = re.compile(rf"(?:{quote}{loose}{quote}|{plain})(?:{mark}(?:{quote}{loose}{quote}|{plain}))*+")
        self.opens_cell = re.compile(rf"(?:{cell}{mark})*?{space}{quote}{inner}")
        self.inside_cell = re.compile(inner)
        self.closes_cell = re.compile(rf"{inner}{quote}(?:{mark}{cell})*+")
        self.other_escapes = re.compile(rf"{escape}[^{quote}{mark}{escape}\r\n]") if escape else None
        self.reopens_cell = re.compile(rf"{inner}{quote}{mark}(?:{cell}{mark})*?{space}{quote}{inner}")

    def split_leniently(self, text: str) -> list[str]:
        """Return the cells of a broken row. A quoted cell ends at a quote before a delimiter; other quotes stay."""
        quote, mark = self.dialect.quote, self.dialect.delimiter
        cells: list[str] = []
        at = 0
        while True:
            start = at
            while self.dialect.skip_spaces and text[start : start + 1] == " ":
                start += 1
            end = self._find_closing_quote(text, start + 1) if text[start : start + 1] == quote else -1
            if end >= 0:
                cells.append(text[start + 1 : end].replace(quote * 2, quote))
                at = end + 1
            else:
                end = text.find(mark, start)
                at = len(text) if end < 0 else end
                cells.append(text[start:at])
            if at >= len(text):
                return cells
            at += len(mark)

    def _find_closing_quote(self, text: str, start: int) -> int:
        """Return the position of the next quote before a delimiter or the end of the text, -1 if there is none."""
        quote, mark = self.dialect.quote, self.dialect.delimiter
        at = text.find(quote, start)
        while at >= 0:
            after = text[at + 1 : at + 1 + len(mark)]
            if not after or after == mark:
                return at
            at = text.find(quote, at + 1)
        return -1

    def drop_one_quote(self, text: str) -> list[list[str]]:
        """Return the cells of every well-formed row that results from removing one quote."""
        readings: list[list[str]] = []
        for found in re.finditer(re.escape(self.dialect.quote), text):
            repaired = text[: found.start()] + text[found.end() :]
            if self.well_formed.fullmatch(repaired):
                readings.append(self.dialect.row(repaired))
        return readings

    def insert_one_delimiter(self, text: str) -> list[list[str]]:
        """Return the cells of every well-formed row that results from inserting one delimiter beside a quote."""
        quote, mark = self.dialect.quote, self.dialect.delimiter
        readings: list[list[str]] = []
        for found in re.finditer(re.escape(quote), text):
            for at in (found.start(), found.end()):
                repaired = text[:at] + mark + text[at:]
                if at and self.well_formed.fullmatch(repaired):
                    cells = self.dialect.row(repaired)
                    if cells not in readings:
                        readings.append(cells)
        return readings


class Rows:
    """Iterate over the rows of a CSV.

    `width`: number of columns, 0 if unknown. It helps to distinguish a row of several lines from a stray quote.
    """

    def __init__(self, dialect: Dialect, lines: Iterable[str], width: int = 0) -> None:
        self.quoting = Quoting(dialect)
        self.width = width
        self._lines = iter(lines)
        self._pushed_back: deque[str] = deque()
        self._read = 0
        self._start = 0
        self._text = ""
        self._broken = False
        self._reader = dialect.reader(self._feed(), strict=False)

    def __iter__(self) -> Iterator[Line]:
        quoting = self.quoting
        for cells in self._reader:
            if self._broken:
                self._broken = False
                yield Line(self._start, quoting.split_leniently(self._text.rstrip("\r\n")), self._text, broken=True)
            else:
                yield Line(self._start, cells, self._text)

    def _feed(self) -> Iterator[str]:
        """Yield one string per row to the `csv` reader, "" for a broken row."""
        quote, escape = self.quoting.dialect.quote, self.quoting.dialect.escape
        whole = self.quoting.well_formed
        while True:
            text = self._next_line()
            if text is None:
                return
            self._start = self._read
            self._text = text
            if (quote and quote in text and not whole.fullmatch(text.rstrip("\r\n"))) or (escape and escape in text):
                text = self._join_lines(text)
            yield text

    def _next_line(self) -> str | None:
        """Return the next line and count it, or None at the end."""
        text = self._pushed_back.popleft() if self._pushed_back else next(self._lines, None)
        self._read += text is not None
        return text

    def _join_lines(self, first: str) -> str:
        """Return a row of several lines as one string. If quotes are misplaced, push the lines back and return ""."""
        quoting = self.quoting
        bare = first.rstrip("\r\n")
        if quoting.well_formed.fullmatch(bare):
            return first
        taken: list[str] = []
        if quoting.opens_cell.fullmatch(bare):
            while len(taken) < JOINED_LINES:
                text = self._next_line()
                if text is None:
                    break
                taken.append(text)
                if quoting.dialect.quote not in text:
                    continue
                bare_text = text.rstrip("\r\n")
                if quoting.closes_cell.fullmatch(bare_text):
                    row = first + "".join(taken)
                    if self._has_swallowed_rows(row, first, taken):
                        break
                    self._text = row
                    return row
                if not quoting.inside_cell.fullmatch(bare_text) and not quoting.reopens_cell.fullmatch(bare_text):
                    break
        self._pushed_back.extendleft(reversed(taken))
        self._read -= len(taken)
        self._broken = True
        return ""

    def _has_swallowed_rows(self, row: str, first: str, taken: list[str]) -> bool:
        """Return whether a stray quote joined lines that are complete rows."""
        if not self.width:
            return False
        alone = len(self.quoting.split_leniently(first.rstrip("\r\n"))) == self.width
        joined = len(self.quoting.dialect.row(row))
        others = all(len(self.quoting.split_leniently(text.rstrip("\r\n"))) == self.width for text in taken)
        return alone and (joined != self.width or (others and self.width > 1))
