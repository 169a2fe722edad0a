"""Parse numerals as people write them. The same grammar holds for cells of tables and for answers given as text.

    1234.5   1,234.5   1.234,5   1 234,5   1'234.5   1,23,456.5   1234,5   1.5e-3   -5   - 5   −5   5-   (5)

Groups are strict: the same thousands mark before every three digits (Indian: three, then twos). So the comma in
"1,2345" is a decimal mark, and "1,23,45" is not a numeral. "007" is a code, not a numeral. If a numeral fits several
styles, the first one in STYLES counts: "1,234" is 1234, but "1.234" is a decimal number.

All patterns mean the same in Python's `re` and in Polars, so a single cell and a whole column are parsed alike. They
apply to text after `normalize`.
"""

import math
import re
from dataclasses import dataclass

_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_WHITE_SPACE = " \t\n\v\f\r\x85\u2028\u2029" + _SPACES  # as Polars strips it; Python strips four more

ASCII_EQUIVALENTS: dict[str, str] = {
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys("\u2212\u2013\ufe63", "-"),  # minus, en dash, small hyphen-minus
    "\u2019": "'",
    **{chr(ord(character) + 0xFEE0): character for character in "0123456789+-.,'()%$"},  # full width
}
NEGATIVE = r"\(([^-+()eE]+)\)|([^-+()eE]+)-"  # "(5)" or "5-": one of the two groups has the digits
SPACED_SIGN = rf"([-+])[{_WHITE_SPACE}]+"  # "- 5"
BARE_EXPONENT = r"[0-9]+[eE][0-9]+"  # 10E3: a number or a code

_ASCII_CODES = str.maketrans(ASCII_EQUIVALENTS)
_UNGROUPED = r"0|[1-9][0-9]*"
_THREES = r"[1-9][0-9]{0,2}(?:%s[0-9]{3})+"
_INDIAN = r"[1-9][0-9]?(?:%s[0-9]{2})*%s[0-9]{3}"
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"


@dataclass(frozen=True)
class Style:
    """A way to write numbers: its thousands and decimal marks, and patterns for integers (`whole`) and all numbers."""

    thousands: str
    decimal: str
    whole: str
    number: str

    def plain(self, numeral: str) -> str:
        """Return a numeral of this style in Python's notation."""
        return (numeral.replace(self.thousands, "") if self.thousands else numeral).replace(self.decimal, ".")


def _style(thousands: str, decimal: str, groups: str = _THREES) -> Style:
    """Return a style. Only ungrouped digits may have an exponent. A point may be the last character, a comma not."""
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


def prefix_pattern(marks: str) -> str:
    """Return the pattern of a mark before a numeral, with the sign or bracket beside it: "-$5", "$-5", "($5)"."""
    return rf"([-+(]?) *({marks}) *([-+]?)"


def suffix_pattern(marks: str) -> str:
    """Return the pattern of a mark after a numeral, with a closing sign or bracket: "5 %", "(5%)", "5 €-"."""
    return rf"[{_WHITE_SPACE}]*({marks})([-)]?)"


def normalize(text: str) -> str:
    """Return text without surrounding white space, and with characters replaced by their ASCII equivalents."""
    return text.strip(_WHITE_SPACE).translate(_ASCII_CODES)


def read_numeral(text: str) -> int | float | None:
    """Return the number that `text` spells: an int if it is written without decimals or exponent, else a float.

    Returns None for other text, and for a number that overflows a float or would become 0.
    """
    numeral = normalize(text)
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
        except ValueError:  # more digits than Python parses
            return None
    value = float(plain)
    vanished = value == 0 and re.match("[^eE]*[1-9]", plain)
    return None if math.isinf(value) or vanished else value
