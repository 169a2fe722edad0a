"""The settings of the stage `tables`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tabletutor.config.section import Section


def _sum_to_one(shares: dict[str, float]) -> dict[str, float]:
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        raise ValueError(f"the shares must sum to 1, not to {total:.6g}")
    return shares


class TablesConfig(Section):
    """Settings for reading, typing and splitting raw CSVs."""

    missing_markers: tuple[str, ...] = Field(
        default=("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "--", "-", "?", "."),
        description="Texts that may mark a missing value, if the rest of their column supports it.",
    )
    max_bytes: int = Field(
        default=2_000_000_000, gt=0, description="Maximum size of a CSV in bytes; a larger one is an error."
    )
    min_rows: int = Field(default=8, ge=1, description="Minimum number of rows; a smaller table is an error.")
    max_repaired_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Maximum share of rows that may be repaired or quarantined; three rows are always allowed.",
    )
    on_broken_row: Literal["repair", "refuse"] = Field(
        default="repair",
        description="repair: repair or quarantine rows that do not fit the table; refuse: such a row is an error.",
    )
    duplicate_threshold: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Estimated share of common rows from which two tables are near-duplicates and share a split.",
    )
    leak_threshold: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="Share of common rows between tables of different splits at which the leak check fails.",
    )
    split_shares: Annotated[
        dict[Literal["train", "validation", "test"], Annotated[float, Field(ge=0, le=1)]], AfterValidator(_sum_to_one)
    ] = Field(
        default={"train": 0.7, "validation": 0.1, "test": 0.2},
        description="Shares of the splits for tables without a pinned split, chosen by hash; must sum to 1.",
    )
