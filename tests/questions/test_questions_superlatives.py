"""The ends of a column are named by words that fit what it measures, and never by two superlatives."""

import pytest

from tabletutor.questions.superlatives import superlative, thing_superlative, with_superlative
from tabletutor.records.table import ColumnProfile, Kind, Role


def ends(name: str, kind: Kind = "number", role: Role = "intensive") -> tuple[str, ...]:
    column = ColumnProfile(name, kind, 0, 9, unit="kg" if "kg" in name else None, role=role)
    return superlative(column, "largest")[0], superlative(column, "smallest")[0]


@pytest.mark.parametrize(
    ("name", "measure", "thing"),
    [
        ("age", ("highest", "lowest"), ("oldest", "youngest")),
        ("Ticket Fare", ("highest", "lowest"), ("most expensive", "cheapest")),
        ("Price of fuel", ("highest", "lowest"), ("most expensive", "cheapest")),
        ("flight_duration", ("longest", "shortest"), ("longest", "shortest")),
        ("distance", ("longest", "shortest"), ("farthest", "nearest")),
        ("body_weight_kg", ("greatest", "smallest"), ("heaviest", "lightest")),
        ("height", ("greatest", "smallest"), ("tallest", "shortest")),
        ("windSpeed", ("highest", "lowest"), ("fastest", "slowest")),
        ("population", ("largest", "smallest"), ("largest", "smallest")),
        ("NumberOfRooms", ("largest", "smallest"), (None, None)),
        ("acidity", ("highest", "lowest"), (None, None)),
        ("gdpPercap", ("highest", "lowest"), (None, None)),
        ("rank", ("numerically highest", "numerically lowest"), (None, None)),
        ("_", ("highest", "lowest"), (None, None)),
    ],
)
def test_the_words_fit_the_measure(name: str, measure: tuple[str, str], thing: tuple[str | None, str | None]) -> None:
    assert ends(name) == measure
    column = ColumnProfile(name, "number", 0, 9, unit="kg" if "kg" in name else None)
    assert (thing_superlative(column, "largest"), thing_superlative(column, "smallest")) == thing


def test_dates_years_and_durations_are_known_by_kind_and_role() -> None:
    assert ends("admission", "date") == ends("established", role="year") == ("latest", "earliest")
    assert ends("waiting", role="duration") == ("longest", "shortest")


def test_each_word_is_offered_once() -> None:
    column = ColumnProfile("opened", "date", 0, 9)
    assert superlative(column, "largest") == ("latest", "most recent")
    assert superlative(column, "smallest") == ("earliest",)


def test_two_superlatives_never_meet() -> None:
    said = [with_superlative("greatest", f"{word} fare") for word in ("lowest", "highest", "mean")]
    assert said == ["greatest minimum fare", "greatest maximum fare", "greatest mean fare"]
