"""The prompt builder, with arbitrary headers and outputs."""

import re

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


def test_a_cell_that_prints_much_and_then_fails_shows_its_error_hooks_and_end() -> None:
    printed = "".join(f"row {number}\n" for number in range(2000)) + "RESULT 42\n"
    turn = Turn(0, "", "", printed, "Traceback …\nKeyError: 'Body mass (g)'", (Hook("mean", 4201.75, "00"),))
    content = observation(turn)["content"]
    assert len(content) <= SHOWN
    assert content.startswith("row 0\nrow 1\n")
    assert content.endswith("row 1999\nRESULT 42\nmean = 4201.75\nError: KeyError: 'Body mass (g)'")
    assert re.search(r"\n… 1\d,\d{3} bytes left out …\n", content)


LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LONG = st.builds(lambda text, times: text * times, LINES, st.integers(0, 300))
HOOKS = st.lists(st.builds(Hook, name=st.text("abc", min_size=1, max_size=5), value=LONG, value_sha256=st.just("")))


@given(printed=LONG, error=st.none() | LONG, hooks=HOOKS, limit=st.integers(200, 2000))
def test_within_any_limit_the_end_of_the_output_the_error_and_the_hooks_stay(
    printed: str, error: str | None, hooks: list[Hook], limit: int
) -> None:
    content = observation(Turn(0, "", "", printed, error, tuple(hooks)), limit)["content"]
    assert len(content) <= limit
    output = printed.rstrip("\n") if printed.strip() else ""
    reports = [
        "\n".join(f"{hook.name} = {hook.value!r}" for hook in hooks),
        "" if error is None else f"Error: {error.strip().splitlines()[-1]}" if error.strip() else "Error",
    ]
    whole = "\n".join(part for part in (output, *reports) if part)
    assert content[-8:] == (whole or "(no output)")[-8:]
    if len(whole) <= limit:
        assert content == (whole or "(no output)")
        return
    short = sum(len(report) + 1 for report in reports) <= limit - limit // 4 - 1
    for report in reports:  # whole if the output still has a quarter of the limit, else with beginning and end
        assert report in content if short else report[-8:] in content
        assert report[:8] in content or report[-8:] in content
    assert output[-8:] in content
    assert "bytes left out …" in content
