"""Detect and convert columns of numbers: thousands and decimal marks, currency, percent, accounting brackets.

`matching/numerals.py` defines what a numeral is. This module decides for a whole column: one style and one unit must
fit every cell, and cells that look like numbers must not be codes.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeVar

import polars as pl

from tabletutor.matching.numerals import (
    ASCII_EQUIVALENTS,
    BARE_EXPONENT,
    NEGATIVE,
    SPACED_SIGN,
    STYLES,
    Style,
    prefix_pattern,
    suffix_pattern,
)
from tabletutor.tables.errors import TableError
from tabletutor.tables.roles.lexicon import lexicon

CURRENCIES = r"US\$|R\$|\$|€|£|¥|₹|USD|EUR|GBP|CHF|JPY"
SAMPLE = 1000  # cells that rule out styles before the whole column is checked
EXACT_DIGITS = 15  # a double represents every integer of up to this many digits exactly
LONGEST_EXAMPLE = 48  # characters of a cell in a warning
_BEFORE = f"^{prefix_pattern(CURRENCIES)}"
_AFTER = f"{suffix_pattern(rf'{CURRENCIES}|%|‰|°C|°F|mm|cm|km|kg|mg|ml|lbs?|kWh|MW|mph')}$"
_NEGATIVE = f"^(?:{NEGATIVE})$"
_CAPITAL_WORD = re.compile(r"[A-Z][a-z]{2}|[A-Z]{2,} [A-Z]{2}|[A-Z]{4}")
Cells = TypeVar("Cells", pl.Series, pl.Expr)


@dataclass(frozen=True)
class NumberForm:
    """The notation of the numbers of a column.

    `styles`: all styles that fit every cell, the preferred one first. `marked`: some cell has a decimal or thousands
    mark. `unit`: the currency or unit in the cells.
    """

    styles: tuple[Style, ...]
    marked: bool
    unit: str | None
    warnings: tuple[str, ...]

    def choose(self, comma_decimal: bool) -> Style:
        """Return the style to read the column with. If the column is ambiguous, the file's decimal mark decides."""
        if comma_decimal and self.marked:
            for style in self.styles:
                if style.decimal == ",":
                    return style
        return self.styles[0]

    @property
    def proves_comma_decimal(self) -> bool:
        """Return whether only styles with a decimal comma fit the column."""
        return self.marked and all(style.decimal == "," for style in self.styles)

    @property
    def ambiguous(self) -> str | None:
        """The mark that could separate decimals or thousands, or None if the column is unambiguous."""
        decimals = {style.decimal for style in self.styles}
        if not self.marked or len(decimals) < 2:
            return None
        return "," if self.styles[0].thousands == "," else self.styles[0].decimal


def detect_numbers(distinct: pl.Series) -> NumberForm | None:
    """Return the form of a column's distinct non-missing cells, or None if they are not all numbers.

    Codes are not numbers: "01", or "10E3" in a column without a sign, a point or a unit. The result is also None if an
    integer exceeds 64 bits or a number exceeds a double.
    """
    cells = _to_ascii(distinct)
    unit = _unit(cells)
    if unit == "":
        return None
    bare = _strip_units(cells)
    fitting = (
        _matching_styles(bare, _matching_styles(bare.head(SAMPLE), STYLES))
        if len(bare) > SAMPLE
        else _matching_styles(bare, STYLES)
    )
    if unit is None and _is_code_column(bare):
        return None
    punctuated = bool(bare.str.contains("[.,' ]").any())
    held = [style for style in (fitting if punctuated else fitting[:1]) if not _parse(bare, style).null_count()]
    if not held:
        return None
    styles = tuple(held if punctuated else fitting)  # without marks, all styles give the same values
    lacking = len(cells) - _count_units(cells) if unit else 0
    warnings = [f"{lacking} distinct cells lack the unit {unit!r} of the others; read alike"] if lacking else []
    return NumberForm(styles, punctuated, unit, (*warnings, *_reading_warnings(distinct, cells, bare, styles[0])))


