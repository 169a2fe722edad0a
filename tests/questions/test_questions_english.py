"""Articles, plurals, numbers of things and units are right in English."""

import pytest

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
        *("an acquisition_cost", "an n", "a ewe", "an m1 value", "an hs_grad value", "a tmax", "a b2"),
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
def test_the_head_of_a_phrase_gets_the_plural(one: str, several: str) -> None:
    assert english.plural(one) == several == english.plural(several)


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


def test_known_units_can_follow_a_value() -> None:
    assert [unit for unit in ("kg", "coast/area ratio", "per 1000 births") if english.is_unit(unit)] == [
        "kg", "per 1000 births"
    ]  # fmt: skip
