"""Write columns of dates and times with known values in common forms."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from tests.support.tables.written import NEVER, Cells, WrittenColumn

SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December")  # fmt: skip
# Fields: Y is the year, y its last two digits. mm and dd have leading zeros, m and d none. b and B are month names.
DAYS = (
    *["{Y}-{mm}-{dd}"] * 6, "{Y}/{mm}/{dd}", "{Y}.{mm}.{dd}", "{Y}-{m}-{d}", "{Y}/{m}/{d}",
    *["{mm}/{dd}/{Y}"] * 2, "{m}/{d}/{Y}", "{mm}-{dd}-{Y}", "{m}/{d}/{y}", "{mm}/{dd}/{y}",
    *["{dd}/{mm}/{Y}"] * 2, "{d}/{m}/{Y}", "{dd}-{mm}-{Y}", "{dd}.{mm}.{Y}", "{d}.{m}.{Y}",
    "{dd}.{mm}.{y}", "{d}/{m}/{y}",
    "{dd}-{mm}-{y}", "{y}-{mm}-{dd}", "{y}/{mm}/{dd}",
    "{dd}-{b}-{Y}", "{d} {b} {Y}", "{dd} {b} {Y}", "{d}. {b} {Y}", "{b} {d}, {Y}", "{b} {dd} {Y}",
    "{Y}-{b}-{dd}", "{dd}-{b}-{y}",
    "{d}-{b}-{y}", "{dd}{b}{Y}", "{d} {B} {Y}", "{B} {d}, {Y}", "{d}. {B} {Y}", "{B} {d} {Y}",
    "{dd} {B} {Y}", "{dd}/{b}/{Y}",
)  # fmt: skip
COMPACT = "{Y}{mm}{dd}"
MONTHS = ("{b} {Y}", "{B} {Y}", "{Y}-{mm}", "{b}-{Y}", "{b}-{y}", "{mm}/{Y}", "{b} {y}", "{Y}/{mm}", "{Y}-{b}")
CLOCKS = ("{H:02}:{M:02}:{S:02}", "{H:02}:{M:02}:{S:02}", "{H:02}:{M:02}", "{H}:{M:02}", "{H}:{M:02}:{S:02}",
          "{I:02}:{M:02} {P}", "{I}:{M:02} {P}", "{I}:{M:02}:{S:02} {P}", "{I:02}:{M:02}{P}",
          "{I}:{M:02} {p}")  # fmt: skip
ZONES = ("Z", "+00:00", "+02:00", "-0500", " +0100", "-03", "varying")


@dataclass(frozen=True)
class Span:
    """The range of days that a column's dates come from."""

    first: date
    days: int

    def draw(self, rng: random.Random) -> datetime:
        return datetime.fromordinal(self.first.toordinal() + rng.randrange(self.days))


def write_dates(rng: random.Random, header: str, rows: int, month_first: bool) -> WrittenColumn:
    """Return a column of days, months or times. `month_first`: the order in the file's country."""
    span = _span(rng)
    if rng.random() < 0.1:
        return _months(rng, header, rows, span)
    form = rng.choice(DAYS)
    while _rank(form) not in (None, month_first) and rng.random() < 0.9:
        form = rng.choice(DAYS)
    if rng.random() < 0.05:
        form, header = COMPACT, f"{header} date"
    if "{y}" in form and not 1900 <= span.first.year <= 2060:
        form = "{Y}-{mm}-{dd}"
    letters = rng.choice((str, str, str, str.upper, str.lower)) if "{b}" in form or "{B}" in form else str
    dates = [span.draw(rng) for _ in range(rows)]
    if form != COMPACT and rng.random() < 0.35:
        return _instants(rng, header, form, dates)
    texts, values = [letters(_day(day, form)) for day in dates], [*dates]
    label = form + ("" if letters is str else f" ({letters.__name__})")
    cells = Cells(tuple(texts), tuple(values))
    if form == "{Y}-{mm}-{dd}" and rng.random() < 0.04:
        bad, row = rng.choice(("0000-01-01", "2019-02-30", "0000-00-00", "2019-13-01")), rng.randrange(rows)
        cells = Cells((*texts[:row], bad, *texts[row + 1 :]), (*values[:row], NEVER, *values[row + 1 :]))
        label += f", one {bad}"
    return WrittenColumn(header, "date", label, cells)


