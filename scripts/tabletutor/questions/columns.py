"""Uses of a column in questions, beyond what its role says."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache

from tabletutor.records.table import NUMERIC, TEMPORAL, ColumnProfile, Role, TableProfile

# A column of these, or whose values are these, gives the unit of a measure, so the measure has several units.
UNIT_HEADERS = frozenset({"unit", "units", "uom", "currency"})
UNIT_VALUES = frozenset(
    {"hour", "day", "week", "month", "year", "hourly", "daily", "weekly", "monthly", "yearly", "annual"}
)
QUALIFIERS = frozenset({"total", "sum", "avg", "average", "mean", "median", "max", "min", "num", "number", "of", "the"})
BALANCED: frozenset[Role] = frozenset({"category", "label", "code", "ordinal", "year", "date_part", "flag", "date"})
EVEN = 1.02  # rows of the most frequent value over the average
# Days between two rows of an even series: an hour, a day, a week, a month, a quarter, a year.
INTERVALS = (1 / 24, 1.0, 7.0, 30.44, 91.31, 365.25)
TOLERANCE = 0.02  # of the average interval of a series
TELLING = 3  # letters of a word that two headers share
ONE_SIZE = 30  # times
OWN_UNITS = frozenset(
    {"percent", "pct", "celsius", "kph", "kmh", "mph", "hpa", "km", "cm", "mm", "kg", "usd", "eur", "count", "age"}
)
# What a header measures: "hp" and "hp_rpm" share a word and cannot be subtracted.
MEASURE_WORDS = OWN_UNITS | frozenset(
    {"rpm", "mpg", "per", "rate", "ratio", "share", "percentage", "proportion", "prop", "density", "index", "rank"}
    | {"score", "lb", "lbs", "feet", "ft", "inches", "miles", "meters", "metres", "hours", "minutes", "seconds", "days"}
    | {"price", "cost", "revenue", "number", "num", "year", "years", "sd", "se", "std", "var", "log", "sq"}
)
GIVEN = frozenset({"age", "ages", "birth", "born", "latitude", "longitude", "altitude", "elevation", "elev", "height"})
NATURAL = frozenset(
    {"temperature", "temp", "tmax", "tmin", "tmean", "precipitation", "rain", "rainfall", "snow", "snowfall", "snwd"}
    | {"wind", "gust", "humidity", "pressure", "dewpoint", "visibility", "sunshine", "radiation", "solar", "ozone"}
    | {"magnitude", "mag", "depth", "elevation", "height", "weight", "age", "bmi", "length", "width", "mass"}
    | {"sunspots", "tide", "cloud", "clouds", "celsius", "fahrenheit", "prcp", "minimum", "maximum"}
)
# Dates of the record and not of what it is about: "Updated", "date_created", "last_calibration".
BOOKKEEPING = frozenset(
    {"updated", "update", "modified", "created", "creation", "archived", "archive", "uploaded", "loaded", "imported"}
    | {"extracted", "retrieved", "accessed", "processed", "inserted", "synced", "refreshed", "edited", "last"}
    | {"calibration", "calibrated", "expiry", "expiration", "expires", "revised", "verified"}
)
BIRTH = frozenset({"birth", "born", "dob", "birthday", "birthdate"})
# Ends of what has a beginning: another date says better when it happened.
ENDS = frozenset(
    {"end", "ended", "ending", "finish", "finished", "closed", "stop", "completed", "resolved", "released"}
    | {"extinguished", "returned", "due", "delivered", "delivery", "ship", "shipped"}
)
HALF_NAMES = ({"first", "name"}, {"last", "name"}, {"middle", "name"}, {"given", "name"}, {"family", "name"})
HALF_WORDS = frozenset({"firstname", "lastname", "surname", "forename", "fname", "lname"})
INVENTED = frozenset(
    {"fake", "dummy", "masked", "anon", "anonymous", "anonymized", "anonymised", "pseudonym", "hashed"}
)
MOSTLY_ZERO = 0.85  # of the values; a mean of such a column is one of its few other values, thinned out
MIN_FILLED = 0.2  # of the rows have a value of a column that splits them into groups
NAMING_SHARE = 0.9  # different values among the rows of a column that names them
MAX_UNNAMED = 0.1  # of the rows without a name
FEW = 20
INHABITANTS = frozenset({"population", "pop", "inhabitants", "residents", "households"})
RECURS = 4  # rows with one number of inhabitants, which then is that of a place that several rows share
# What a place or an account has at a time: a sum over times is no quantity.
LEVELS = INHABITANTS | frozenset(
    {"stock", "stocks", "balance", "balances", "inventory", "debt", "reserves", "assets", "employed", "unemployed"}
    | {"employment", "enrollment", "subscribers", "members"}
)
TIMES = frozenset({"year", "years", "yr", "date", "month", "quarter", "period", "week", "day", "time", "decade"})
REPEATED = "the rows of a group repeat it"  # a note in the reason for a role (`tables/roles/repeated.py`)
GUESSED = re.compile(r"spread as counts are|^small whole numbers")  # reasons for a role
WEEK = 7  # days; numbers up to it may be weekdays
MONTH = 31
WHOLE_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


def has_unit_column(profile: TableProfile) -> bool:
    """Return whether a column gives the unit or the period of a measure, row by row."""
    return any(
        column.unique > 1
        and column.kind not in NUMERIC
        and (
            header_parts(column.name) & UNIT_HEADERS
            or (column.kind == "category" and {value.casefold() for value, _ in column.top_values} <= UNIT_VALUES)
        )
        for column in profile.columns
    )


def is_balanced(column: ColumnProfile, rows: int) -> bool:
    """Return whether each value of a column has the same number of rows, as in a panel of countries and years.

    Of dates that occur once each, only a series without gaps is balanced: a day each, or a month.
    """
    if not column.top_values or column.unique < 2 or column.role not in BALANCED:
        return False
    known = rows - column.missing
    even = column.top_values[0][1] * column.unique <= EVEN * known
    return even and (column.kind not in TEMPORAL or is_series(column))


def is_series(date: ColumnProfile) -> bool:
    """Return whether the dates are about as many as days, weeks, months … lie between the first and the last."""
    if not isinstance(date.min, str) or not isinstance(date.max, str):
        return False
    days = (datetime.fromisoformat(date.max) - datetime.fromisoformat(date.min)).total_seconds() / 86_400
    interval = days / max(date.unique - 1, 1)
    return any(abs(interval / even - 1) < TOLERANCE for even in INTERVALS)


def is_natural(column: ColumnProfile) -> bool:
    """Return whether a column measures the weather or the earth, or a body: what has no Sundays."""
    return any(column.role_reason.startswith(f"header word {word!r}") for word in NATURAL) or bool(
        header_parts(column.name) & NATURAL
    )


def is_given(column: ColumnProfile) -> bool:
    """Return whether a column has what is fixed beforehand, such as an age, and is never predicted from others."""
    return bool(header_parts(column.name) & GIVEN)


def has_own_unit(column: ColumnProfile) -> bool:
    """Return whether a measure says its unit itself."""
    return column.unit is not None or bool(header_parts(column.name) & OWN_UNITS)


def is_whole(column: ColumnProfile) -> bool:
    """Return whether a column holds whole numbers, also if they are written with decimals ("12.0")."""
    numbers = [column.min, column.max, *(float(value) for value, _ in column.top_values)]
    return column.kind == "integer" or all(isinstance(number, int | float) and number % 1 == 0 for number in numbers)


def is_text(column: ColumnProfile) -> bool:
    """Return whether a column holds text. An identifier column may hold numbers; then it has a numeric minimum."""
    return column.kind in ("category", "text") or (
        column.kind == "identifier" and not isinstance(column.min, int | float)
    )


def are_comparable(one: ColumnProfile, other: ColumnProfile) -> bool:
    """Return whether the values of two measures can be added or subtracted: one role, one unit, and one word in common.

    Without a unit, headers such as "min temp" and "max temp" say it by the word that they share, if their values are of
    one size: not "calories from fat" and "trans fat". "Total" and the like say nothing. A word for what is measured
    must be in both headers: not "hp" and "hp_rpm".
    """
    words = [header_parts(column.name) & MEASURE_WORDS for column in (one, other)]
    if one.role != other.role or one.unit != other.unit or words[0] != words[1]:
        return False
    alike = one.quantiles[2:3] and other.quantiles[2:3] and _of_one_size(one.quantiles, other.quantiles)
    shared = {word for word in (header_parts(one.name) & header_parts(other.name)) - QUALIFIERS if len(word) >= TELLING}
    return one.unit is not None or (bool(shared) and bool(alike))


def _of_one_size(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether the larger values of two columns differ by less than `ONE_SIZE` times."""
    sizes = sorted(max(abs(marks[0]), abs(marks[-1])) for marks in (one, other))
    return sizes[1] < ONE_SIZE * sizes[0]


