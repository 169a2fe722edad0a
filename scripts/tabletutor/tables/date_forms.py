"""The ways people write a day: the order of its parts, their separators, digits or month names, and the clock after it.

Each form is one regular expression with the groups `year`, `month`, `day`. Years have four digits, or two where a form
says so, and nothing else: "2024" can never be read as the year 20.
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
    """One way to write a day. `name` is what remarks call it; `has_day` is False where only months are named."""

    name: str
    day: str = field(repr=False)
    clock: str = field(default=CLOCK, repr=False)
    has_day: bool = True

    @property
    def pattern(self) -> str:
        """The whole cell as a regular expression that Python and Polars read alike."""
        return rf"^(?i:{self.day}{self.clock})$"

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        return re.compile(self.pattern)


def _numeric(mark: str) -> tuple[tuple[Form, ...], ...]:
    """The forms of digits with one separator. Those of one group read the same digits; the preferred one is first."""
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