def _span(rng: random.Random) -> Span:
    chance = rng.random()
    if chance < 0.06:
        return Span(date(rng.randint(700, 1700), 1, 1), 30_000)
    if chance < 0.5:
        return Span(date(rng.randint(1970, 2030), rng.randint(1, 12), 1), rng.choice((12, 31, 90, 365)))
    return Span(date(rng.choice((1900, 1950, 1970, 1999)), 1, 1), rng.choice((800, 20_000)))


def _rank(form: str) -> bool | None:
    """Return whether a form of digits has the month first, or None if the order is unambiguous."""
    if "b}" in form.lower() or form.startswith("{Y}"):
        return None
    return form.startswith("{m")


def _fields(moment: datetime) -> dict[str, object]:
    return {
        "Y": f"{moment.year:04d}", "y": f"{moment.year % 100:02d}",
        "mm": f"{moment.month:02d}", "dd": f"{moment.day:02d}",
        "m": moment.month, "d": moment.day, "b": SHORT[moment.month - 1], "B": LONG[moment.month - 1],
        "H": moment.hour, "M": moment.minute, "S": moment.second, "I": (moment.hour + 11) % 12 + 1,
        "P": "PM" if moment.hour > 11 else "AM", "p": "pm" if moment.hour > 11 else "am",
    }  # fmt: skip


def _day(moment: datetime, form: str) -> str:
    return form.format(**_fields(moment))


def _months(rng: random.Random, header: str, rows: int, span: Span) -> WrittenColumn:
    form = rng.choice(MONTHS)
    if "{y}" in form and span.first.year < 1900:
        form = "{b} {Y}"
    dates = [span.draw(rng).replace(day=1) for _ in range(rows)]
    return WrittenColumn(header, "date", form, Cells(tuple(_day(day, form) for day in dates), tuple(dates)))


def _instants(rng: random.Random, header: str, form: str, dates: list[datetime]) -> WrittenColumn:
    clock, fraction, mixed = rng.choice(CLOCKS), 0, False
    seconds = "{S:02}" in clock
    step = 1 if seconds else 60
    moments = [day + timedelta(seconds=rng.randrange(0, 86_400, step)) for day in dates]
    iso = form == "{Y}-{mm}-{dd}"
    if iso and rng.random() < 0.7:
        clock, fraction = "{H:02}:{M:02}:{S:02}", rng.choice((0, 0, 0, 1, 3, 6))
        mixed = rng.random() < 0.25
        moments = [day + timedelta(seconds=rng.randrange(86_400)) for day in dates]
        if fraction:
            moments = [m + timedelta(microseconds=rng.randrange(10**fraction) * 10 ** (6 - fraction)) for m in moments]
    joint = rng.choice("T ") if iso else rng.choice((" ", " ", " ", ", ")) if "{b}" in form.lower() else " "
    zone = rng.choice(ZONES) if iso and rng.random() < 0.4 else ""
    texts: list[str] = []
    values: list[datetime] = []
    for moment in moments:
        written = clock
        if mixed:
            moment, written = _shorten(rng, moment)
        text = _day(moment, form + joint + written)
        if fraction and written == clock:
            text += f".{moment.microsecond:06d}"[: fraction + 1]
        offset = rng.choice(("+01:00", "+02:00")) if zone == "varying" else zone
        texts.append(text + offset)
        values.append(moment - _offset(offset))
    label = form + joint + clock + (f".{fraction}" if fraction else "") + zone + (", mixed precision" if mixed else "")
    return WrittenColumn(header, "date", label, Cells(tuple(texts), tuple(values)))


def _shorten(rng: random.Random, moment: datetime) -> tuple[datetime, str]:
    """Return the time and its format, at random without seconds. ISO 8601 allows omitting seconds that are zero."""
    if rng.random() < 0.4:
        return moment.replace(second=0, microsecond=0), "{H:02}:{M:02}"
    return moment, "{H:02}:{M:02}:{S:02}"


def _offset(zone: str) -> timedelta:
    bare = zone.strip().replace(":", "")
    if bare in ("", "Z"):
        return timedelta(0)
    span = timedelta(hours=int(bare[1:3]), minutes=int(bare[3:5] or 0))
    return timezone(span if bare[0] == "+" else -span).utcoffset(None)