def to_numbers(cells: pl.Series, style: Style) -> pl.Series:
    """Convert stripped text cells to Int64 if all are integers, else to Float64. Missing cells are null.

    Raises TableError if a cell looks like a number but cannot be represented.
    """
    numbers = _parse(_strip_units(_to_ascii(cells)), style)
    if numbers.null_count() != cells.null_count():
        lost = cells.filter(numbers.is_null() & cells.is_not_null())[0]
        reason = f"{lost!r} looks like a number but cannot be represented as one"
        raise TableError(cells.name, reason, "Check this cell.")
    return numbers


def number_warning(distinct: pl.Series) -> str | None:
    """Return why a column that looks like numbers stays text, or None if it does not look like numbers.

    `distinct`: the distinct non-missing cells of a column for which `detect_numbers` returned None.
    """
    cells = _to_ascii(distinct)
    bare = _strip_units(cells)
    fitting = [_fits(bare, style) for style in STYLES]
    odd = distinct.filter(~reduce(or_, fitting))
    if len(odd):
        if bare.str.contains(r"^[+-]?[0-9]+$").all():
            return f"kept as text: cells such as {_examples(odd)} begin with zeros, as codes do"
        if len(distinct) >= 10 and len(odd) <= 0.1 * len(distinct):
            return f"nearly all cells are numbers; kept as text because of {_examples(odd)}"
        if len(odd) <= 0.5 * len(distinct):
            return f"most cells are numbers; kept as text because of {_examples(odd)}"
        return None
    if not len(distinct):
        return None
    unit = _unit(cells)
    if unit == "":
        return (
            f"kept as text: the numbers carry different units, or less than half carry one, as in {_examples(distinct)}"
        )
    if unit is None and _is_code_column(bare):
        return (
            f"kept as text: cells such as {_examples(distinct.filter(bare.str.contains('[eE]')))} may be codes; "
            "a number with an exponent has a sign or a point, as in 1.0E+3"
        )
    best = max(range(len(STYLES)), key=lambda i: int(fitting[i].sum()))
    others = distinct.filter(~fitting[best])
    if len(others):
        usual = distinct.filter(fitting[best])
        contrast = f"{_examples(usual)} and {_examples(others)} differ"
        return f"kept as text: no one way to write numbers fits all cells; {contrast}"
    lost = distinct.filter(_parse(bare, STYLES[best]).is_null())
    return f"kept as text: {_examples(lost)} cannot be held as a 64-bit integer or a double"


def header_unit(header: str) -> str | None:
    """Return the unit in brackets at the end of a header, as in "Body Mass (g)".

    Years, long text, and capitalised words that are no known units ("Petitions Denied (Pardons)") do not count.
    """
    for opening, closing in (("(", ")"), ("[", "]")):
        start = header.rfind(opening)
        if start > 0 and header.rstrip().endswith(closing):
            unit = header.rstrip()[start + 1 : -1].strip()
            if _CAPITAL_WORD.match(unit) and unit.casefold() not in lexicon().units:
                return None
            if 0 < len(unit) <= 16 and not any(character.isdigit() for character in unit.replace("1000", "")):
                return unit
    return None


def _reading_warnings(distinct: pl.Series, cells: pl.Series, bare: pl.Series, style: Style) -> list[str]:
    """Return warnings about cells that are read in a way their author may not expect."""
    warnings: list[str] = []
    negative = distinct.filter(bare.str.starts_with("-") & cells.str.contains("[)-][^0-9]*$"))
    if len(negative):
        warnings.append(f"cells in brackets or with a trailing minus, such as {_examples(negative)}, read as negative")
    exponents = distinct.filter(bare.str.contains(f"^[+-]?{BARE_EXPONENT}$"))
    if len(exponents):
        warnings.append(f"cells such as {_examples(exponents)} read as numbers with an exponent")
    whole = bare.str.contains(f"^(?:{style.whole})$")
    if not whole.all():
        long: list[str] = _normalise(bare.filter(whole & (bare.str.len_chars() > EXACT_DIGITS)), style).to_list()
        rounded = [digits for digits in long if int(float(digits)) != int(digits)]
        if rounded:
            examples = _examples(pl.Series(rounded))
            warnings.append(f"cells such as {examples} have more digits than a double holds; the last are rounded")
    return warnings


