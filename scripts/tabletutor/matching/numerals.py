"""Numerals: how people write numbers. One grammar for the cells of tables and for answers given as text.

    1234.5   1,234.5   1.234,5   1 234,5   1'234.5   1,23,456.5   1234,5   1.5e-3   -5   - 5   −5   5-   (5)

Groups are strict: a thousands mark stands before every three digits (Indian: three, then twos), the same mark all
through. So "1,2345" is no group of thousands but a decimal comma, and "1,23,45" is no numeral. "007" is a code. Where
a numeral alone can be read in two ways, the first style of STYLES that fits is taken: "1,234" is 1234, "1.234" is not.

All patterns mean the same to Python's `re` and to the regular expressions of Polars, so that one cell and a whole
column are read alike. They hold for texts brought to `normal` form.
"""

import math
import re
from dataclasses import dataclass

_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_WHITE_SPACE = " \t\n\v\f\r\x85\u2028\u2029" + _SPACES  # as Polars strips it; Python's own strip() takes four more

SAME: dict[str, str] = {  # characters that mean the same as an ASCII one
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys("\u2212\u2013\ufe63", "-"),  # minus, en dash, small hyphen-minus
    "\u2019": "'",
    **{chr(ord(character) + 0xFEE0): character for character in "0123456789+-.,'()%$"},  # full width
}
NEGATIVE = r"\(([^-+()eE]+)\)|([^-+()eE]+)-"  # "(5)" and "5-": the digits are in one of the two groups
SPACED_SIGN = rf"([-+])[{_WHITE_SPACE}]+"  # "- 5"
BARE_EXPONENT = r"[0-9]+[eE][0-9]+"  # 10E3: a number where one is expected, but codes are written so too

_SAME_CODES = str.maketrans(SAME)
_UNGROUPED = r"0|[1-9][0-9]*"
_THREES = r"[1-9][0-9]{0,2}(?:%s[0-9]{3})+"
_INDIAN = r"[1-9][0-9]?(?:%s[0-9]{2})*%s[0-9]{3}"
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"


@dataclass(frozen=True)
class Style:
    """A way to write numbers: its marks, and the patterns of its whole numbers and of all its numbers."""

    thousands: str
    decimal: str
    whole: str
    number: str

    def plain(self, numeral: str) -> str:
        """A numeral of this style as computers write it."""
        return (numeral.replace(self.thousands, "") if self.thousands else numeral).replace(self.decimal, ".")


def _style(thousands: str, decimal: str, groups: str = _THREES) -> Style:
    """Exponents go with ungrouped digits only. A decimal point may be the last character ("5."), a comma not."""
    grouped = "|" + groups.replace("%s", f"[{thousands}]") if thousands else ""
    fraction, exponent = f"[{decimal}][0-9]+", "" if thousands else _EXPONENT
    end = f"{fraction}|[.]" if decimal == "." else fraction
    whole = f"(?:{_UNGROUPED}{grouped})"
    return Style(thousands, decimal, f"[+-]?{whole}", f"[+-]?(?:{whole}(?:{end})?|{fraction}){exponent}")


PLAIN = _style("", ".")
COMMA_THOUSANDS = _style(",", ".")
COMMA_DECIMAL = _style("", ",")
STYLES: tuple[Style, ...] = (
    PLAIN,
    COMMA_THOUSANDS,
    _style(",", ".", _INDIAN),
    COMMA_DECIMAL,
    _style(".", ","),
    _style(" ", "."),
    _style(" ", ","),
    _style("'", "."),
    _style("'", ","),
)


def before(marks: str) -> str:
    """The pattern of a mark before a numeral, with the sign or bracket beside it: "-$5", "$-5", "($5)"."""
    return rf"([-+(]?) *({marks}) *([-+]?)"


def after(marks: str) -> str:
    """The pattern of a mark after a numeral, with what may close the numeral: "5 %", "(5%)", "5 €-"."""
    return rf"[{_WHITE_SPACE}]*({marks})([-)]?)"


def normal(text: str) -> str:
    """A text without white space around it and with ASCII characters for those that mean the same."""
    return text.strip(_WHITE_SPACE).translate(_SAME_CODES)


def read_numeral(text: str) -> int | float | None:
    """The number that `text` spells: an int where it is written whole, else a double. None if it spells none, or one
    that is too large for a double or so small that a double would be 0.
    """
    numeral = normal(text)
    if negative := re.fullmatch(NEGATIVE, numeral):
        numeral = f"-{negative[1] or negative[2]}"
    numeral = re.sub(f"^{SPACED_SIGN}", r"\1", numeral)
    style = next((style for style in STYLES if re.fullmatch(style.number, numeral)), None)
    if style is None:
        return None
    plain = style.plain(numeral)
    if re.fullmatch(style.whole, numeral):
        try:
            return int(plain)
        except ValueError:  # more digits than Python reads
            return None
    value = float(plain)
    vanished = value == 0 and re.match("[^eE]*[1-9]", plain)
    return None if math.isinf(value) or vanished else value
