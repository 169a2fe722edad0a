"""Write columns of numbers with known values in the conventions of several countries."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.support.tables.written import Cells, WrittenColumn

NBSP, THIN, NARROW = "\u00a0", "\u2009", "\u202f"
CURRENCIES = ("$", "€", "£", "USD", "EUR", "CHF", "US$", "R$", "₹", "¥")
SUFFIXES = ("%", " %", " kg", "kg", " mm", " °C", "‰", " km", "ml", " kWh")
HEADER_UNITS = ("g", "kg", "mm", "%", "m/s", "EUR", "°C")


@dataclass(frozen=True)
class Locale:
    """Thousands and decimal marks of a country. `lakh`: groups of two digits after the first three."""

    label: str
    thousands: str
    decimal: str
    lakh: bool = False


LOCALES = (
    *[Locale("plain", "", ".")] * 5,
    *[Locale("comma thousands", ",", ".")] * 3,
    Locale("decimal comma", "", ","),
    *[Locale("point thousands", ".", ",")] * 2,
    Locale("space thousands", " ", ","),
    Locale("space thousands, point", " ", "."),
    Locale("no-break space thousands", NBSP, ","),
    Locale("thin space thousands", THIN, ","),
    Locale("narrow space thousands", NARROW, ","),
    Locale("apostrophe thousands", "'", "."),
    Locale("typographic apostrophe thousands", "\u2019", "."),
    Locale("lakh", ",", ".", lakh=True),
)


@dataclass(frozen=True)
class Style:
    """Signs, currency and suffix of the numbers of a column."""

    negative: str = "-{}"
    plus: bool = False
    prefix: str = ""
    suffix: str = ""

    def put(self, digits: str, negative: bool) -> str:
        body = f"{self.prefix}{digits}{self.suffix}"
        if negative:
            return self.negative.format(body)
        return f"+{body}" if self.plus else body


NEGATIVES = (*["-{}"] * 6, "\u2212{}", "\u2013{}", "({})", "{}-", "- {}")


def group_digits(digits: str, locale: Locale) -> str:
    """Return the digits before the decimal mark with thousands marks."""
    if not locale.thousands or len(digits) <= 3:
        return digits
    head, tail = digits[:-3], digits[-3:]
    step = 2 if locale.lakh else 3
    parts: list[str] = []
    while head:
        parts.insert(0, head[-step:])
        head = head[:-step]
    return locale.thousands.join([*parts, tail])


def digits_of(value: Decimal, locale: Locale) -> str:
    """Return the absolute value as digits and marks."""
    whole, _, part = f"{abs(value):f}".partition(".")
    return group_digits(whole, locale) + (locale.decimal + part if part else "")


def write_numbers(rng: random.Random, header: str, rows: int, locale: Locale) -> WrittenColumn:
    """Return a column of numbers in one convention of the locale."""
    if rng.random() < 0.07:
        return _exponents(rng, header, rows)
    decimals = rng.choice((0, 0, 0, 1, 1, 2, 2, 3, 4))
    top = rng.choice((9, 99, 999, 9_999, 99_999, 9_999_999, 99_999_999_999))
    signed = rng.random() < 0.35
    values = [_draw(rng, top, decimals, signed) for _ in range(rows)]
    uneven = decimals and rng.random() < 0.35
    style, label, unit = _style(rng)
    if uneven:
        values = [_plain(value) for value in values]
    texts = [style.put(digits_of(value, locale), value < 0) for value in values]
    if decimals and rng.random() < 0.05:
        # ".5" for 0.5, as SAS and SQL Server write it
        below_one = [abs(value) < 1 for value in values]
        bare = [text.replace("0" + locale.decimal, locale.decimal) for text in texts]
        texts = [short if below else text for short, text, below in zip(bare, texts, below_one, strict=True)]
        label += ", no zero before the mark"
    if unit is None and rng.random() < 0.15:
        unit = rng.choice(HEADER_UNITS)
        header = f"{header} ({unit})"
    truth = to_values(values)
    return WrittenColumn(header, "number", f"{locale.label}{label}", Cells(tuple(texts), truth), unit)


def to_values(values: Sequence[Decimal]) -> tuple[int | float, ...]:
    """Return the values that a reader must return: integers, or the floats nearest to the digits."""
    return tuple(int(value) if value == value.to_integral_value() else float(value) for value in values)


def _draw(rng: random.Random, top: int, decimals: int, signed: bool) -> Decimal:
    scale = rng.choice((1, 1, 1, 10, 100)) if rng.random() < 0.5 else 1
    whole = rng.randint(0, max(1, top // scale))
    value = Decimal(whole * 10**decimals + (rng.randrange(10**decimals) if decimals else 0)).scaleb(-decimals)
    return -value if signed and value and rng.random() < 0.4 else value


def _plain(value: Decimal) -> Decimal:
    """Return the value without trailing zeros."""
    short = value.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def _style(rng: random.Random) -> tuple[Style, str, str | None]:
    negative = rng.choice(NEGATIVES)
    label = "" if negative == "-{}" else f", negatives as {negative.format('5')!r}"
    chance = rng.random()
    if chance < 0.12:
        sign = rng.choice(CURRENCIES)
        gap = rng.choice(("", " ")) if not sign.isalpha() else " "
        before = rng.random() < 0.6
        style = Style(negative, False, sign + gap, "") if before else Style(negative, False, "", gap + sign)
        return style, f"{label}, {sign} {'before' if before else 'after'}", sign
    if chance < 0.24:
        suffix = rng.choice(SUFFIXES)
        return Style(negative, False, "", suffix), f"{label}, with {suffix!r}", suffix.strip()
    if chance < 0.28:
        return Style(negative, True), f"{label}, with a plus", None
    return Style(negative), label, None


def _exponents(rng: random.Random, header: str, rows: int) -> WrittenColumn:
    mark, places = rng.choice("eE"), rng.randint(1, 6)
    texts = [f"{rng.uniform(-9.99, 9.99) * 10.0 ** rng.randint(-30, 30):.{places}e}" for _ in range(rows)]
    texts = [text.replace("e", mark) for text in texts]
    return WrittenColumn(header, "number", "exponents", Cells(tuple(texts), tuple(map(float, texts))), None)
