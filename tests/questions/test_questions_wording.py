"""Wordings are filled in one pass, so the text of a slot is never read as a template."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.questions.generate import heldout_count
from tabletutor.questions.registry import all_families
from tabletutor.questions.wording import fill


@given(header=st.text(min_size=1))
def test_braces_and_brackets_in_a_header_stay_as_they_are(header: str) -> None:
    assert fill("The {column} of {other}.", {"column": header, "other": "{column} [a|b]"}, random.Random(0)).endswith(
        f"{header[1:]} of {{column}} [a|b]."
    )


def test_a_slot_without_words_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("The {column}.", {}, random.Random(0))


def test_alternatives_are_drawn() -> None:
    said = {fill("[What is|Give] it", {}, random.Random(seed)) for seed in range(20)}
    assert said == {"What is it", "Give it"}


def test_families_are_named_once_and_have_wordings_to_hold_out() -> None:
    names = [family.name for family in all_families()]
    assert len(names) == len(set(names)) >= 30
    for family in all_families():
        assert len(set(family.wordings)) == len(family.wordings) >= 4, family.name
        assert 0 < heldout_count(family, 0.25) < len(family.wordings)
    assert {family.category for family in all_families()} == {
        "aggregate", "compare", "count", "derive", "group", "missing", "rank", "relate", "test", "text", "time"
    }  # fmt: skip
