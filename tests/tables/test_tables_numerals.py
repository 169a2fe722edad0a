"""Tables and answers read numerals in the same way, and both reject text that is not a numeral."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabletutor.matching.canonical import Number, canonical
from tabletutor.matching.numerals import read_numeral
from tabletutor.records.question import AnswerSpec
from tabletutor.tables.numbers import detect_numbers, header_unit, to_numbers


class Way(NamedTuple):
    """A way to write numbers, implemented without regular expressions. `anchor` fits no other way."""

    thousands: str
    decimal: str
    anchor: str
    indian: bool = False

    def group(self, digits: str) -> str:
        head, last = digits[:-3], digits[-3:]
        size = 2 if self.indian else 3
        groups = [head[max(end - size, 0) : end] for end in range(len(head), 0, -size)]
        return self.thousands.join([*reversed(groups), last])

    def write(self, number: Decimal, grouped: bool = True) -> str:
        whole, point, fraction = f"{number:f}".partition(".")
        return (self.group(whole) if grouped else whole) + (self.decimal + fraction if point else "")

    def value(self, text: str) -> Decimal | None:
        """Return the value of unsigned `text` if it is written in this way, else None."""
        head, mark, fraction = text.partition(self.decimal)
        digits = head.replace(self.thousands, "") if self.thousands else head
        lone = self.decimal == "." and bool(head)  # "5."
        if not all(character in "0123456789" for character in digits + fraction) or (
            mark and not fraction and not lone
        ):
            return None
        if not digits + fraction or (len(digits) > 1 and digits[0] == "0") or head not in (digits, self.group(digits)):
            return None
        return Decimal(f"{digits or 0}.{fraction or 0}")


PLAIN, COMMA_DECIMAL = Way("", ".", "0.5"), Way("", ",", "0,5")
WAYS = [  # if a text fits two ways, the first one counts
    PLAIN,
    Way(",", ".", "1,234,567.5"),
    Way(",", ".", "1,23,45,678.5", indian=True),
    COMMA_DECIMAL,
    Way(".", ",", "1.234.567,5"),
    Way(" ", ".", "1 234 567.5"),
    Way(" ", ",", "1 234 567,5"),
    Way("'", ".", "1'234'567.5"),
    Way("'", ",", "1'234'567,5"),
]
SAME_MARKS = {" ": " \u00a0\u2009\u202f", "'": "'\u2019", "-": "-\u2212\u2013"}
MARKS = "0123456789.,' -+()eE\u00a0\u2009\u202f\u2019\u2212\u2013\t"
SIGNS = [("", ""), ("+", ""), ("-", ""), ("", "-"), ("(", ")")]

numbers = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places), st.integers(0, 10**14), st.sampled_from([0, 0, 1, 2, 3, 6])
)


def column(cells: Sequence[str]) -> list[float] | None:
    """Return the cells as a column of numbers, or None if they are not one."""
    stripped = pl.Series(cells, dtype=pl.String).str.strip_chars()
    form = detect_numbers(stripped.unique())
    return None if form is None else to_numbers(stripped, form.choose(comma_decimal=False)).to_list()


def numeral_value(text: str) -> float | None:
    """Return the value of a numeral or None: an independent implementation of `read_numeral`."""
    for mark, alike in SAME_MARKS.items():
        for other in alike:
            text = text.replace(other, mark)
    text = text.strip()
    sign = text[:1] if text[:1] in ("-", "+") else ""
    text = text.removeprefix(sign)
    if not sign and "e" not in text.lower():
        if text[:1] == "(" and text[-1:] == ")":
            sign, text = "-", text[1:-1]
        elif text[-1:] == "-":
            sign, text = "-", text[:-1]
    if sign:
        text = text.lstrip()  # "- 5"
    mantissa, exponent, power = text.lower().partition("e")
    if exponent and not (power[1:] if power[:1] in ("+", "-") else power).isdecimal():
        return None
    ways = [PLAIN, COMMA_DECIMAL] if exponent else WAYS
    value = next((value for way in ways if (value := way.value(mantissa)) is not None), None)
    return None if value is None else float(f"{sign}{value}{exponent}{power}")


@settings(deadline=None)
@given(st.data(), st.sampled_from(WAYS), st.lists(numbers, min_size=1, max_size=4))
def test_numbers_written_in_any_way_are_read_back(data: st.DataObject, way: Way, written: list[Decimal]) -> None:
    cells: list[str] = []
    values: list[float] = []
    for number in written:
        opening, closing = data.draw(st.sampled_from(SIGNS))
        text = opening + way.write(number, grouped=data.draw(st.booleans())) + closing
        cells.append("".join(data.draw(st.sampled_from(SAME_MARKS.get(mark, mark))) for mark in text))
        values.append(float(-number if opening in ("-", "(") or closing else number))
        alone = way.decimal == "." or not re.fullmatch(r"\d{1,3}[.,]\d{3}", text.strip("+-()"))
        if alone:  # "1,234" for 1.234, and "1.234" for 1234, need the rest of a column to be understood
            assert read_numeral(cells[-1]) == values[-1]
    assert column([*cells, way.anchor]) == [*values, numeral_value(way.anchor)]


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4), st.sampled_from(".,"))
def test_exponents_are_read_back(written: list[float], decimal: str) -> None:
    cells = [f"{number:.17e}".replace(".", decimal) for number in written]
    assert [read_numeral(cell) for cell in cells] == written
    assert column(cells) == written


near = st.builds(
    lambda way, number, sign, place, cut, put: (
        (text := sign[0] + way.write(number) + sign[1])[: place % (len(text) + 1)]
        + put
        + text[place % (len(text) + 1) + cut :]
    ),
    st.sampled_from(WAYS),
    numbers,
    st.sampled_from(SIGNS),
    st.integers(0, 30),
    st.integers(0, 2),
    st.text(MARKS, max_size=2),
)
texts = near | st.text(MARKS, max_size=9) | st.text(max_size=6)


@settings(deadline=None)
@given(texts)
def test_text_that_is_no_numeral_is_rejected_by_both(text: str) -> None:
    read = read_numeral(text)
    if set(text) <= set(MARKS) and not re.search(r"[eE].?\d{3}", text):  # so high a power no double holds
        assert read == numeral_value(text)
    bare = re.fullmatch(r"\s*[0-9]+[eE][0-9]+\s*", text)  # by itself a column of these may be codes …
    beyond = isinstance(read, int) and not -(2**63) <= read < 2**63  # … and a column of integers has 64 bits
    assert column([text]) == (None if read is None or bare or beyond else [read])
    if bare and read is not None:
        assert column([text, "0.5"]) == [read, 0.5]


@settings(deadline=None)
@given(texts, st.sampled_from(["%", " %", "\u00a0%", "%-", "%)", "\uff05"]))
def test_percentages_are_read_alike(text: str, percent: str) -> None:
    answer = canonical(text + percent, "percentage", AnswerSpec())
    read = column([text + percent])
    assert (answer.value if isinstance(answer, Number) else None) == (read[0] if read else None)


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Body Mass (g)", "g"),
        ("Literacy (%)", "%"),
        ("Wait (Hours)", "Hours"),
        ("Speed [km/h]", "km/h"),
        ("Petitions Denied (Pardons)", None),
        ("Any opioid (US CDC WONDER)", None),
        ("Wins (2019)", None),
        ("(g)", None),
    ],
)
def test_a_unit_in_the_brackets_of_a_header_is_no_other_word(header: str, unit: str | None) -> None:
    assert header_unit(header) == unit