def _unit(cells: pl.Series) -> str | None:
    """Return the unit that at least half of the cells carry, None if no cell has a unit, "" in all other cases."""
    marks = {*_unique_values(cells.str.extract(_BEFORE, 2)), *_unique_values(cells.str.extract(_AFTER, 1))}
    if not marks:
        return None
    return marks.pop() if len(marks) == 1 and _count_units(cells) >= 0.5 * len(cells) else ""


def _count_units(cells: pl.Series) -> int:
    """Return how many cells carry a currency or a unit."""
    return int((cells.str.contains(_BEFORE) | cells.str.contains(_AFTER)).sum())


def _unique_values(cells: pl.Series) -> Collection[str]:
    found: Sequence[str] = cells.drop_nulls().unique().to_list()
    return found


def _examples(cells: pl.Series) -> str:
    """Return up to three of the cells as text for a warning."""
    first: list[str] = cells.sort().head(3).to_list()
    return ", ".join(repr(cell) if len(cell) <= LONGEST_EXAMPLE else f"{cell[:LONGEST_EXAMPLE]!r}…" for cell in first)


def _to_ascii(cells: pl.Series) -> pl.Series:
    """Replace characters that have an ASCII equivalent in numerals, such as the minus sign U+2212."""
    return cells.str.replace_many(ASCII_EQUIVALENTS) if cells.str.contains(r"[^\x00-\x7f]").any() else cells


def _strip_units(cells: pl.Series) -> pl.Series:
    """Return the cells without currency and unit. "(5)" and "5-" become "-5"."""
    bare = cells.str.replace(_BEFORE, "$1$3").str.replace(_AFTER, "$2")
    return bare.str.replace(_NEGATIVE, "-$1$2").str.replace(f"^{SPACED_SIGN}", "$1")


def _fits(bare: Cells, style: Style) -> Cells:
    return bare.str.contains(f"^(?:{style.number})$")


def _matching_styles(bare: pl.Series, styles: Sequence[Style]) -> list[Style]:
    """Return the styles that fit all cells."""
    fits = [_fits(pl.col("cell"), style).all().alias(str(place)) for place, style in enumerate(styles)]
    found = bare.alias("cell").to_frame().select(fits).row(0) if styles else ()
    return [style for style, every in zip(styles, found, strict=True) if every]


def _is_code_column(bare: pl.Series) -> bool:
    """Return whether the exponents may be letters of codes: some cell has an E, and none a sign or a point."""
    return bool(bare.str.contains("[eE]").any()) and not bare.str.contains("[.,+-]").any()


def _parse(bare: pl.Series, style: Style) -> pl.Series:
    """Return the values of cells that all fit `style`: Int64 if all are integers, else Float64.

    A value is null if its type cannot represent it. Overflow does not become infinity, underflow does not become 0.
    """
    plain = _normalise(bare, style)
    if bare.drop_nulls().str.contains(f"^(?:{style.whole})$").all():
        return plain.cast(pl.Int64, strict=False)
    values = plain.cast(pl.Float64, strict=False)
    lost = values.is_infinite() | ((values == 0) & plain.str.contains("^[^eE]*[1-9]"))
    return values.set(lost.fill_null(value=False), None)


def _normalise(bare: pl.Series, style: Style) -> pl.Series:
    """Return the cells without thousands marks, with a decimal point and without a plus sign."""
    if style.thousands:
        bare = bare.str.replace_all(style.thousands, "", literal=True)
    if style.decimal != ".":
        bare = bare.str.replace_all(style.decimal, ".", literal=True)
    return bare.str.strip_prefix("+")
