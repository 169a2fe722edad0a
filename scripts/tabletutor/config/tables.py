"""The knobs of the stage `tables`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tabletutor.config.section import Section


def _sum_to_one(shares: dict[str, float]) -> dict[str, float]:
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        raise ValueError(f"the shares must sum to 1, not to {total:.6g}")
    return shares


class TablesConfig(Section):
    """How raw CSVs become typed tables and splits."""

    missing_markers: tuple[str, ...] = Field(
        default=("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "--", "-", "?", "."),
        description="Cells that may mean a missing value; each is taken so only where its column bears it out.",
    )
    max_bytes: int = Field(default=2_000_000_000, gt=0, description="A CSV larger than this is refused.")
    min_rows: int = Field(default=8, ge=1, description="A table with fewer rows is too small to ask about.")
    max_repaired_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="A CSV is refused if a larger share of its rows had to be repaired or left out; three always may.",
    )
    on_broken_row: Literal["repair", "refuse"] = Field(
        default="repair", description="What happens at a row that does not fit its table."
    )
    duplicate_threshold: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Estimated share of common rows from which two tables count as near-duplicates.",
    )
    leak_threshold: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="Share of common rows between tables of different splits from which the leak check fails.",
    )
    split_shares: Annotated[
        dict[Literal["train", "validation", "test"], Annotated[float, Field(ge=0, le=1)]], AfterValidator(_sum_to_one)
    ] = Field(
        default={"train": 0.7, "validation": 0.1, "test": 0.2},
        description="Shares of the hash buckets for tables with no pinned split; they sum to 1.",
    )
