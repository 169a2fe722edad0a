"""Which text lines form one row, and how a row whose quotes are broken can be cut into cells.

`Rows` hands well-formed rows to Python's `csv` reader at full speed. A row is looked at more closely only if it holds a
quote: where its quotes do not fit, it is cut leniently and marked as broken, and the rows after it are not touched.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator

from tabletutor.tables.dialect import Dialect
from tabletutor.tables.header import Line

JOINED_LINES = 2000


class Quoting:
    """The well-formed rows of a dialect as patterns, and the lenient cut of the others."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        quote, mark = re.escape(dialect.quote), re.escape(dialect.delimiter)
        escape = re.escape(dialect.escape) if dialect.escape else ""
        plain = rf"(?:[^{quote}{mark}{escape}]|{escape}[\s\S])*+" if escape else rf"[^{quote}{mark}]*+"
        if dialect.quote == "'":
            # An apostrophe inside a word is no quote.
            plain = rf"(?!')[^{mark}]*+"
        inner = (
            rf"(?:[^{quote}{escape}]|{escape}[\s\S])*+" if escape else rf"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
        )
        space = " *+" if dialect.skip_spaces else ""
        cell = rf"(?:{space}{quote}{inner}{quote}|{plain})"
        self.whole = re.compile(rf"{cell}(?:{mark}{cell})*+")
        loose = rf"(?:[^{quote}]|{quote}(?!{mark}|$))*+"
        self.undoubled = re.compile(rf"(?:{quote}{loose}{quote}|{plain})(?:{mark}(?:{quote}{loose}{quote}|{plain}))*+")
        self.opened = re.compile(rf"(?:{cell}{mark})*?{space}{quote}{inner}")
        self.inside = re.compile(inner)
        self.closing = re.compile(rf"{inner}{quote}(?:{mark}{cell})*+")
        self.other_escapes = re.compile(rf"{escape}[^{quote}{mark}{escape}\r\n]") if escape else None
        self.reopened = re.compile(rf"{inner}{quote}{mark}(?:{cell}{mark})*?{space}{quote}{inner}")

    def cut(self, text: str) -> list[str]:
        """The cells of a broken row. A quoted cell ends at a quote before a delimiter; other quotes are kept."""
        quote, mark = self.dialect.quote, self.dialect.delimiter
        cells: list[str] = []
        at = 0
        while True:
            start = at
            while self.dialect.skip_spaces and text[start : start + 1] == " ":
                start += 1
            end = self._closing_quote(text, start + 1) if text[start : start + 1] == quote else -1
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

    def _closing_quote(self, text: str, start: int) -> int:
        quote, mark = self.dialect.quote, self.dialect.delimiter
        at = text.find(quote, start)
        while at >= 0:
            after = text[at + 1 : at + 1 + len(mark)]
            if not after or after == mark:
                return at
            at = text.find(quote, at + 1)
        return -1

    def without_a_quote(self, text: str) -> list[list[str]]:
        """The readings of a row in which one quote is too many, and is taken out."""
        readings: list[list[str]] = []
        for found in re.finditer(re.escape(self.dialect.quote), text):
            mended = text[: found.start()] + text[found.end() :]
            if self.whole.fullmatch(mended):
                readings.append(self.dialect.row(mended))
        return readings

    def parted(self, text: str) -> list[list[str]]:
        """The readings of a row in which one delimiter was lost before or after a quoted cell, and is put back."""
        quote, mark = self.dialect.quote, self.dialect.delimiter
        readings: list[list[str]] = []
        for found in re.finditer(re.escape(quote), text):
            for at in (found.start(), found.end()):
                mended = text[:at] + mark + text[at:]
                if at and self.whole.fullmatch(mended):
                    cells = self.dialect.row(mended)
                    if cells not in readings:
                        readings.append(cells)
        return readings


class Rows:
    """The rows of a CSV as an iterator. `width`, where it is known, tells a row of several lines from a stray quote."""

    def __init__(self, dialect: Dialect, lines: Iterable[str], width: int = 0) -> None:
        self.quoting = Quoting(dialect)
        self.width = width
        self._lines = iter(lines)
        self._back: deque[str] = deque()
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
                yield Line(self._start, quoting.cut(self._text.rstrip("\r\n")), self._text, broken=True)
            else:
                yield Line(self._start, cells, self._text)

    def _feed(self) -> Iterator[str]:
        """One string a row, as the `csv` reader takes it; an empty one stands for a broken row."""
        quote, escape = self.quoting.dialect.quote, self.quoting.dialect.escape
        whole = self.quoting.whole
        while True:
            text = self._next()
            if text is None:
                return
            self._start = self._read
            self._text = text
            if (quote and quote in text and not whole.fullmatch(text.rstrip("\r\n"))) or (escape and escape in text):
                text = self._joined(text)
            yield text

    def _next(self) -> str | None:
        text = self._back.popleft() if self._back else next(self._lines, None)
        self._read += text is not None
        return text

    def _joined(self, first: str) -> str:
        """A row of several lines as one string; "" where the quotes of its first line are broken."""
        quoting = self.quoting
        bare = first.rstrip("\r\n")
        if quoting.whole.fullmatch(bare):
            return first
        taken: list[str] = []
        if quoting.opened.fullmatch(bare):
            while len(taken) < JOINED_LINES:
                text = self._next()
                if text is None:
                    break
                taken.append(text)
                if quoting.dialect.quote not in text:
                    continue
                bare_text = text.rstrip("\r\n")
                if quoting.closing.fullmatch(bare_text):
                    row = first + "".join(taken)
                    if self._swallowed(row, first, taken):
                        break
                    self._text = row
                    return row
                if not quoting.inside.fullmatch(bare_text) and not quoting.reopened.fullmatch(bare_text):
                    break
        self._back.extendleft(reversed(taken))
        self._read -= len(taken)
        self._broken = True
        return ""

    def _swallowed(self, row: str, first: str, taken: list[str]) -> bool:
        """Whether a stray quote joined lines that are rows by themselves."""
        if not self.width:
            return False
        alone = len(self.quoting.cut(first.rstrip("\r\n"))) == self.width
        joined = len(self.quoting.dialect.row(row))
        others = all(len(self.quoting.cut(text.rstrip("\r\n"))) == self.width for text in taken)
        return alone and (joined != self.width or (others and self.width > 1))
