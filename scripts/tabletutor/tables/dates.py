"""Detect and convert columns of dates and times. One form must fit every cell of a column."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from tabletutor.tables.date_forms import DIGITS, GROUPS, MONTHS, NAMED_MONTH, YEAR_MONTH, Form

SAMPLE = 64
NEARLY_ALL = 0.9
_DATE_WORDS = ("date", "day", "datum", "fecha", "time", "jour", "giorno")
# The range of Python's datetime. pandas, Polars and DuckDB support more.
FIRST, LAST = datetime.fromisoformat("0001-01-01"), datetime.fromisoformat("9999-12-31T23:59:59.999999")
_MONTH_NUMBERS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_GROUPS = ("year", "month", "day", "hour", "minute", "second", "fraction", "half", "zone")


@dataclass(frozen=True)
class DateForm:
    """The date form of a column.

    `clock`: at least one cell has a time of day. `void`: cells that name no day, such as "0000-00-00".
    `warnings`: decisions about ambiguous cells.
    """

    form: Form
    clock: bool
    void: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def detect_dates(distinct: pl.Series, header: str) -> DateForm | None:
    """Return the form that fits all distinct non-missing cells of a column, or None.

    Eight digits ("20240131") are a date only if the header says so. A month without a day ("Jan 2021") becomes the
    first day of the month. Years range from 1 to 9999, which Python, pandas, Polars and DuckDB all support.
    """
    for group in _candidates(distinct, header):
        read = {form: _parse(distinct, form) for form in group}
        fitting = [form for form, parts in read.items() if _fits(parts, form)]
        if fitting:
            ranked = sorted(fitting, key=lambda form: _rank(form, fitting, read))
            return _describe(ranked, distinct, read[ranked[0]])
    return None


def date_warning(distinct: pl.Series) -> str | None:
    """Return the warning for a text column in which at least half of the cells are dates, or None."""
    sample = distinct.head(SAMPLE).to_list()
    for form in (form for group in (*GROUPS, *MONTHS) for form in group):
        if sum(form.regex.match(cell) is not None for cell in sample) < 0.5 * len(sample):
            continue
        parts = _parse(distinct, form)
        odd = distinct.filter(parts["when"].is_null() & ~parts["void"])
        if not len(odd):
            if any(form in group for group in MONTHS):
                continue
            return "all cells are dates, but not all name a time zone or a half of the day; kept as text"
        if len(odd) <= 0.5 * len(distinct):
            how = "nearly all" if len(odd) <= (1 - NEARLY_ALL) * len(distinct) else "most"
            return f"{how} cells are dates; kept as text because of {', '.join(map(repr, odd.sort().head(3)))}"
    return None


def to_datetimes(cells: pl.Series, form: DateForm) -> pl.Series:
    """Convert stripped text cells to Datetime in microseconds. Missing cells are null; zones are converted to UTC."""
    return _parse(cells, form.form)["when"].alias(cells.name)


def _candidates(distinct: pl.Series, header: str) -> list[list[Form]]:
    """Return the forms that match the first 64 cells, in groups of forms that match the same cells."""
    sample = distinct.head(SAMPLE).to_list()
    groups = [*GROUPS, *MONTHS]
    if any(word in header.lower() for word in _DATE_WORDS):
        groups = [*groups, (DIGITS,)]
    looks = ([form for form in group if all(map(form.regex.match, sample))] for group in groups)
    return [group for group in looks if group]


def _parse(cells: pl.Series, form: Form) -> pl.DataFrame:
    """Return the parts of each cell.

    `when` is null if the cell does not match the form or lies outside the years 1 to 9999.
    """
    found = cells.alias("cell").to_frame().select(pl.col("cell").str.extract_groups(form.pattern)).unnest("cell")
    absent = [pl.lit(None, pl.String).alias(name) for name in _GROUPS if name not in found.columns]
    parts = found.with_columns(absent).with_columns(
        apostrophe=pl.col("year").str.contains("^['\u2019]"),
        year=pl.col("year").str.strip_chars("'\u2019"),
        month=_month(),
        day=pl.col("day") if form.has_day else pl.when(pl.col("month").is_not_null()).then(pl.lit("1")),
    )
    year = pl.col("year").cast(pl.Int32)
    century = pl.when(year >= 69).then(1900).otherwise(2000)
    short = pl.col("year").str.len_chars() == 2
    zeros = (year == 0) & (pl.col("month") == 0) & (pl.col("day").cast(pl.Int32) == 0)
    parts = parts.with_columns(
        short=short,
        void=(((year == 0) & ~short) | zeros).fill_null(value=False),
        full_year=pl.when(short).then(year + century).otherwise(year),
        full_hour=_hour(),
        offset=_offset(),
    )
    text = pl.format(
        "{}-{}-{} {}:{}:{}.{}",
        pl.col("full_year").cast(pl.String).str.zfill(4),
        pl.col("month"),
        pl.col("day"),
        pl.col("full_hour"),
        pl.col("minute").fill_null("00"),
        pl.col("second").fill_null("00"),
        pl.col("fraction").fill_null("0").str.slice(0, 6),
    )
    local = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
    when = local - pl.duration(minutes=pl.col("offset"), time_unit="us")
    leap = pl.col("second").cast(pl.Int32) > 59
    held = when.is_between(FIRST, LAST) & ~leap.fill_null(value=False) & ~pl.col("void")
    return parts.with_columns(when=pl.when(held).then(when))


def _month() -> pl.Expr:
    """Return the month as a number, from digits or a name."""
    name = pl.col("month").str.slice(0, 3).str.to_lowercase()
    number = pl.col("month").cast(pl.Int32, strict=False)
    return pl.coalesce(number, name.replace_strict(_MONTH_NUMBERS, default=None, return_dtype=pl.Int32))


def _hour() -> pl.Expr:
    """Return the hour on a 24-hour clock, 0 if the cell has no time of day.

    Null for "13 PM" and for an hour without minutes or AM/PM ("3 Jan 2019 10").
    """
    hour = pl.col("hour").cast(pl.Int32)
    afternoon = pl.col("half").str.to_lowercase().str.starts_with("p").cast(pl.Int32)
    return (
        pl.when(hour.is_null())
        .then(0)
        .when(pl.col("half").is_null() & pl.col("minute").is_not_null())
        .then(hour)
        .when(hour.is_between(1, 12))
        .then(hour % 12 + 12 * afternoon)
    )


def _offset() -> pl.Expr:
    """Return the offset from UTC in minutes, positive to the east. 0 without a zone, null for an impossible zone."""
    digits = pl.col("zone").str.replace(":", "").str.extract(r"^[+-](\d+)$")
    hours, minutes = digits.str.slice(0, 2).cast(pl.Int32), digits.str.slice(2).cast(pl.Int32, strict=False)
    sign = pl.when(pl.col("zone").str.starts_with("-")).then(-1).otherwise(1)
    east = sign * (60 * hours + minutes.fill_null(0))
    return pl.when(digits.is_null()).then(0).when((hours <= 14) & (minutes.fill_null(0) <= 59)).then(east)


def _fits(parts: pl.DataFrame, form: Form) -> bool:
    """Return whether the form reads all cells alike: every time of day has a zone, or none has; likewise AM/PM."""
    whole = parts.filter(~pl.col("void"))
    if not whole.height or whole["when"].null_count():
        return False
    clocks = whole.filter(pl.col("hour").is_not_null())
    if clocks["half"].null_count() not in (0, clocks.height) or clocks["zone"].null_count() not in (0, clocks.height):
        return False
    if clocks.height < whole.height and (clocks["offset"] != 0).any():
        return False
    if form is YEAR_MONTH:  # "2010-11", "2011-12": seasons
        return bool((whole["month"] != (whole["full_year"] + 1) % 100).any())
    if form is NAMED_MONTH and whole["short"].any():  # "Jan-19" may be a day; "Jan-99" and "Jan '19" cannot
        no_day = (whole["full_year"] % 100).is_in([0, *range(32, 100)]) | whole["apostrophe"]
        return bool((no_day & whole["short"]).any())
    return True


def _rank(form: Form, fitting: list[Form], read: dict[Form, pl.DataFrame]) -> int:
    """Return the rank of a reading among rival readings: its place in the preferred order, or -1 for year-month-day.

    Example: "19-01-03", "19-02-09", "19-03-18" is read with the year first. The year comes first if the last part
    takes more values than the first part, unless the first part holds only first or last days of months, as in a
    table of monthly figures ("31-01-19", "28-02-20").
    """
    rank = fitting.index(form)
    if rank == len(fitting) - 1 and rank > 0 and form.name.startswith("year"):
        parts = read[form].filter(~pl.col("void"))
        days, years = parts["day"].n_unique(), parts["year"].n_unique()
        ends = parts["year"].cast(pl.Int32).is_in([1, 28, 29, 30, 31]).all()
        return -1 if days > years and not ends else rank
    return rank


def _describe(ranked: list[Form], distinct: pl.Series, parts: pl.DataFrame) -> DateForm:
    """Return the best of the fitting forms, with warnings about ambiguous cells."""
    form = ranked[0]
    clock = parts["hour"].is_not_null()
    warnings: list[str] = []
    if len(ranked) > 1:
        rivals = " and ".join(rival.name for rival in ranked[1:])
        unclear = "day, month and year" if any(r.name.startswith("year") for r in ranked) else "day and month"
        warnings.append(f"{unclear} cannot be told apart; read as {form.name}, {rivals} would fit too")
    short = int(parts["short"].sum())
    if short:
        some = f" in {short} distinct cells" if short < parts.height else ""
        warnings.append(f"two-digit years{some}: 69-99 read as 1969-1999, 00-68 as 2000-2068")
    if not form.has_day:
        warnings.append("months without a day: read as the first day of the month")
    bare = parts.height - int(clock.sum()) - int((parts["void"] & ~clock).sum())
    if clock.any() and bare:
        warnings.append(f"{bare} distinct cells without a time of day read as midnight")
    if (parts["fraction"].str.len_chars() > 6).any():
        warnings.append("fractions of a second cut after six digits")
    if parts["zone"].is_not_null().any():
        warnings.append("times converted to UTC")
    return DateForm(form, bool(clock.any()), tuple(distinct.filter(parts["void"])), tuple(warnings))
