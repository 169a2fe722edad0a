"""The prompt builder: one conversation for teachers and students, whatever headers and outputs hold."""

from hypothesis import given
from hypothesis import strategies as st

from tabletutor.models.prompt import SHOWN, conversation, header_label, observation, opening, table_card
from tabletutor.records.episode import Hook, Turn
from tabletutor.records.table import ColumnProfile, Source, TableProfile


def profile(header: str) -> TableProfile:
    return TableProfile("t", "00", Source("t.csv", 1, "utf-8", {}), 3, (ColumnProfile(header, "number", 1, 3),))


@given(header=st.text(min_size=1))
def test_a_header_takes_one_line_and_cannot_add_prompt_structure(header: str) -> None:
    label = header_label(header)
    assert "\n" not in label
    assert "\r" not in label
    if label != header:
        assert label == repr(header)
    card = opening(table_card(profile(header)), "Why?")[1]["content"]
    assert card.splitlines()[-1] == "Why?"


def test_turns_alternate_and_the_last_observation_is_left_out() -> None:
    turns = [Turn(0, "Look.", "df", "1\n"), Turn(1, "Done.", "submit(1)", "2\n")]
    messages = conversation(opening("wind: number", "Why?"), turns)
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user", "assistant"]
    assert messages[3]["content"] == "1"


def test_an_observation_shows_output_hooks_and_the_last_line_of_an_error() -> None:
    turn = Turn(0, "", "", "seen\n", "Traceback …\nKeyError: 'x'", (Hook("rows", 3, "00"),))
    assert observation(turn)["content"] == "seen\nrows = 3\nError: KeyError: 'x'"
    assert observation(Turn(0, "", "", ""))["content"] == "(no output)"
    assert len(observation(Turn(0, "", "", "x" * 9999))["content"]) == SHOWN + len("\n… cut")
