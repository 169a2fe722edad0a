"""Columns that say the same as another one, and texts that differ only in case."""

import polars as pl

from tabletutor.records.table import Role
from tabletutor.tables.kinds import Column
from tabletutor.tables.profile import profile_column
from tabletutor.tables.roles.finding import Finding
from tabletutor.tables.twins import find_twins, mixes_case

ROWS = range(60)
NAMES = ("Texas", "Ohio", "Maine", "Iowa")


def twins(**columns: tuple[Role, list[object]]) -> dict[str, str]:
    """Return the twins among columns of these roles and values."""
    typed = [
        Column(name, "integer" if isinstance(values[0], int) else "category", pl.Series(name, values), None, ())
        for name, (_, values) in columns.items()
    ]
    roles: list[Role] = [role for role, _ in columns.values()]
    profiles = [profile_column(column, Finding(role, "by hand")) for column, role in zip(typed, roles, strict=True)]
    return find_twins(typed, profiles)


def test_of_two_columns_with_equal_values_the_first_is_used() -> None:
    students: list[object] = [100 + row * 7 % 59 for row in ROWS]
    others: list[object] = [100 + row * 11 % 59 for row in ROWS]
    found = twins(students=("additive", students), total=("additive", students), staff=("additive", others))
    assert found == {"total": "students"}


def test_of_a_code_and_its_names_the_names_are_used() -> None:
    names: list[object] = [NAMES[row % 4] for row in ROWS]
    codes: list[object] = [NAMES[row % 4][:2].upper() for row in ROWS]
    fips: list[object] = [48 + row % 4 for row in ROWS]
    mixed: list[object] = [NAMES[row * row % 7 % 4] for row in ROWS]
    found = twins(code=("category", codes), state=("category", names), fips=("code", fips), born=("category", mixed))
    assert found == {"code": "state", "fips": "state"}


def test_of_a_measure_and_its_logarithm_the_measure_is_used() -> None:
    pay: list[object] = [10 + row * 7 % 15 for row in ROWS]
    squares: list[object] = [(10 + row * 7 % 15) ** 2 for row in ROWS]
    assert twins(logpay=("intensive", squares), pay=("intensive", pay)) == {"logpay": "pay"}


def test_columns_of_zeros_are_no_twins() -> None:
    pool: list[object] = [row if row == 58 else 0 for row in ROWS]
    porch: list[object] = [row if row == 59 else 0 for row in ROWS]
    assert twins(pool=("additive", pool), porch=("additive", porch)) == {}


def test_names_that_occur_once_are_no_twins_of_other_such_names() -> None:
    found = twins(name=("label", [f"n{row}" for row in ROWS]), title=("label", [f"title {row}" for row in ROWS]))
    assert found == {}


def test_texts_that_differ_only_in_case_are_found() -> None:
    assert mixes_case(Column("fuel", "category", pl.Series(["Grass", "grass", "Brush"]), None, ()))
    assert not mixes_case(Column("fuel", "category", pl.Series(["Grass", "Brush", None]), None, ()))
