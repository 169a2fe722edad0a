"""Detect the delimiter, quote and escape of a CSV by parsing a sample with each plausible dialect.

The score follows CleverCSV (van den Burg, Nazábal, Sutton 2019). It rewards rows of equal length and cells of a known
type. RFC 4180 wins ties.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tabletutor.tables.header import is_marker, is_value

DELIMITERS = (",", "\t", ";", "|", ":", "~", "^", " ")
# Characters that also occur inside cells. They count as delimiters only if all rows then have the same width.
WEAK = frozenset(": ")
SAMPLE_ROWS = 400
_DECLARED = re.compile(r"\"?sep=(.)\"?", re.IGNORECASE)
# Stands for "no delimiter" in a table of one column: a control character that does not occur in text.
NO_DELIMITER = "\x1f"
_PROSE = re.compile(r"[^,]*(?:, +[^\W\d][^,]*)*")
_SIGN = re.compile(r"[^\W\d_]|[%‰°$€£¥₹]")
# "October 25, 2015, 7:19": the commas inside a date do not separate cells.
_LONG_DATE = re.compile(r"([^\W\d_]{3,9}\.? \d{1,2}), (\d{4})(?:, (?=\d{1,2}:\d\d))?")
_CLOCK = re.compile(r"\d:\d\d")
_KNOWN = re.compile(
    r"\s*(?:[-+(]?\s?[$€£¥₹]?\s?\d[\d.,  '’\u00a0\u2009\u202f]*(?:[eE][-+]?\d+)?\s?[%€£$)]?"  # numbers, money, percent
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d\d.*)?|\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?"  # dates, times
    r"|\d{1,4}[-/. ]{1,2}[^\W\d_]{3,9}[-/. ]{1,2}\d{1,4}|[^\W\d_]{3,9}\.? \d{1,2},? \d{4}"  # dates with a named month
    r"|[^\W\d_][\w .&/()'+#-]{0,60}(?:, [^\W\d_][\w .&/()'+#-]{0,40})?|NA|N/A|\?|-{1,2}|)\s*"  # words, missing
)


@dataclass(frozen=True)
class Dialect:
    """The delimiter, quotes and escapes of a CSV.

    `escape` is "" if quotes are doubled. `skip_spaces`: ignore spaces after delimiters.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
    skip_spaces: bool = False

    def reader(self, lines: Iterable[str], strict: bool) -> Iterator[list[str]]:
        """Return a `csv.reader` over text lines. With `strict`, misplaced quotes raise `csv.Error`."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            doublequote=not self.escape,
            escapechar=self.escape or None,
            skipinitialspace=self.skip_spaces,
            strict=strict,
        )

    def row(self, text: str) -> list[str]:
        """Return the cells of one row, which may contain line breaks inside quotes."""
        return next(self.reader([text], strict=False), [])


def declared_delimiter(lines: list[str]) -> str | None:
    """Return the delimiter that an Excel-style first line such as `sep=;` declares, or None."""
    found = _DECLARED.fullmatch(lines[0].lstrip("\ufeff").rstrip("\r\n")) if lines else None
    return found.group(1) if found else None


def detect_dialect(lines: list[str]) -> Dialect:
    """Return the dialect that parses the sample into the most regular table. `lines` include their line ends."""
    declared = declared_delimiter(lines)
    lines = [line for line in lines[declared is not None :] if not line.startswith("#")] or lines
    commas = any("," in line for line in lines)
    lines = [_LONG_DATE.sub(r"\1 \2 ", line) for line in lines]
    text = "".join(lines)
    if declared is None and _is_one_column(lines):
        return Dialect(NO_DELIMITER)
    best, best_score = Dialect(","), -1.0
    for dialect in _candidates(text, (declared,) if declared else DELIMITERS):
        if not declared and dialect.delimiter in WEAK and best_score > 0.1:
            continue
        if dialect.delimiter == " " and not declared and _has_spaced_values(lines):
            continue
        score = _score(dialect, lines)
        if dialect.delimiter in WEAK and not declared and score < 0.3 and _CLOCK.search(text):
            continue
        if score > best_score * 1.0001:
            best, best_score = dialect, score
    only_in_dates = commas and not declared and best.delimiter not in text
    return Dialect(NO_DELIMITER) if only_in_dates else best


def _is_one_column(lines: list[str]) -> bool:
    """Return whether all commas are inside the cells of a single column.

    This holds if the first line has no delimiter and the other lines are prose ("rain, then sun"), or numbers that
    do not all have a comma ("82,007", "NA").
    """
    filled = [line.rstrip("\r\n") for line in lines if line.strip()]
    body = "\n".join(filled[1:])
    strong = [mark for mark in DELIMITERS if mark not in WEAK]
    if len(filled) < 3 or any(mark in filled[0] for mark in strong):
        return False
    if any(mark in body for mark in (*strong[1:], '"')) or "," not in body:
        return False
    numbers = len({line.count(",") for line in filled[1:]}) > 1
    return all(map(_PROSE.fullmatch, filled[1:])) or (numbers and all(is_value(x) or is_marker(x) for x in filled[1:]))


def _has_spaced_values(lines: list[str]) -> bool:
    """Return whether the lines below the first are values that contain spaces: "5 EUR", "14 Apr 1976"."""
    filled = [line.strip() for line in lines[1:] if line.strip()]
    spaced = [line for line in filled if " " in line and _SIGN.search(line) and is_value(line)]
    return len(spaced) >= 0.8 * len(filled) > 0


def _candidates(text: str, delimiters: Iterable[str]) -> Iterator[Dialect]:
    """Yield plausible dialects. The most common come first, so they win ties."""
    for delimiter in delimiters:
        if delimiter not in text and delimiter != "," and len(tuple(delimiters)) > 1:
            continue
        mark = re.escape(delimiter)
        quoted = [q for q in ('"', "'") if re.search(rf"(?:^|[\r\n]|{mark})[ ]*{q}", text)]
        for quote in quoted or ['"']:
            spaces = delimiter != " " and re.search(rf"{mark} +{quote}", text) is not None
            yield Dialect(delimiter, quote, "", spaces)
            if f"\\{quote}" in text:
                yield Dialect(delimiter, quote, "\\", spaces)
            if f"\x1b{quote}" in text:
                yield Dialect(delimiter, quote, "\x1b", spaces)
        if "'" in quoted and '"' not in quoted:
            yield Dialect(delimiter, '"')


def _score(dialect: Dialect, lines: list[str]) -> float:
    """Return how regular a table the dialect gives; higher is better, 0 rules the dialect out."""
    rows: list[list[str]] = []
    penalty = 1.0
    try:
        for row in dialect.reader(iter(lines), strict=True):
            if row:
                rows.append(row)
            if len(rows) >= SAMPLE_ROWS:
                break
    except csv.Error as error:
        # The sample may end inside a quoted cell. Misplaced quotes count against a dialect.
        penalty = 0.98 if "unexpected end" in str(error) else 0.7
        rows = [row for row in dialect.reader(iter(lines), strict=False) if row][:SAMPLE_ROWS]
    if not rows:
        return 0.0
    if dialect.quote and sum(1 for row in rows if any(dialect.quote in cell for cell in row)) > 0.5 * len(rows) > 1:
        doubled = any(dialect.quote * 2 in line or f"\\{dialect.quote}" in line for line in lines)
        penalty *= 0.05 if dialect.quote == '"' else 1.0 if doubled else 0.5
    lengths = Counter(len(row) for row in rows)
    if dialect.delimiter in WEAK and (len(lengths) > 1 or any(not cell.strip() for cell in rows[0])):
        return 0.0
    pattern = sum(count * max(width - 1, 0.001) / width for width, count in lengths.items()) / len(lengths)
    cells = [cell for row in rows for cell in row]
    known = sum(1 for cell in cells if _KNOWN.fullmatch(cell)) / len(cells)
    # Cells that keep their quotes were parsed with the wrong dialect.
    wrapped = sum(1 for cell in cells if len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "\"'") / len(cells)
    rare = {":": 0.5, "~": 0.9, "^": 0.9, " ": 0.5}.get(dialect.delimiter, 1.0)
    regular = 2.0 if len(lengths) == 1 and len(rows) > 2 and rows[0] and len(rows[0]) > 1 and penalty == 1.0 else 1.0
    return regular * penalty * rare * pattern / len(rows) * max(known, 0.01) * (1 - 0.5 * wrapped)
