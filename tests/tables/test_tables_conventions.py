"""Columns in one unknown convention are reported; ordinary names and codes are not."""

import polars as pl
import pytest

from tabletutor.tables.conventions import convention_warning


@pytest.mark.parametrize(
    "cells",
    [
        ["2021W05", "2021W06", "2022W51"],
        ["5'11\"", "6'2\"", "5'7\""],
        ["12:30", "7:05", "23:59"],
        ["PT5M", "PT12M", "PT90M"],
        ["48°51'N", "40°25'N", "52°31'N"],
        ["٣:٤", "٥:٦", "٧:٨"],
    ],
)
def test_a_shape_with_digits_is_reported_with_an_example(cells: list[str]) -> None:
    assert convention_warning(pl.Series(cells)) == f"all cells look like {cells[0]!r}; kept as text"


@pytest.mark.parametrize(
    "cells",
    [
        ["N123", "N509", "N77"],
        ["Oslo", "Bergen", "Tromso"],
        ["12 Main Street", "Flat 3, Park Lane", "7a The Green", "Hill House"],
        ["12:30", "7:05"],
    ],
)
def test_plain_codes_words_and_mixtures_are_not_reported(cells: list[str]) -> None:
    assert convention_warning(pl.Series(cells)) is None


def test_a_few_cells_of_another_shape_are_named() -> None:
    cells = pl.Series([f"{minute}:30" for minute in range(40)] + ["late", "x" * 90])
    assert (
        convention_warning(cells) == f"nearly all cells look like '0:30', but not 'late', '{'x' * 39}…'; kept as text"
    )
    assert convention_warning(pl.Series([f"{minute}:30" for minute in range(8)] + ["late"])) is None
