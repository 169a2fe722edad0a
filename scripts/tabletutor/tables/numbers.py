"""Columns of numbers as people write them: thousands and decimal marks, currency, percent, accounting brackets.

What a numeral is says `matching/numerals.py`; here it is decided for a whole column: one style and one unit must fit
every cell, and what looks like a number must not be a code.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeVar

import polars as pl

from tabletutor.matching.numerals import (
    BARE_EXPONENT,
    NEGATIVE,
    SAME,
    SPACED_SIGN,
    STYLES,
    Style,
    after,
    before,
)
from tabletutor.tables.errors import TableError

CURRENCIES = r"US\$|R\$|\$|€|£|¥|₹|USD|EUR|GBP|CHF|JPY"
SAMPLE = 1000  # cells that rule out styles before all are looked at
EXACT_DIGITS = 15  # a double holds every whole number of so many digits
LONGEST_SHOWN = 48  # characters of a cell in a remark
_BEFORE = f"^{before(CURRENCIES)}"
_AFTER = f"{after(rf'{CURRENCIES}|%|‰|°C|°F|mm|cm|km|kg|mg|ml|lbs?|kWh|MW|mph')}$"
_NEGATIVE = f"^(?:{NEGATIVE})$"
Cells = TypeVar("Cells", pl.Series, pl.Expr)


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of one column may be written: all styles that fit every cell, the unit the cells carry, and what
    is to be said of it.
    """

    styles: tuple[Style, ...]
    marked: bool
    unit: str | None
    warnings: tuple[str, ...]

    def choose(self, comma_decimal: bool) -> Style:
        """The style to read by. Where the column alone leaves it open, the file's decimal mark decides."""
        if comma_decimal and self.marked:
            for style in self.styles:
                if style.decimal == ",":
                    return style
        return self.styles[0]

    @property
    def proves_comma_decimal(self) -> bool:
        """Whether the column can only be read with a decimal comma."""
        return self.marked and all(style.decimal == "," for style in self.styles)

    @property
    def ambiguous(self) -> str | None:
        """The mark that may stand before decimals or between thousands, where the column leaves it open."""
        decimals = {style.decimal for style in self.styles}
        if not self.marked or len(decimals) < 2:
            return None
        return "," if self.styles[0].thousands == "," else self.styles[0].decimal


def detect_numbers(distinct: pl.Series) -> NumberForm | None:
    """The form of a column's distinct non-missing cells, or None if they are not all numbers.

    Codes ("01", or "10E3" with no sign, point or unit in the column) are not numbers, nor is a column with an integer
    beyond 64 bits or a number beyond a double.
    """
    cells = _ascii(distinct)
    unit = _unit(cells)
    if unit == "":
        return None
    bare = _bare(cells)
    fitting = _fitting(bare, _fitting(bare.head(SAMPLE), STYLES)) if len(bare) > SAMPLE else _fitting(bare, STYLES)
    if unit is None and _codes(bare):
        return None
    punctuated = bool(bare.str.contains("[.,' ]").any())
    held = [style for style in (fitting if punctuated else fitting[:1]) if not _values(bare, style).null_count()]
    if not held:
        return None
    styles = tuple(held if punctuated else fitting)  # cells without marks are worth the same in each
    lacking = len(cells) - _marked(cells) if unit else 0
    warnings = [f"{lacking} distinct cells lack the unit {unit!r} of the others; read alike"] if lacking else []
    return NumberForm(styles, punctuated, unit, (*warnings, *_remarks(distinct, cells, bare, styles[0])))


def to_numbers(cells: pl.Series, style: Style) -> pl.Series:
    """Convert stripped text cells (missing ones null) to Int64 where all are whole, else to Float64."""
    numbers = _values(_bare(_ascii(cells)), style)
    if numbers.null_count() != cells.null_count():
        lost = cells.filter(numbers.is_null() & cells.is_not_null())[0]
        raise TableError(cells.name, f"{lost!r} is written like a number but cannot be held as one", "Check this cell.")
    return numbers


def why_no_numbers(distinct: pl.Series) -> str | None:
    """Why a column of numerals, or nearly so, is no column of numbers; None where its cells look like no numbers.

    `distinct` are the non-missing cells of a column in which `detect_numbers` finds none.
    """
    cells = _ascii(distinct)
    bare = _bare(cells)
    fitting = [_fits(bare, style) for style in STYLES]
    odd = distinct.filter(~reduce(or_, fitting))
    if len(odd):
        if bare.str.contains(r"^[+-]?[0-9]+$").all():
            return f"kept as text: cells such as {_some(odd)} begin with zeros, as codes do"
        if len(distinct) >= 10 and len(odd) <= 0.1 * len(distinct):
            return f"nearly all cells are numbers; kept as text because of {_some(odd)}"
        if len(odd) <= 0.5 * len(distinct):
            return f"most cells are numbers; kept as text because of {_some(odd)}"
        return None
    if not len(distinct):
        return None
    unit = _unit(cells)
    if unit == "":
        return f"kept as text: the numbers carry different units, or less than half carry one, as in {_some(distinct)}"
    if unit is None and _codes(bare):
        return (
            f"kept as text: cells such as {_some(distinct.filter(bare.str.contains('[eE]')))} may be codes; "
            "a number with an exponent has a sign or a point, as in 1.0E+3"
        )
    best = max(range(len(STYLES)), key=lambda i: int(fitting[i].sum()))
    others = distinct.filter(~fitting[best])
    if len(others):
        usual = distinct.filter(fitting[best])
        return f"kept as text: no one way to write numbers fits all cells; {_some(usual)} and {_some(others)} differ"
    lost = distinct.filter(_values(bare, STYLES[best]).is_null())
    return f"kept as text: {_some(lost)} cannot be held as a 64-bit integer or a double"


