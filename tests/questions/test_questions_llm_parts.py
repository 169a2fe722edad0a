"""The parts of the source of language models: reading replies and guesses, faults of texts, near-duplicates."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tabletutor.programs.grammar import from_json
from tabletutor.programs.typecheck import answer_kind
from tabletutor.questions.llm.control import guessed_value
from tabletutor.questions.llm.near_duplicates import AskedTexts, grams, similarity
from tabletutor.questions.llm.prompts import EXAMPLE, PROGRAMS
from tabletutor.questions.llm.proposal import Proposal, read_replies, reply_schema
from tabletutor.questions.llm.text_faults import TextCheck
from tabletutor.records.record import encode

PLAIN: dict[str, Any] = {"text": "How many?", "hint": "count", "answer_type": "integer", "expected_steps": ["Count."]}
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=80)
WORDS = st.lists(st.sampled_from(["mean", "mass", "of", "penguins", "on", "Dream", "above", "20", "ratio"]), max_size=9)


def reply(*items: Any) -> str:
    return json.dumps({"questions": items})


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"hint": ""}, "length >= 1"),
        ({"expected_steps": []}, "length >= 1"),
        ({"expected_steps": ["x"] * 7}, "length <= 6"),
        ({"answer_type": "set"}, "`item` is for list, mapping, set, table, which need it"),
        ({"item": "integer"}, "otherwise it must be null"),
        ({"answer_type": "set", "item": "record"}, "must be of type boolean"),
        ({"answer_type": "record"}, "`parts` is for a record, which needs it"),
        ({"answer_type": "record", "parts": [{"name": "a", "type": "date"}] * 2}, "must have different names"),
        ({"answer_type": "category", "decimals": 2}, "`decimals` is for numbers"),
        ({"program": "{"}, "`program` is not the JSON of an object"),
        ({"program": {"steps": [{"op": "guess"}]}}, "`program` is no program"),
        ({"why": 1}, "unknown field `why`"),
        ({"text": 5}, "Expected `str`"),
    ],
)
def test_a_proposal_that_does_not_fit_has_its_fault_in_one_line(changes: dict[str, Any], fault: str) -> None:
    reading = read_replies([reply({**PLAIN, **changes})])
    assert not reading.proposals
    assert fault in reading.malformed[0].fault
    assert "\n" not in reading.malformed[0].fault


def test_a_correction_replaces_the_malformed_proposals_in_order() -> None:
    bad, other = {**PLAIN, "text": "Bad?", "hint": ""}, {**PLAIN, "text": "Other?", "decimals": -1}
    first = reply(PLAIN, bad, other)
    assert [each.text for each in read_replies([first]).malformed] == ["Bad?", "Other?"]
    mended = read_replies([first, "Sorry.", reply({**bad, "hint": "h"})])
    assert [each.text for each in mended.proposals] == ["How many?", "Bad?"]
    assert [each.text for each in mended.malformed] == ["Other?"], "one that was not sent again stays"
    whole = read_replies([first, reply(PLAIN, {**bad, "hint": "h"}, {**other, "decimals": None})])
    assert [each.text for each in whole.proposals] == ["How many?", "Bad?", "Other?"]
    assert not whole.malformed


@given(TEXT)
def test_any_reply_and_any_guess_can_be_read_and_stored(text: str) -> None:
    reading = read_replies([text, reply({**PLAIN, "text": text, "hint": text or "h"})])
    assert len(reading.proposals) + len(reading.malformed) == 1
    assert all(encode(each) for each in reading.proposals)
    json.dumps(guessed_value(text))
    json.dumps(guessed_value(f"submit({text})"))


@pytest.mark.parametrize(
    "text", ['{"questions": [NaN]}', "[" * 5000, '[{"text": "\\ud800"}]', '{"questions": []}', "{}"]
)
def test_a_reply_without_proposals_is_malformed(text: str) -> None:
    (malformed,) = read_replies([text]).malformed
    assert malformed.text == ""
    assert malformed.fault


def test_the_schema_for_endpoints_is_strict_and_allows_what_is_read() -> None:
    schema = reply_schema()
    Draft202012Validator.check_schema(schema)
    whole = {"item": None, "parts": [], "decimals": None, "program": '{"steps": [{"op": "count"}]}', **PLAIN}
    Draft202012Validator(schema).validate({"questions": [whole]})
    assert len(read_replies([reply(whole)]).proposals) == 1
    assert schema["$defs"]["Proposal"]["required"] == list(Proposal.__struct_fields__)
    assert not Draft202012Validator(schema).is_valid({"questions": [{**whole, "why": 1}]})
    assert "max" not in json.dumps(schema).casefold()


def test_the_examples_of_the_prompt_are_well_formed() -> None:
    assert [each.decimals for each in read_replies([EXAMPLE]).proposals] == [1]
    for _, text in PROGRAMS:
        columns: Any = {"sex": "text", "weight": "number", "height": "integer", "species": "text"}
        assert answer_kind(from_json(json.loads(text)), columns)


@pytest.mark.parametrize(
    ("turn", "value"),
    [
        ('I guess\n```json\n{"a": [1, 2.5]}\n```', {"a": [1, 2.5]}),
        ("```python\nsubmit({'a': (1, None)})\n```", {"a": [1, None]}),
        ("submit('Dream')", "Dream"),
        ("42", 42),
        ("```\nDream\n```", "Dream"),
        ("It is Dream.", "It is Dream."),
        ("```json\nNaN\n```", "NaN"),
        ("submit(df.mean())", "submit(df.mean())"),
    ],
)
def test_the_value_of_a_guess(turn: str, value: Any) -> None:
    assert guessed_value(turn) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("What is the mean of 'Body Mass' on Dream?", None),
        ("What is the mean of the column `body mass` on Dream?", None),
        ("What are the columns 'Body Mass' and 'wing' on average?", "unknown_column"),
        ("What is the mean of the 'wing' column?", "unknown_column"),
        ("What is the mean of `wing` on Dream?", "unknown_column"),
        ("How many rows say 'no such thing' in their notes?", None),
        ("What is the largest wing_span on Dream?", "unknown_column"),
        ("How many rows have the key ab_12 in them?", None),
        ("What is the largest flipper_mm on Dream?", None),
        ("Which postal code has the largest mean mass?", None),
        ("Which mass does the dataframe have on average?", "mentions_tools"),
        ("Using Python code, what is the mean mass?", "mentions_tools"),
        ("Following the hint, what is the mean mass?", "mentions_tools"),
        ("What is df['Body Mass'].mean() rounded down?", "mentions_tools"),
        ("How many rows have a df above the mean 'df'?", "mentions_tools"),
        ("What is the mean sql skill of the rows?", None),
        ("What is the median weight of the females?", "unknown_column"),  # an example of the prompt
        ("Which species is the heaviest?", "unknown_column"),
        ("", "length"),
        ("What\x1b[2J is the mean mass on Dream?", "length"),
        ("What is the mean mass? " * 20, "length"),
    ],
)
def test_faults_of_texts(text: str, reason: str | None) -> None:
    frame = pl.DataFrame({"Body Mass": [1.5], "flipper_mm": [1], "key": ["x AB_12"], "a": ["b"], "sql skill": [2]})
    fault = TextCheck(frame).find_fault(text)
    assert (fault.reason if fault else None) == reason


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("What is the average body mass of the penguins?", "Compute the mean of penguins' body masses.", True),
        ("What is the average body mass on Dream?", "Please give me the MEAN body mass on Dream", True),
        ("What is the median mass on Biscoe, for females?", "For females on Biscoe, what is the median mass?", True),
        ("What is the ratio of mass to length?", "What is the ratio of length to mass?", False),
        ("What is the mean body mass on Dream?", "What is the median body mass on Dream?", False),
        ("How many penguins live on Dream?", "What is the number of penguins that live on Dream?", True),
    ],
)
def test_near_duplicates(first: str, second: str, same: bool) -> None:
    assert (AskedTexts([first], 0.8).nearest(second) == first) is same


@given(WORDS, WORDS)
def test_similarity_is_symmetric_and_one_for_equal_texts(first: list[str], second: list[str]) -> None:
    one, other = grams(" ".join(first)), grams(" ".join(second))
    assert similarity(one, one) == 1
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
