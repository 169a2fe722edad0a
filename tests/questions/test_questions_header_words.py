"""Questions say headers as people do, as long as the words can mean no other column of the table."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.questions.header_words import SpokenColumn, spoken_columns
from tabletutor.records.table import ColumnProfile, Kind, Role, Source, TableProfile
from tests.support.profiles import profile_of


def table(*columns: ColumnProfile) -> TableProfile:
    return TableProfile("t", "00", Source("t.csv", 1, "utf-8", {}), 9, columns)


def column(
    name: str, kind: Kind = "number", unit: str | None = None, title: str | None = None, role: Role = "category"
) -> ColumnProfile:
    return ColumnProfile(name, kind, 0, 9, unit=unit, title=title, role=role)


def say(*columns: ColumnProfile | str) -> dict[str, SpokenColumn]:
    return dict(spoken_columns(table(*(column(each) if isinstance(each, str) else each for each in columns))))


@pytest.mark.parametrize(
    ("header", "words"),
    {
        "body_mass": "body mass",
        "studyName": "study name",
        "life-expectancy": "life expectancy",
        "bill.length": "bill length",
        "Cause Of Death": "cause of death",
        "year discovered": "year discovered",
        "GDPGrowth": "GDP growth",
        "gdp_growth": "GDP growth",
        "customer_id": "customer ID",
        "pH": "pH",
        "aggravated_assault": "aggravated assault",
        "gdp_per_capita": "GDP per capita",
        "Sub-Category": "sub category",
    }.items(),
)
def test_a_header_of_english_words_is_said_in_words(header: str, words: str) -> None:
    assert say(header)[header].singular == words


@pytest.mark.parametrize(
    "header",
    [
        *(
            "gdpPercap",
            "hwy",
            "dst",
            "disp",
            "pop",
            "tailnum",
            "x",
            "2001",
            "Q1 sales",
            "CPK",
            "temp_max",
            "sleep_total",
        ),
        *("Province / Territory", "Cost Total $", "Pop. Density", "Term (yyyy.mm.dd)", "Is it open?", "größe", "'a'"),
        *("includes_jails", "is_active", "survived", "special", "other", "Appointed on the advice of", "Date Egg"),
        *("opening_weekend_us", "countries_and_areas", "weeks_reporting", "age_wife"),
        *("petitions that were closed without any action", "sleep_total"),
    ],
)
def test_symbols_abbreviations_and_sentences_stand_as_they_are(header: str) -> None:
    words = say(header)[header]
    assert (words.noun, words.singular) == ("header", words.quoted)
    assert words.reason


def test_the_unit_is_apart_from_the_words() -> None:
    said = say(
        column("Body Mass (g)", unit="g"), column("weight_kg", unit="kg"), column("Speed in knots", unit="knots"),
        column("Coastline (coast/area ratio)", unit="coast/area ratio"),
        column("GDP ($ per capita)", unit="$ per capita"),
    )  # fmt: skip
    assert [(words.singular, words.unit) for words in said.values()] == [
        ("body mass", "g"), ("weight", "kg"), ("Speed in knots", "knots"),
        ("Coastline (coast/area ratio)", "coast/area ratio"), ("GDP", "$ per capita"),
    ]  # fmt: skip


def test_the_dictionary_s_title_wins() -> None:
    said = say(
        column("gdpPercap", title="GDP per capita"), column("pm", title="Mean PM2 at noon"), column("z", title="a <b>")
    )
    assert [words.singular for words in said.values()] == ["GDP per capita", "mean PM2 at noon", "z"]


def test_capitals_as_the_table_s_style_are_no_abbreviations() -> None:
    assert [words.singular for words in say("SEX", "AGE", "BIRTH_YEAR").values()] == ["sex", "age", "birth year"]
    assert say("SEX", "Age", "Year")["SEX"].singular == "SEX"


def test_numbers_of_things_amounts_and_names_are_said_differently() -> None:
    said = say(
        column("bedrooms", "integer"), column("Sales", "integer"), column("Petitions Received", "integer"),
        column("broilers"), column("phones (per 1000)", unit="per 1000"), column("genres", "category"),
        column("weather", "category"), column("Number of Rooms", "integer"), column("Species", "category"),
        column("individuals_affected", "integer"),
        column("exercise", "integer", role="ordinal"), column("days", "integer", unit="days"),
    )  # fmt: skip
    assert [(words.noun, words.singular, words.plural, words.counted) for words in said.values()] == [
        ("quantity", "number of bedrooms", None, "bedrooms"),
        ("amount", "sales", None, None),
        ("quantity", "number of petitions received", None, "petitions received"),
        ("header", "broilers", None, None),
        ("quantity", "number of phones", None, "phones"),
        ("count", "genre", "genres", None),
        ("mass", "weather", None, None),
        ("quantity", "number of rooms", None, "rooms"),
        ("count", "species", "species", None),
        ("quantity", "number of individuals affected", None, "individuals affected"),
        ("mass", "exercise", None, None),
        ("quantity", "number of days", None, "days"),
    ]
    assert said["Sales"].is_plural
    assert [said[name].one_value for name in ("genres", "weather", "broilers")] == [
        "genre", "weather value", "broilers value"
    ]  # fmt: skip


def test_an_adjective_over_numbers_has_a_noun_after_it() -> None:
    said = say(
        column("Injured", "integer", role="additive"),
        column("gained", role="intensive"),
        column("Raised", "integer", role="additive"),
        column("Personal", "integer", role="additive"),
    )
    assert [(words.noun, words.singular) for words in said.values()] == [
        ("quantity", "Injured count"), ("quantity", "gained value"), ("quantity", "Raised value"),
        ("quantity", "Personal value"),
    ]  # fmt: skip


def test_a_plural_is_a_count_only_if_it_surely_counts() -> None:
    frame = pl.DataFrame({name: [96, 550, 2340] for name in ("Books", "voters", "number_of_seats", "calls_received")})
    said = spoken_columns(profile_of(frame.with_columns(rooms=pl.Series([0, 5, 900]))))
    assert {name: (words.singular, words.counted) for name, words in said.items()} == {
        "Books": ("Books value", None),
        "voters": ("number of voters", "voters"),
        "number_of_seats": ("number of seats", "seats"),
        "calls_received": ("number of calls received", "calls received"),
        "rooms": ("number of rooms", "rooms"),
    }


def test_an_event_over_whole_numbers_counts_the_events() -> None:
    said = say(column("street_robbery", "integer", role="additive"))
    assert [words.singular for words in said.values()] == ["number of street robberies"]


def test_a_noun_that_names_no_measure_is_followed_by_value_or_stands_as_it_is() -> None:
    headers = ("murder", "women_high_school", "volatile_acidity", "residual_sugar", "poverty")
    said = say(*(column(header, role="intensive") for header in headers))
    assert [words.singular for words in said.values()] == [
        "murder value", "women_high_school", "volatile acidity", "residual sugar", "poverty"
    ]  # fmt: skip


def test_measures_that_share_a_word_are_said_in_one_style() -> None:
    headers = ("birth_rate", "death_rate", "hs_death_count", "body_mass")
    said = say(*(column(header, role="intensive") for header in headers))
    assert [words.singular for words in said.values()] == ["birth_rate", "death_rate", "hs_death_count", "body mass"]


def test_flags_and_years_of_several_words_stand_as_they_are_unless_a_year_is_named() -> None:
    said = say(
        column("college_bound", "boolean", role="flag"),
        column("earliest_credit_line", "integer", role="year"),
        column("model_year", "integer", role="year"),
    )
    assert [words.singular for words in said.values()] == ["college_bound", "earliest_credit_line", "model year"]


def test_a_date_of_several_words_stands_as_it_is_unless_its_head_is_a_time() -> None:
    said = say(*(column(header, "datetime", role="date") for header in ("time_hour", "order_date", "departure_time")))
    assert [words.singular for words in said.values()] == ["time_hour", "order date", "departure time"]


def test_a_header_that_is_a_word_of_the_sentence_is_quoted() -> None:
    said = say(*(column(header, role="intensive") for header in ("single", "Total", "value")), "other", "over")
    assert [words.singular for words in said.values()] == [
        "'single' value", "'Total' value", "'value'", "'other'", "'over'"
    ]  # fmt: skip


def test_a_unit_that_says_what_is_measured_stays() -> None:
    said = say(column("city_mpg", unit="mpg"), column("speed_mph", unit="mph"), column("gust_mph", unit="mph"))
    assert [words.singular for words in said.values()] == ["city_mpg", "speed", "gust"]


def test_a_header_that_begins_with_total_is_a_total() -> None:
    assert say(column("totalvotes", "integer"))["totalvotes"].statistic == "sum"


@pytest.mark.parametrize(
    ("header", "words"),
    {
        "Births_per_1000": "number of births per 1000",
        "num_of_households": "number of households",
        "NumCompaniesWorked": "number of companies worked",
        "total_cases": "total number of cases",
        "YearsAtCompany": "number of years at company",
        "pH": "pH",
    }.items(),
)
def test_counts_of_things_are_said_as_numbers_of_them(header: str, words: str) -> None:
    assert say(column(header, "integer"))[header].singular == words


@pytest.mark.parametrize(
    "headers",
    [
        ("total_cost", "Total Cost"),
        ("Sex", "Gender"),
        ("Date of Incident", "Incident Date"),
        ("Engine", "Engines"),
        ("UnitPrice", "unit price"),
        ("NumberOfRooms", "Rooms"),
        ("PriceUnit", "Unit Cost"),
    ],
)
def test_columns_of_the_same_words_both_stand_as_they_are(headers: tuple[str, str]) -> None:
    assert [words.singular for words in say(*headers).values()] == list(headers)


def test_words_that_a_longer_header_has_too_are_said_only_if_they_are_the_whole_header() -> None:
    said = say("Price", "Unit Price", column("Length (mm)", unit="mm"), "Bill Length")
    assert [words.singular for words in said.values()] == ["price", "unit price", "Length (mm)", "bill length"]


def test_a_column_named_like_a_statistic_of_another_is_not_said() -> None:
    said = say("Cost", "Total Cost", "MaxSpeed", "Average Income")
    assert (said["Cost"].singular, said["Cost"].clashes) == ("cost", ("sum",))
    assert (said["Total Cost"].singular, said["Total Cost"].statistic) == ("Total Cost", "sum")
    assert (said["MaxSpeed"].statistic, said["Average Income"].singular) == ("max", "average income")


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=6, unique=True))
def test_no_two_columns_are_said_alike(headers: list[str]) -> None:
    said = say(*headers)
    assert list(said) == headers
    spoken = [words.singular.casefold() for words in said.values() if words.noun != "header"]
    assert len(spoken) == len(set(spoken))


WORDS = st.sampled_from(["unit", "price", "total", "cost", "Age", "of", "flight", "seats", "GDP", "id", "date"])


@given(st.lists(st.builds("_".join, st.lists(WORDS, min_size=1, max_size=3)), min_size=1, max_size=6, unique=True))
def test_no_two_columns_of_common_words_are_said_alike(headers: list[str]) -> None:
    said = [words.singular.casefold() for words in say(*headers).values() if words.noun != "header"]
    assert len(said) == len(set(said))
