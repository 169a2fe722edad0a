"""The ends of a column are named by words that fit what it measures, and never by two superlatives."""

import pytest

from tabletutor.questions.header_words import spoken_columns
from tabletutor.questions.superlatives import Superlative, superlative
from tabletutor.records.table import ColumnProfile, Kind, Role, Source, TableProfile


def ends(name: str, kind: Kind = "number", role: Role = "intensive") -> tuple[Superlative, Superlative]:
    column = ColumnProfile(name, kind, 0, 9, role=role)
    spoken = spoken_columns(TableProfile("t", "00", Source("t.csv", 1, "utf-8", {}), 9, (column,)))[name]
    return superlative(column, spoken, "largest"), superlative(column, spoken, "smallest")


@pytest.mark.parametrize(
    ("name", "high", "low", "most", "least"),
    [
        ("age", "highest", "lowest", "oldest", "youngest"),
        ("Ticket Fare", "highest", "lowest", "most expensive", "cheapest"),
        ("flight_duration", "longest", "shortest", "longest", "shortest"),
        ("distance", "longest", "shortest", "farthest", "nearest"),
        ("body_weight", "greatest", "smallest", "heaviest", "lightest"),
        ("height", "greatest", "smallest", "tallest", "shortest"),
        ("wind_speed", "highest", "lowest", "fastest", "slowest"),
        ("population", "largest", "smallest", "largest", "smallest"),
        ("acidity", "highest", "lowest", None, None),
        ("gdpPercap", "highest", "lowest", None, None),
        ("rank", "numerically highest", "numerically lowest", None, None),
    ],
)
def test_the_words_fit_the_measure(name: str, high: str, low: str, most: str | None, least: str | None) -> None:
    assert ends(name) == (Superlative(high, most), Superlative(low, least))


def test_dates_years_and_durations_are_known_by_kind_and_role() -> None:
    assert ends("admission", "date")[0].predicate == "is latest"
    assert ends("established", role="year")[1].of("year") == "earliest year"
    assert ends("waiting", role="duration")[1].measure == "shortest"


def test_numbers_of_things_have_the_most_and_the_fewest() -> None:
    most, fewest = ends("seats", "integer")
    assert (most.of("number of seats"), most.counted, fewest.counted) == (
        "largest number of seats", "most seats", "fewest seats"
    )  # fmt: skip


def test_two_superlatives_never_meet() -> None:
    greatest = Superlative("greatest")
    assert [greatest.of(f"{word} fare") for word in ("lowest", "highest", "mean")] == [
        "greatest minimum fare", "greatest maximum fare", "greatest mean fare"
    ]  # fmt: skip
