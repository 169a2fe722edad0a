"""Date formats: the order of the parts, their separators, digits or month names, and an optional time of day.

Each form is one regular expression with the groups `year`, `month` and `day`. A year has four digits, or two if the
form allows it, and is matched as a whole, so "2024" is never read as the year 20.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

_D = r"(?P<day>[0-9]{1,2})"
_M = r"(?P<month>[0-9]{1,2})"
_Y = r"(?P<year>[0-9]{4})"
_ANY_Y = r"(?P<year>[0-9]{4}|[0-9]{2})"
_NAMED_Y = r"(?P<year>[0-9]{4}|['\u2019]?[0-9]{2})"
_NEAR_Y = r"(?P<year>(?:1[5-9]|2[01])[0-9]{2})"
_B = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_TH = r"(?:st|nd|rd|th)?\.?"
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?\s+)?"
_HALF_ZONE = r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_SECONDS = r"(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?"
CLOCK = rf"(?:(?:T|,?\s+|:)(?P<hour>[0-9]{{1,2}})(?::(?P<minute>[0-9]{{2}})(?::{_SECONDS})?)?{_HALF_ZONE})?"
COMPACT_CLOCK = rf"T(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})(?:{_SECONDS})?{_HALF_ZONE}"

PREFERRED = {"/": "month/day/year", "-": "day-month-year", ".": "day.month.year"}


@dataclass(frozen=True)
class Form:
    """One way to write a date. Warnings use `name`. `has_day` is False if the form names a month without a day."""

    name: str
    day: str = field(repr=False)
    clock: str = field(default=CLOCK, repr=False)
    has_day: bool = True

    @property
    def pattern(self) -> str:
        """The regular expression for a whole cell. It means the same to Python and to Polars."""
        return rf"^(?i:{self.day}{self.clock})$"

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        return re.compile(self.pattern)


def _numeric(mark: str) -> tuple[tuple[Form, ...], ...]:
    """Return the groups of all-digit forms with one separator.

    The forms of a group can match the same cells. The preferred form comes first.
    """
    sign = re.escape(mark)
    last = [
        Form(f"month{mark}day{mark}year", sign.join((_M, _D, _ANY_Y))),
        Form(f"day{mark}month{mark}year", sign.join((_D, _M, _ANY_Y))),
    ]
    last.sort(key=lambda form: form.name != PREFERRED[mark])
    short = sign.join((r"(?P<year>[0-9]{2})", r"(?P<month>[0-9]{2})", r"(?P<day>[0-9]{2})"))
    whole = Form(f"year{mark}month{mark}day", sign.join((_Y, _M, _D)))
    return (whole,), (*last, Form(f"year{mark}month{mark}day", short))


_COMPACT = _Y + r"(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
DIGITS = Form("yearmonthday", _COMPACT, "")
COMPACT = Form("yearmonthday", _COMPACT, COMPACT_CLOCK)
GROUPS: tuple[tuple[Form, ...], ...] = (
    *(group for mark in PREFERRED for group in _numeric(mark)),
    (COMPACT,),
    (Form("day, month's name, year", rf"{_WEEKDAY}{_D}{_TH}(?:\s+of)?[\s,/-]*{_B}[\s,/-]*{_NAMED_Y}"),),
    (Form("month's name, day, year", rf"{_WEEKDAY}{_B}[\s/-]*{_D}{_TH}(?:,\s*|[\s/-]+){_NAMED_Y}"),),
    (Form("year, month's name, day", rf"{_Y}[\s,/-]*{_B}[\s/-]*{_D}{_TH}"),),
)
NAMED_MONTH = Form("month's name, year", rf"{_B}[\s,/-]*{_NAMED_Y}", "", has_day=False)
YEAR_MONTH = Form("year-month", rf"{_NEAR_Y}[-/](?P<month>[0-9]{{2}})", "", has_day=False)
MONTHS: tuple[tuple[Form, ...], ...] = (
    (NAMED_MONTH,),
    (Form("year, month's name", rf"{_Y}[\s,/-]*{_B}", "", has_day=False),),
    (YEAR_MONTH,),
    (Form("month/year", rf"{_M}[-/]{_NEAR_Y}", "", has_day=False),),
)
