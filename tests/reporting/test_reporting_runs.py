"""The section on runs: how each run answers, in a few words."""

from typing import Any

import pytest

from tabletutor.reporting.runs_context import how_it_answers


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "not trained"),
        ({"shots": 1}, "not trained, 1 worked example"),
        ({"training": {"method": "dpo"}, "shots": 0}, "trained by dpo"),
        ({"weights_from": "tuned", "sampling": {"samples": 4}}, "weights of tuned, 4 attempts"),
        ({"best_of": {"run": "drawn", "reward_model": "judge"}}, "one attempt of drawn, chosen by judge"),
        ({"best_of": {"run": "drawn", "reward_model": None}}, "one attempt of drawn, by majority vote"),
        (
            {"training": {"method": "sft"}, "attempts_of": {"run": "tuned"}},
            "trained by sft, also on right attempts of tuned",
        ),
        ({"lenient_of": "base"}, "base, read leniently"),
        (None, "not in the project now"),
    ],
)
def test_how_a_run_answers_is_said_in_a_few_words(settings: dict[str, Any] | None, words: str) -> None:
    assert how_it_answers(settings) == words
