"""The ends of a column are named by words that fit what it measures, and never by two superlatives."""

import pytest

from tabletutor.questions.superlatives import superlative, with_superlative
from tabletutor.records.table import ColumnProfile, Kind, Role


def ends(name: str, kind: Kind = "number", role: Role = "intensive") -> tuple[str, ...]:
    column = ColumnProfile(name, kind, 0, 9, unit="kg" if "kg" in name else None, role=role)
    return superlative(column, "largest")[0], superlative(column, "smallest")[0]


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("age", ("highest", "lowest")),
        ("Ticket Fare", ("highest", "lowest")),
        ("Price of fuel", ("highest", "lowest")),
        ("flight_duration", ("longest", "shortest")),
        ("distance", ("longest", "shortest")),
        ("body_weight_kg", ("greatest", "smallest")),
        ("height", ("greatest", "smallest")),
        ("windSpeed", ("highest", "lowest")),
        ("population", ("largest", "smallest")),
        ("NumberOfRooms", ("largest", "smallest")),
        ("acidity", ("highest", "lowest")),
        ("gdpPercap", ("highest", "lowest")),
        ("rank", ("numerically highest", "numerically lowest")),
        ("_", ("highest", "lowest")),
    ],
)
def test_the_words_fit_the_measure(name: str, measure: tuple[str, str]) -> None:
    assert ends(name) == measure


def test_dates_years_and_durations_are_known_by_kind_and_role() -> None:
    assert ends("admission", "date") == ends("established", role="year") == ("latest", "earliest")
    assert ends("waiting", role="duration") == ("longest", "shortest")
    assert ends("YearsAtCompany", role="duration") == ends("days", role="duration") == ("highest", "lowest")


def test_each_word_is_offered_once() -> None:
    column = ColumnProfile("opened", "date", 0, 9)
    assert superlative(column, "largest") == ("latest", "most recent")
    assert superlative(column, "smallest") == ("earliest",)


def test_two_superlatives_never_meet() -> None:
    said = [with_superlative("greatest", f"{word} fare") for word in ("lowest", "highest", "mean")]
    assert said == ["greatest minimum fare", "greatest maximum fare", "greatest mean fare"]
