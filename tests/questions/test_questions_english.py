"""Articles, plurals, numbers, lists, ordinals, dates and units are right in English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.questions import english
from tabletutor.questions.lexicon import grammatical_number


@pytest.mark.parametrize(
    "phrase",
    [
        *("an age", "a fare", "an hour", "a unit", "a European state", "a one-way ticket", "an MPG", "a GDP", "an ID"),
        *("a URL", "a US state", "an X-ray", "an 8", "an 80", "a 110", "an 11", "an 18,000", "a 1,800"),
        *(
            "an urban area",
            "a user",
            "an unknown cause",
            "an uninsured driver",
            "a uniform",
            "an honest",
            "a house",
            "a year",
            "an 'Adelie'",
        ),
        *("an acquisition_cost", "an n", "a ewe"),
    ],
)
def test_the_article_fits_the_first_sound(phrase: str) -> None:
    assert english.a_or_an(phrase.partition(" ")[2]) == phrase


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("bill", "bills"),
        ("body mass", "body masses"),
        ("species", "species"),
        ("country", "countries"),
        ("county", "counties"),
        ("cause of death", "causes of death"),
        ("genus", "genera"),
        ("child", "children"),
        ("status", "statuses"),
        ("gallery", "galleries"),
    ],
)
def test_plural_and_singular_are_inverse(one: str, several: str) -> None:
    assert english.plural(one) == several == english.plural(several)
    assert english.singular(several) == one


def test_an_unknown_word_gets_the_regular_plural() -> None:
    assert [english.plural(word) for word in ("zorbix", "GDP")] == ["zorbixes", "GDPs"]


def test_the_number_of_a_noun_is_known() -> None:
    words = {
        word: grammatical_number(word) for word in ("seat", "seats", "species", "sales", "county", "counties", "hwy")
    }
    assert words == {
        "seat": "singular", "seats": "plural", "species": "both", "sales": "plural", "county": "singular",
        "counties": "plural", "hwy": None,
    }  # fmt: skip


def test_counts_agree_with_their_nouns() -> None:
    assert [english.number_of(count, "decimal place") for count in (1, 2)] == ["1 decimal place", "2 decimal places"]
    assert [english.number_word(number) for number in (0, 2, 12, 1300)] == ["no", "two", "twelve", "1,300"]


def test_places_are_said() -> None:
    said = [english.ordinal(number) for number in (1, 2, 12, 13, 21, 111, 112, 122)]
    assert said == ["first", "second", "twelfth", "13th", "21st", "111th", "112th", "122nd"]


@given(st.lists(st.from_regex(r"[a-z]+", fullmatch=True), min_size=1))
def test_a_list_holds_all_items_and_one_conjunction(items: list[str]) -> None:
    text = english.join([f"'{item}'" for item in items], "or")
    assert text.count("'") == 2 * len(items)
    assert text.count(" or ") == min(1, len(items) - 1)
    assert text.count(", ") == max(0, len(items) - 2)


def test_dates_are_said() -> None:
    said = [english.date_words(text) for text in ("2012-03-01", "2012-03-01T14:05:00", "2012-03-01T14:05:09")]
    assert said == ["1 March 2012", "1 March 2012 at 14:05", "1 March 2012 at 14:05:09"]


def test_units_stand_where_people_put_them() -> None:
    units = ("g", "$", "%", "$ per capita", "per 1000", "fathoms", None)
    assert [english.with_unit(5, unit) for unit in units] == [
        "5 g", "$5", "5 %", "$5 per capita", "5 per 1000", "5 fathoms", "5"
    ]  # fmt: skip
    assert [english.unit_words(unit) for unit in ("g", "$ per capita", "fathoms")] == [
        "grams", "dollars per capita", "fathoms"
    ]  # fmt: skip
    assert [unit for unit in ("kg", "coast/area ratio", "per 1000 births") if english.is_unit(unit)] == [
        "kg", "per 1000 births"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "call", [lambda: english.ordinal(0), lambda: english.number_word(-1), lambda: english.join([])]
)
def test_impossible_words_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match="give"):
        call()  # type: ignore[operator]
