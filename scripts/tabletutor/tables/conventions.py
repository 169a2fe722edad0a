"""Detect columns of text whose cells share one shape, such as "2021W05", that no other module understands."""

import polars as pl

SAMPLE = 64
DOMINANT_SHARE = 0.9
MIN_DISTINCT = 3
LONGEST_EXAMPLE = 40
MONTH = r"(?i)^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[ -]\d{2}$"
_CODE = "A9"  # letters and then digits: "N123"


def shape(cells: pl.Series) -> pl.Series:
    """Return the shape of each cell. Runs of digits become 9, runs of letters A: "2021W05" has the shape "9A9"."""
    return cells.str.replace_all(r"\p{Nd}+", "9").str.replace_all(r"[\p{L}\p{M}]+", "A")


def convention_warning(distinct: pl.Series) -> str | None:
    """Return the warning for a text column whose distinct non-missing cells share a shape, or None.

    The shape must contain digits and occur at least three times. Plain codes ("N123") do not count.
    """
    months = int(distinct.str.contains(MONTH).sum())
    few = len(distinct) < MIN_DISTINCT or months < DOMINANT_SHARE * len(distinct)
    if few and months and months >= 0.5 * len(distinct):
        return f"cells such as {_quote(distinct.sort()[-1])} may be a month and a year or a day; kept as text"
    if len(distinct) < MIN_DISTINCT or not _dominant_shape(shape(distinct.head(SAMPLE))):
        return None
    shapes = shape(distinct)
    common = _dominant_shape(shapes)
    if common is None:
        return None
    like = distinct.filter(shapes == common)
    odd = distinct.filter(shapes != common).sort().head(3)
    if not len(odd):
        return f"all cells look like {_quote(like[0])}; kept as text"
    return f"nearly all cells look like {_quote(like[0])}, but not {', '.join(map(_quote, odd))}; kept as text"


def _quote(cell: str) -> str:
    return repr(cell if len(cell) <= LONGEST_EXAMPLE else f"{cell[: LONGEST_EXAMPLE - 1]}…")


def _dominant_shape(shapes: pl.Series) -> str | None:
    """Return the shape of at least 90 % of the cells if it contains digits and is not a plain code, else None."""
    counts = shapes.alias("shape").value_counts(name="count")
    top, count = counts.sort(["count", "shape"], descending=[True, False]).row(0)
    is_convention = count >= max(MIN_DISTINCT, DOMINANT_SHARE * len(shapes)) and "9" in top and top != _CODE
    return str(top) if is_convention else None
