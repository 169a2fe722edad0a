"""Facts about the values of a column that roles are inferred from."""

from dataclasses import dataclass

import polars as pl

from tabletutor.tables.kinds import Column

NEARLY_UNIQUE = 0.98
CLOCK_MAX = 2400
LONGEST = 1e18  # larger numbers are no 64-bit integers


@dataclass(frozen=True)
class NumberFacts:
    """The values of a column of numbers. `whole`: no value has a fraction. `halves`: every value is a multiple of 0.5.

    `integers`: the cells are written without a decimal mark. `one_length`: the number of digits that all values have.
    `clock`: all values can be times of day such as 1530. `gap`: the widest gap between neighbouring values, in
    multiples of the narrowest one; 1 for fewer than three values. `rising`: the values are sorted, in either direction.
    """

    rows: int
    present: int
    unique: int
    min: float
    max: float
    median: float
    whole: bool
    integers: bool
    halves: bool
    one_length: int | None
    clock: bool
    gap: float
    rising: bool

    @property
    def nearly_unique(self) -> bool:
        """Return whether hardly any value occurs twice."""
        return self.unique >= NEARLY_UNIQUE * self.present

    @property
    def once(self) -> str:
        """The words by which a reason says that each value, or nearly each, occurs once."""
        return "each value once" if self.unique == self.present else "nearly each value once"

    def within(self, low: float, high: float) -> bool:
        """Return whether all values are whole and lie in this range."""
        return self.whole and low <= self.min and self.max <= high

    @property
    def span(self) -> str:
        """The range as people write it: "1…9"."""
        return f"{self.min:g}…{self.max:g}" if not self.whole else f"{int(self.min)}…{int(self.max)}"


def number_facts(column: Column) -> NumberFacts:
    """Return the facts about a column of numbers with at least one value."""
    values = column.values.drop_nulls()
    distinct = values.unique().sort()
    real = distinct.cast(pl.Float64)
    whole = bool((real == real.round()).all())
    lengths = distinct.abs().cast(pl.Int64, strict=False).cast(pl.String).str.len_chars().unique() if whole else None
    low, high = float(real[0]), float(real[-1])
    gaps = real.diff().drop_nulls()
    return NumberFacts(
        rows=len(column.values),
        present=len(values),
        unique=len(distinct),
        min=low,
        max=high,
        median=float(values.cast(pl.Float64).median() or 0.0),  # pyright: ignore[reportArgumentType]
        whole=whole,
        integers=column.values.dtype.is_integer(),
        halves=bool((real * 2 == (real * 2).round()).all()),
        one_length=int(lengths[0])
        if lengths is not None and len(lengths) == 1 and low >= 0 and high < LONGEST
        else None,
        clock=whole and low >= 0 and high <= CLOCK_MAX and high > 60 and bool((real % 100 < 60).all()),
        gap=float(gaps.max()) / float(gaps.min()) if len(gaps) > 1 else 1.0,  # pyright: ignore[reportArgumentType]
        rising=values.is_sorted() or values.is_sorted(descending=True),
    )


@dataclass(frozen=True)
class TextFacts:
    """The values of a column of text. `values` are its distinct values, the most frequent first, at most 5000."""

    rows: int
    present: int
    unique: int
    values: tuple[str, ...]
    counts: tuple[int, ...]
    words: float
    longest: int

    @property
    def share(self) -> float:
        """The share of distinct values among the present ones, from 0 to 1."""
        return self.unique / max(1, self.present)

    @property
    def once(self) -> str:
        """The words by which a reason says that each value, or nearly each, occurs once."""
        return "each value once" if self.unique == self.present else "nearly each value once"

    @property
    def frequent(self) -> tuple[str, ...]:
        """The values without the rare ones, which together make up at most 2 % of the rows."""
        left = (1 - NEARLY_UNIQUE) * self.present
        kept = len(self.counts)
        while kept > 3 and self.counts[kept - 1] <= left:
            left -= self.counts[kept - 1]
            kept -= 1
        return self.values[:kept]

    @property
    def folded(self) -> frozenset[str]:
        """The distinct values in lower case, without spaces at their ends."""
        return frozenset(value.strip().casefold() for value in self.values)


MAX_VALUES = 5000


def text_facts(column: Column) -> TextFacts:
    """Return the facts about a column of text with at least one value."""
    values = column.values.drop_nulls().cast(pl.String)
    counts = values.alias("value").value_counts(name="count").sort(["count", "value"], descending=[True, False])
    distinct = counts["value"].head(MAX_VALUES)
    words = distinct.str.strip_chars().str.count_matches(r"\s+").cast(pl.Float64) + 1
    return TextFacts(
        rows=len(column.values),
        present=len(values),
        unique=len(counts),
        values=tuple(distinct.to_list()),
        counts=tuple(counts["count"].head(MAX_VALUES).to_list()),
        words=float(words.mean() or 0.0),  # pyright: ignore[reportArgumentType]
        longest=int(distinct.str.len_chars().max() or 0),  # pyright: ignore[reportArgumentType]
    )
