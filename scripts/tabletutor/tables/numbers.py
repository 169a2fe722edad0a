"""Numbers as people write them: thousands and decimal marks, currency, percent, accounting brackets."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from tabletutor.tables.errors import TableError

CURRENCIES = r"US\$|R\$|\$|€|£|¥|₹|USD|EUR|GBP|CHF|JPY"
_PREFIX = rf"^([-+(]?)\s*({CURRENCIES})\s*([-+]?)"
_SUFFIX = rf"\s*({CURRENCIES}|%|‰|°C|°F|mm|cm|km|kg|mg|ml|lbs?|kWh|MW|mph)(\)?)$"
_GROUPED = r"(?:[1-9]\d{0,2}(?:%s\d{3})+|\d+)"


@dataclass(frozen=True)
class Marks:
    """A way to write numbers: the thousands mark, the decimal mark, and the pattern of what is so written."""

    thousands: str
    decimal: str
    pattern: str


PLAIN = Marks("", ".", r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
COMMA_THOUSANDS = Marks(",", ".", rf"^[+-]?{_GROUPED % ','}(?:\.\d+)?$")
COMMA_DECIMAL = Marks("", ",", r"^[+-]?\d+(?:,\d+)?$")
STYLES: tuple[Marks, ...] = (
    PLAIN,
    COMMA_THOUSANDS,
    COMMA_DECIMAL,
    Marks(".", ",", rf"^[+-]?{_GROUPED % '[.]'}(?:,\d+)?$"),
    Marks(" ", ".", rf"^[+-]?{_GROUPED % ' '}(?:\.\d+)?$"),
    Marks(" ", ",", rf"^[+-]?{_GROUPED % ' '}(?:,\d+)?$"),
    Marks("'", ".", rf"^[+-]?{_GROUPED % chr(39)}(?:\.\d+)?$"),
)


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of one column may be written: all styles that fit every cell, and the unit the cells carry."""

    styles: tuple[Marks, ...]
    marked: bool
    unit: str | None
    bare: int

    def choose(self, comma_decimal: bool) -> Marks:
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
    def ambiguous(self) -> bool:
        """Whether a comma may be a decimal or a thousands mark."""
        return COMMA_DECIMAL in self.styles and COMMA_THOUSANDS in self.styles and PLAIN not in self.styles


def detect_numbers(distinct: pl.Series) -> NumberForm | None:
    """The form of a column's distinct non-missing cells, or None if they are not all numbers.

    Codes with leading zeros ("01", "08123") are not numbers, nor are integers beyond 64 bits.
    """
    unit = _unit(distinct)
    if unit == "":
        return None
    bare = _bare(distinct)
    if bare.str.contains(r"^[+-]?0\d").any():
        return None
    styles = tuple(style for style in STYLES if bare.str.contains(style.pattern).all())
    if not styles:
        return None
    if _whole(bare, styles[0]) and styles[0] is PLAIN and bare.cast(pl.Int64, strict=False).null_count():
        return None
    marked = int((distinct.str.contains(_PREFIX) | distinct.str.contains(_SUFFIX)).sum())
    punctuated = bool(bare.str.contains(r"[.,' ]").any())
    return NumberForm(styles, punctuated, unit, len(distinct) - marked if unit else 0)


def to_numbers(cells: pl.Series, marks: Marks) -> pl.Series:
    """Convert stripped text cells (missing ones null) to Int64 where all are whole, else to Float64."""
    bare = _bare(cells)
    whole = _whole(bare, marks)
    if marks.thousands:
        bare = bare.str.replace_all(marks.thousands, "", literal=True)
    if marks.decimal != ".":
        bare = bare.str.replace_all(marks.decimal, ".", literal=True)
    numbers = bare.str.strip_prefix("+").cast(pl.Int64 if whole else pl.Float64, strict=False)
    if numbers.null_count() != cells.null_count():
        lost = cells.filter(numbers.is_null() & cells.is_not_null())[0]
        raise TableError(cells.name, f"{lost!r} is written like a number but cannot be held as one", "Check this cell.")
    return numbers


def mostly_numbers(distinct: pl.Series) -> list[str]:
    """The few cells (at most three are named) that keep a column of numbers from being one; empty if they are many."""
    odd = distinct.filter(~distinct.str.contains(PLAIN.pattern))
    return odd.sort().head(3).to_list() if len(distinct) >= 10 and 0 < len(odd) <= 0.1 * len(distinct) else []


def header_unit(header: str) -> str | None:
    """The unit in brackets at a header's end, as in "Body Mass (g)"; a year or a long remark is none."""
    for opening, closing in (("(", ")"), ("[", "]")):
        start = header.rfind(opening)
        if start > 0 and header.rstrip().endswith(closing):
            unit = header.rstrip()[start + 1 : -1].strip()
            if 0 < len(unit) <= 16 and not any(character.isdigit() for character in unit.replace("1000", "")):
                return unit
    return None


def _unit(distinct: pl.Series) -> str | None:
    """The one mark most cells carry; None if no cell carries one; "" if cells differ."""
    marks = {*_present(distinct.str.extract(_PREFIX, 2)), *_present(distinct.str.extract(_SUFFIX, 1))}
    if not marks:
        return None
    marked = (distinct.str.contains(_PREFIX) | distinct.str.contains(_SUFFIX)).sum()
    return marks.pop() if len(marks) == 1 and marked >= 0.5 * len(distinct) else ""


def _present(cells: pl.Series) -> Collection[str]:
    found: Sequence[str] = cells.drop_nulls().unique().to_list()
    return found


def _bare(cells: pl.Series) -> pl.Series:
    """Cells without currency and unit, with an ASCII minus, and "(5)" as "-5"."""
    bare = cells.str.replace_all("[\u00a0\u2009\u202f]", " ").str.replace_all("[\u2212\u2013]", "-")
    bare = bare.str.replace(_PREFIX, "$1$3").str.replace(_SUFFIX, "$2")
    return bare.str.replace(r"^\(([\d.,' ]+)\)$", "-$1")


def _whole(bare: pl.Series, marks: Marks) -> bool:
    pattern = rf"^[+-]?{_GROUPED % f'[{marks.thousands}]'}$" if marks.thousands else r"^[+-]?\d+$"
    return bool(bare.drop_nulls().str.contains(pattern).all())
