"""Texts that are numerals, with their values, and texts that are not."""

import pytest

from tabletutor.matching.numerals import read_numeral


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234", 1234),
        (" +1234.5\n", 1234.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1,234.", 1234.0),
        ("1.5e-3", 0.0015),
        ("1E+3", 1000.0),
        ("10E3", 10000.0),
        ("1,5E+10", 1.5e10),
        ("1,234e3", 1234.0),  # no groups with an exponent
        ("1,234,567.5", 1234567.5),
        ("1.234.567,5", 1234567.5),
        ("1 234 567,5", 1234567.5),
        ("1\u00a0234\u202f567\u2009890", 1234567890),
        ("1'234.5", 1234.5),
        ("1\u2019234,5", 1234.5),
        ("1,48,765", 148765),
        ("12,34,56,789.5", 123456789.5),
        ("1234,5", 1234.5),
        (",5", 0.5),
        ("-5", -5),
        ("- 5", -5),
        ("\u22125", -5),
        ("\u20135", -5),
        ("5.00-", -5.0),
        ("5\u2212", -5),
        ("(1,234)", -1234),
        ("\uff11\uff12\uff0e\uff15", 12.5),  # full width
        ("1,234", 1234),  # a comma before three digits is a thousands mark …
        ("0,123", 0.123),  # … but not after a 0 …
        ("1,2345", 1.2345),  # … and not before four digits
        ("1.234", 1.234),  # one point is a decimal mark
        ("1.234.567", 1234567),
        ("9" * 4000, int("9" * 4000)),
        ("0e-999", 0.0),
    ],
)
def test_numerals(text: str, number: float) -> None:
    read = read_numeral(text)
    assert (read, type(read)) == (number, type(number))


NO_NUMERALS = [
    *("", "-", ".", ",", "()", "e5", "5,", "1e", "1e5.5", "1_000", "0x10", "1/2", "1\u00b2", "\u0661", "1\n2", "5\x1c"),
    *("1.234,", "1,,234", "1,23,45", "1,2345,678", "1,234,56", "123,45,678", "0,123,456", "01,234"),  # broken groups
    *("1 2345", "1  234", "12'34", "1,234'567", "1.234,567.8"),
    *("007", "00.5", "-01"),  # codes
    *("5 -", "+(5)", "(-5)", "(5", "5)", "5--", "--5", "-5-", "1e5-", "(1e5)"),
    *("12 km", "$5", "5%", "inf", "nan"),
    *("1e400", "-1e400", "1e999999999", "1e-400", "9" * 5000, "1" + "0" * 309 + ".5"),  # overflow, or would be 0
]


@pytest.mark.parametrize("text", NO_NUMERALS)
def test_what_is_no_numeral(text: str) -> None:
    assert read_numeral(text) is None
