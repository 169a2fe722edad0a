"""A correct trace with a mistake counts as corrected only if a turn changed the wrong result."""

from typing import Any

import pytest

from tabletutor.records.episode import Hook, Trace, Turn, Verdict
from tabletutor.records.identity import digest
from tabletutor.reporting.mistakes import mistake_kind, outcome


def shows(*values: Any) -> tuple[Hook, ...]:
    return tuple(Hook(f"h{place}", value, digest(value)) for place, value in enumerate(values))


@pytest.mark.parametrize(
    ("wrong", "correcting", "expected"),
    [
        ({"hooks": shows(3, 7)}, {"hooks": shows(3, 8), "corrects_turn": 1}, "corrected"),
        ({"hooks": shows(3, 7)}, {"hooks": shows(4, 7), "corrects_turn": 1}, "right by luck"),
        ({"hooks": shows(3, 7)}, {"hooks": shows(3, 8)}, "right by luck"),
        ({"hooks": shows(7), "error": "KeyError: 'a'"}, {"hooks": shows(7), "corrects_turn": 1}, "corrected"),
        ({"hooks": ()}, {"hooks": (), "corrects_turn": 1}, "corrected"),
    ],
)
def test_a_correct_trace_is_corrected_only_if_its_result_changed(
    wrong: dict[str, Any], correcting: dict[str, Any], expected: str
) -> None:
    turns = (Turn(0, "", "df", ""), Turn(1, "", "a", "", **wrong), Turn(2, "", "b", "", **correcting))
    trace = Trace("t", "perturbed", "program", turns, "submit", 7, "wrong_end_mended")
    for right, found in ((True, expected), (False, "ends wrong")):
        verdict = Verdict("q", "planes", True, 7, (), {}, "verified", {"t": right})
        assert outcome(trace, verdict) == found
    assert outcome(trace, None) == "ends wrong"


def test_a_mended_mistake_has_the_kind_of_the_mistake() -> None:
    assert [mistake_kind(name) for name in ("wrong_end", "wrong_end_mended")] == ["wrong_end", "wrong_end"]