def header_unit(header: str) -> str | None:
    """The unit in brackets at a header's end, as in "Body Mass (g)"; a year or a long remark is none."""
    for opening, closing in (("(", ")"), ("[", "]")):
        start = header.rfind(opening)
        if start > 0 and header.rstrip().endswith(closing):
            unit = header.rstrip()[start + 1 : -1].strip()
            if 0 < len(unit) <= 16 and not any(character.isdigit() for character in unit.replace("1000", "")):
                return unit
    return None


def _remarks(distinct: pl.Series, cells: pl.Series, bare: pl.Series, style: Style) -> list[str]:
    """What is to be said of how a column of numbers is read."""
    remarks: list[str] = []
    negative = distinct.filter(bare.str.starts_with("-") & cells.str.contains("[)-][^0-9]*$"))
    if len(negative):
        remarks.append(f"cells in brackets or with a trailing minus, such as {_some(negative)}, read as negative")
    exponents = distinct.filter(bare.str.contains(f"^[+-]?{BARE_EXPONENT}$"))
    if len(exponents):
        remarks.append(f"cells such as {_some(exponents)} read as numbers with an exponent")
    whole = bare.str.contains(f"^(?:{style.whole})$")
    if not whole.all():
        long: list[str] = _plain(bare.filter(whole & (bare.str.len_chars() > EXACT_DIGITS)), style).to_list()
        rounded = [digits for digits in long if int(float(digits)) != int(digits)]
        if rounded:
            shown = _some(pl.Series(rounded))
            remarks.append(f"cells such as {shown} have more digits than a double holds; the last are rounded")
    return remarks


def _unit(cells: pl.Series) -> str | None:
    """The one mark most cells carry; None if no cell carries one; "" if cells differ."""
    marks = {*_present(cells.str.extract(_BEFORE, 2)), *_present(cells.str.extract(_AFTER, 1))}
    if not marks:
        return None
    return marks.pop() if len(marks) == 1 and _marked(cells) >= 0.5 * len(cells) else ""


def _marked(cells: pl.Series) -> int:
    """How many cells carry a currency or a unit."""
    return int((cells.str.contains(_BEFORE) | cells.str.contains(_AFTER)).sum())


def _present(cells: pl.Series) -> Collection[str]:
    found: Sequence[str] = cells.drop_nulls().unique().to_list()
    return found


def _some(cells: pl.Series) -> str:
    """Up to three of the cells, for a remark."""
    first: list[str] = cells.sort().head(3).to_list()
    return ", ".join(repr(cell) if len(cell) <= LONGEST_SHOWN else f"{cell[:LONGEST_SHOWN]!r}…" for cell in first)


def _ascii(cells: pl.Series) -> pl.Series:
    """Cells with ASCII characters for those that mean the same in a numeral."""
    return cells.str.replace_many(SAME) if cells.str.contains(r"[^\x00-\x7f]").any() else cells


def _bare(cells: pl.Series) -> pl.Series:
    """Cells without currency and unit, and "(5)" and "5-" as "-5"."""
    bare = cells.str.replace(_BEFORE, "$1$3").str.replace(_AFTER, "$2")
    return bare.str.replace(_NEGATIVE, "-$1$2").str.replace(f"^{SPACED_SIGN}", "$1")


def _fits(bare: Cells, style: Style) -> Cells:
    return bare.str.contains(f"^(?:{style.number})$")


def _fitting(bare: pl.Series, styles: Sequence[Style]) -> list[Style]:
    """The styles that fit all cells."""
    fits = [_fits(pl.col("cell"), style).all().alias(str(place)) for place, style in enumerate(styles)]
    found = bare.alias("cell").to_frame().select(fits).row(0) if styles else ()
    return [style for style, every in zip(styles, found, strict=True) if every]


def _codes(bare: pl.Series) -> bool:
    """Whether exponents may be letters of codes: no cell has a sign or a point."""
    return bool(bare.str.contains("[eE]").any()) and not bare.str.contains("[.,+-]").any()


def _values(bare: pl.Series, style: Style) -> pl.Series:
    """The cells' values, whose style fits them all: Int64 where all are whole, else Float64; null where that cannot
    hold one. Neither infinity nor 0 stands for what is too large or too small.
    """
    plain = _plain(bare, style)
    if bare.drop_nulls().str.contains(f"^(?:{style.whole})$").all():
        return plain.cast(pl.Int64, strict=False)
    values = plain.cast(pl.Float64, strict=False)
    lost = values.is_infinite() | ((values == 0) & plain.str.contains("^[^eE]*[1-9]"))
    return values.set(lost.fill_null(value=False), None)


def _plain(bare: pl.Series, style: Style) -> pl.Series:
    """Cells of one style as computers write them."""
    if style.thousands:
        bare = bare.str.replace_all(style.thousands, "", literal=True)
    if style.decimal != ".":
        bare = bare.str.replace_all(style.decimal, ".", literal=True)
    return bare.str.strip_prefix("+")
