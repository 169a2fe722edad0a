"""What cells look like: digits as 9, letters as A. A column of one shape follows a convention, understood or not."""

import polars as pl

SAMPLE = 64
NEARLY = 0.9
MIN_DISTINCT = 3
SHOWN = 40
MONTH = r"(?i)^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[ -]\d{2}$"
_CODE = "A9"  # letters and then digits: "N123"


def shape(cells: pl.Series) -> pl.Series:
    """Each cell with every run of digits as one 9 and every run of letters as one A: "2021W05" is "9A9"."""
    return cells.str.replace_all(r"\p{Nd}+", "9").str.replace_all(r"[\p{L}\p{M}]+", "A")


def regular(distinct: pl.Series) -> str | None:
    """The remark on a column of text that looks like one convention, from its distinct non-missing cells, or None.

    The convention holds digits, and at least three cells; plain codes ("N123") are none.
    """
    months = int(distinct.str.contains(MONTH).sum())
    few = len(distinct) < MIN_DISTINCT or months < NEARLY * len(distinct)
    if few and months and months >= 0.5 * len(distinct):
        return f"cells such as {_shown(distinct.sort()[-1])} may be a month and a year or a day; kept as text"
    if len(distinct) < MIN_DISTINCT or not _common(shape(distinct.head(SAMPLE))):
        return None
    shapes = shape(distinct)
    common = _common(shapes)
    if common is None:
        return None
    like = distinct.filter(shapes == common)
    odd = distinct.filter(shapes != common).sort().head(3)
    if not len(odd):
        return f"all cells look like {_shown(like[0])}; kept as text"
    return f"nearly all cells look like {_shown(like[0])}, but not {', '.join(map(_shown, odd))}; kept as text"


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= SHOWN else f"{cell[: SHOWN - 1]}…")


def _common(shapes: pl.Series) -> str | None:
    """The shape that nearly all cells have, where it holds digits and is no plain code."""
    counts = shapes.alias("shape").value_counts(name="count")
    top, count = counts.sort(["count", "shape"], descending=[True, False]).row(0)
    regular = count >= max(MIN_DISTINCT, NEARLY * len(shapes)) and "9" in top and top != _CODE
    return str(top) if regular else None