@cache
def header_parts(header: str) -> frozenset[str]:
    """Return the words of a header, in lower case and split at `_`, spaces and changes of case. Cached."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter if letter.isalpha() else " " for letter in header)
    return frozenset(word.lower() for word in f"{spaced} {header.replace('_', ' ')}".split() if len(word) > 1)


def is_mostly_zero(column: ColumnProfile, rows: int) -> bool:
    """Return whether nearly all known values of a column of numbers are 0."""
    zeros = sum(count for value, count in column.top_values if float(value) == 0) if column.kind in NUMERIC else 0
    return zeros > MOSTLY_ZERO * (rows - column.missing)


def adds_up(column: ColumnProfile, profile: TableProfile) -> bool:
    """Return whether the sum of a measure over rows is a quantity: its header or unit says so, not its spread alone.

    A few whole numbers under a plural ("sources", from 3 to 10) count what rows may share. The population of a town
    does not add up over rows of people who live there, and none does over years.
    """
    few = column.role_reason.endswith("under a plural: counts") and isinstance(column.max, float) and column.max < FEW
    of_place = (
        bool(header_parts(column.name) & INHABITANTS) and sum(n for _, n in column.top_values) > RECURS * column.unique
    )
    if of_place or (is_level(column) and has_times(profile)):
        return False
    return column.role == "additive" and not few and not GUESSED.search(column.role_reason)


def has_times(profile: TableProfile) -> bool:
    """Return whether rows belong to times, such as the years of a country: a column is called "year" or "date"."""
    return any(
        column.role in ("year", "date", "date_part") and column.unique > 1 and header_parts(column.name) <= TIMES
        for column in profile.columns
    )


def is_level(column: ColumnProfile) -> bool:
    """Return whether a measure says how much there is at a time, such as a population: times cannot be added up."""
    parts = header_parts(column.name)
    return bool(parts & LEVELS) or "header word 'population'" in column.role_reason


def repeats_in_groups(column: ColumnProfile) -> bool:
    """Return whether the rows of a group repeat one value, as the votes of a state on the row of each candidate.

    Such a column chooses rows. A statistic of it counts a value once for each row.
    """
    return REPEATED in column.role_reason


def splits_rows(column: ColumnProfile, rows: int) -> bool:
    """Return whether the values of a column split the rows into groups that a reader can tell apart.

    They do not if hardly any row has a value, if values differ only in case, or if the column is the unit of a measure.
    """
    filled = rows - column.missing >= MIN_FILLED * rows
    return filled and not column.mixes_case and not header_parts(column.name) & UNIT_HEADERS


def names_rows(column: ColumnProfile, rows: int) -> bool:
    """Return whether a label names nearly each row, and no two rows by the same name."""
    return column.missing <= MAX_UNNAMED * rows and column.unique >= NAMING_SHARE * (rows - column.missing)


def is_half_name(column: ColumnProfile) -> bool:
    """Return whether a column has first names or last names only."""
    parts = header_parts(column.name)
    return any(half <= parts for half in HALF_NAMES) or bool(parts & HALF_WORDS)


def is_aside(column: ColumnProfile) -> bool:
    """Return whether nobody asks about a column: names made up to hide people, or the year of a record."""
    invented = column.role == "label" and bool(header_parts(column.name) & INVENTED)
    return invented or (column.role == "year" and is_bookkeeping(column))


def is_bookkeeping(column: ColumnProfile) -> bool:
    """Return whether a date says when a record was written or a device was serviced, not when something happened."""
    return bool(header_parts(column.name) & BOOKKEEPING)


def is_event(date: ColumnProfile) -> bool:
    """Return whether a date says when something happened: it is no bookkeeping and no birth."""
    return not is_bookkeeping(date) and not header_parts(date.name) & BIRTH


def is_day_of_month(column: ColumnProfile, columns: Iterable[ColumnProfile]) -> bool:
    """Return whether a column numbers the days of months that another of the table's columns gives."""
    if column.role != "date_part" or "day" not in header_parts(column.name) or not isinstance(column.max, int | float):
        return False
    months = any(
        other.role in ("year", "date") or (other.role == "date_part" and "month" in header_parts(other.name))
        for other in columns
        if other is not column
    )
    return months and WEEK < column.max <= MONTH


def main_date(profile: TableProfile) -> str | None:
    """Return the date of what the rows are about, or None: the first that is no bookkeeping, no birth and no end."""
    dates = [column for column in profile.columns if column.kind in TEMPORAL and column.twin is None]
    events = [column for column in dates if is_event(column)]
    events.sort(key=lambda column: bool(header_parts(column.name) & ENDS))
    return events[0].name if events else None


def year_of(header: str) -> str | None:
    """Return the year that a header names: "2021" of "Rank 2021", or the date that it is ("3/9/2020").

    None for a header without a year, or with several.
    """
    if WHOLE_DATE.fullmatch(header):
        return header
    years = YEAR.findall(header)
    return years[0] if len(years) == 1 else None


def stem_of(header: str) -> str:
    """Return a header without its year, in lower case: "rank" of "Rank 2021"."""
    return "" if WHOLE_DATE.fullmatch(header) else YEAR.sub("", header).strip(" _-.").casefold()
