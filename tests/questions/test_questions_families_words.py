"""The words of families that reviewers stumbled over, each as it should read."""

import random
import re
from datetime import datetime, timedelta

import polars as pl
import pytest

from tabletutor.questions.compose import Composed, ask
from tabletutor.questions.conditions import draw_condition
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.header_words import spoken_columns
from tabletutor.questions.population import Population
from tabletutor.questions.registry import all_families
from tabletutor.records.table import TableProfile
from tests.support.profiles import profile_of

ROWS = range(120)
START = datetime(2019, 1, 5)  # noqa: DTZ001
TABLE = pl.DataFrame(
    {
        "region": [("North", "South", "East", "West")[row % 4] for row in ROWS],
        "num_of_rooms": [row * 7 % 31 for row in ROWS],
        "sales": [float(row * 7 % 101) for row in ROWS],
        "opened": [START + timedelta(days=11 * row) for row in ROWS],
        "Notes": [("good", "bad", None)[row % 3] for row in ROWS],
        "comments": [None if row % 3 else f"all of it is fine, row {row}" for row in ROWS],
    },
    schema_overrides={"opened": pl.Datetime("us")},
)
PROFILE = profile_of(
    TABLE, kinds={"comments": "text"}, roles={"sales": "intensive", "opened": "date", "comments": "free_text"}
)
FAMILIES = {family.name: family for family in all_families()}


def texts(name: str, profile: TableProfile = PROFILE) -> list[str]:
    """Return questions of a family about the whole table, in each of its wordings."""
    family, found = FAMILIES[name], list[str]()
    for seed in range(60):
        draw = Draw(profile, spoken_columns(profile), random.Random(seed))
        try:
            candidate = family.build(draw)
        except CannotDraw:
            continue
        wording = family.wordings[seed % len(family.wordings)]
        found.append(ask(Composed(candidate, Population(), ""), family, wording, draw).text)
    assert found
    return found


@pytest.mark.parametrize(
    ("family", "words", "never"),
    [
        ("date_best_part", r"(?i)\b(in which|on which|the|by) (month \(1 to 12\)|year|weekday)", "opened"),
        ("period_best", r"(?i)\b(?:in which |the |by )(?:quarter|year)\b", "opened"),
        ("date_extreme", "(earliest|latest) opened", "first|last"),
        ("test_decision", "(?i)rejects? (normality|equal means|equal distributions|independence) of|p-value", "null"),
        ("test_number", "test.* of|ANOVA of", r"region '\w+' and region"),
        ("group_shares", r"each (?:region|note|of them)\b.* accounts? for|share of each", "falls|has each"),
        ("scaled_value", "z-score of the (?:highest|lowest|largest|smallest) ", "most of|the (?:most|fewest)"),
        ("text_words", r"words \(separated by spaces\) in comments", "comment "),
        ("group_statistic", r"(?i)(count the rows|add up ).*(these|the) (counts|sums)", "total"),
        ("distinct_count", "(?i)how many|number of|count", "how long"),
        ("text_words", r"(?:Leave out rows without text\.$|largest)", "tie"),
    ],
)  # fmt: skip
def test_a_family_says_what_it_means(family: str, words: str, never: str) -> None:
    for text in texts(family):
        assert re.search(words, text), text
        assert not re.search(never, text), text


def test_a_date_is_named_where_the_table_has_another_time() -> None:
    dated = TABLE.with_columns(year=pl.Series([2000 + row % 9 for row in ROWS]))
    profile = profile_of(dated, roles={"sales": "intensive", "opened": "date", "year": "year"})
    assert all(
        re.search(r"month \(1 to 12, by opened\)|\(by opened\)", text) for text in texts("date_best_part", profile)
    )


def test_values_are_of_the_bare_header() -> None:
    profile = profile_of(TABLE.select(murder="sales"), roles={"murder": "intensive"})
    assert all(" value of" not in text and "murder value" not in text for text in texts("top_values", profile))


