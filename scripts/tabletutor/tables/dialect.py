"""How a CSV separates and quotes its cells, found by parsing a sample in each plausible way.

The score follows CleverCSV (van den Burg, Nazábal, Sutton 2019): rows of one length, with cells of a known type, speak
for a dialect. RFC 4180 wins where scores tie.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DELIMITERS = (",", "\t", ";", "|", ":", "~", "^", " ")
# Characters that also occur inside cells: they separate only if every row then has the same number of cells.
WEAK = frozenset(": ")
SAMPLE_ROWS = 400
_CLOCK = re.compile(r"\d:\d\d")
_KNOWN = re.compile(
    r"\s*(?:[-+(]?\s?[$€£¥₹]?\s?\d[\d.,  ']*(?:[eE][-+]?\d+)?\s?[%€£$)]?"  # numbers, money, percent
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d\d.*)?|\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?"  # dates, times
    r"|[^\W\d_][\w .&/()'+#-]{0,60}|NA|N/A|\?|-{1,2}|)\s*"  # names and words, missing
)


@dataclass(frozen=True)
class Dialect:
    """Delimiter, quote character, escape character ("" where quotes are doubled), spaces after delimiters skipped."""

    delimiter: str
    quote: str = '"'
    escape: str = ""
    skip_spaces: bool = False

    def reader(self, lines: Iterable[str], strict: bool) -> Iterator[list[str]]:
        """A row iterator (`csv.reader`) over text lines. With `strict`, misplaced quotes raise `csv.Error`."""
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


def detect_dialect(lines: list[str]) -> Dialect:
    """The dialect under which the sample `lines` (with their line ends) make the most regular table."""
    lines = [line for line in lines if not line.startswith("#")] or lines
    text = "".join(lines)
    best, best_score = Dialect(","), -1.0
    for dialect in _candidates(text):
        if dialect.delimiter in WEAK and (best_score > 0.1 or _CLOCK.search(text)):
            continue
        score = _score(dialect, lines)
        if score > best_score * 1.0001:
            best, best_score = dialect, score
    return best


def _candidates(text: str) -> Iterator[Dialect]:
    """Plausible dialects, the commonest first, so that they win ties."""
    for delimiter in DELIMITERS:
        if delimiter not in text and delimiter != ",":
            continue
        mark = re.escape(delimiter)
        quoted = [q for q in ('"', "'") if re.search(rf"(?:^|{mark})[ ]*{q}", text, re.MULTILINE)]
        for quote in quoted or ['"']:
            spaces = delimiter != " " and re.search(rf"{mark} +{quote}", text) is not None
            yield Dialect(delimiter, quote, "", spaces)
            if f"\\{quote}" in text:
                yield Dialect(delimiter, quote, "\\", spaces)
        if "'" in quoted and '"' not in quoted:
            yield Dialect(delimiter, '"')


def _score(dialect: Dialect, lines: list[str]) -> float:
    rows: list[list[str]] = []
    penalty = 1.0
    try:
        for row in dialect.reader(iter(lines), strict=True):
            if row:
                rows.append(row)
            if len(rows) >= SAMPLE_ROWS:
                break
    except csv.Error as error:
        # The sample may end inside a quoted cell; misplaced quotes speak against a dialect.
        penalty = 0.98 if "unexpected end" in str(error) else 0.7
        rows = [row for row in dialect.reader(iter(lines), strict=False) if row][:SAMPLE_ROWS]
    if not rows:
        return 0.0
    lengths = Counter(len(row) for row in rows)
    if dialect.delimiter in WEAK and (len(lengths) > 1 or any(not cell.strip() for cell in rows[0])):
        return 0.0
    pattern = sum(count * max(width - 1, 0.001) / width for width, count in lengths.items()) / len(lengths)
    cells = [cell for row in rows for cell in row]
    known = sum(1 for cell in cells if _KNOWN.fullmatch(cell)) / len(cells)
    # Cells that still carry the quotes of another dialect were cut or quoted wrongly.
    wrapped = sum(1 for cell in cells if len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "\"'") / len(cells)
    rare = {":": 0.5, "~": 0.9, "^": 0.9, " ": 0.5}.get(dialect.delimiter, 1.0)
    return penalty * rare * pattern / len(rows) * max(known, 0.01) * (1 - 0.5 * wrapped)