def test_two_flags_are_crossed_by_their_names() -> None:
    flags = pl.DataFrame({"paro": [row % 2 == 0 for row in ROWS], "mar": [row % 3 == 0 for row in ROWS]})
    crossed = r"\b(?:paro|mar) (?:and|with|in the rows and) (?:paro|mar)\b"
    assert all(
        re.search(crossed, text) for text in texts("pivot", profile_of(flags, roles={"paro": "flag", "mar": "flag"}))
    )


def test_a_list_begins_with_the_most_or_the_fewest_rows() -> None:
    towns = pl.DataFrame({"town": [f"town {row % 6}" for row in ROWS]})
    for text in texts("group_top", profile_of(towns)):
        assert not re.search(r"the (?:most|fewest) rows.*(?:largest|smallest|highest|lowest)", text)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("beyond", "sales are (?:above|below) their overall average|rooms is (?:above|below) its overall average"),
        ("one_of", "region is either '[A-Z][a-z]+' or '[A-Z][a-z]+'"),
        ("known", "(?:comments|Notes) (?:is known|is not missing|is recorded|is missing|has no value)"),
    ],
)
def test_a_condition_agrees_with_its_column(kind: str, words: str) -> None:
    for seed in range(20):
        draw = Draw(PROFILE, spoken_columns(PROFILE), random.Random(seed))
        assert re.fullmatch(f".*(?:{words})", draw_condition(draw, (kind,)).predicate)


def test_texts_with_markup_are_not_counted_in_words() -> None:
    marked = TABLE.with_columns(comments=pl.lit("<p>fine</p> and good"))
    profile = profile_of(marked, kinds={"comments": "text"}, roles={"comments": "free_text"})
    with pytest.raises(CannotDraw):
        FAMILIES["text_words"].build(Draw(profile, spoken_columns(profile), random.Random(0)))


def test_equal_rows_are_copies_only_if_something_tells_rows_apart() -> None:
    people = pl.DataFrame({"sex": ["f", "m"] * 20, "age": [row % 9 for row in range(40)]})
    dated = people.with_columns(
        seen=pl.Series([START + timedelta(days=row % 19) for row in range(40)], dtype=pl.Datetime("us"))
    )
    for frame, asked in ((people, False), (dated, True)):
        profile = profile_of(frame)
        draw = Draw(profile, spoken_columns(profile), random.Random(0))
        if asked:
            assert FAMILIES["repeated_rows"].build(draw)
        else:
            with pytest.raises(CannotDraw):
                FAMILIES["repeated_rows"].build(draw)


def test_a_limit_has_few_digits_and_a_row_the_first_of_its_names() -> None:
    frame = pl.DataFrame(
        {
            "name": [f"Ann {row}" for row in range(40)],
            "movie": [f"Life {row}" for row in range(40)],
            "share": [(0.5, 1.4091, 1.5, 2.25)[row % 4] for row in range(40)],
        }
    )
    profile = profile_of(frame, kinds={"name": "text", "movie": "text"}, roles={"name": "label", "movie": "label"})
    draws = [Draw(profile, spoken_columns(profile), random.Random(seed)) for seed in range(20)]
    assert {draw.threshold(profile.columns[2]) for draw in draws} == {1.5}
    assert {draw.label().name for draw in draws} == {"name"}


def test_sales_are_outliers_and_no_average_sales_is_higher() -> None:
    said = [text for text in texts("outlier_count") if "whose" in text]
    assert any("whose sales are outliers" in text for text in said)
    assert any("whose number of rooms is an outlier" in text for text in said)
    assert not any("sales" in text for text in texts("compare_greater"))


@pytest.mark.parametrize(("groups", "counted"), [(9, False), (12, True)])
def test_a_median_of_counts_needs_many_groups(groups: int, counted: bool) -> None:
    table = pl.DataFrame(
        {"region": [f"region {row % groups}" for row in ROWS], "sales": [row * 7 % 31 for row in ROWS]}
    )
    said = " ".join(texts("group_statistic", profile_of(table, kinds={"region": "category"})))
    assert ("ount the rows" in said) is counted
