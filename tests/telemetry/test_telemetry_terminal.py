"""Text for a terminal contains no control characters."""

import os
import pty
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.telemetry.terminal import escape_controls

BAR = """
from tabletutor.telemetry.progress import progress_of
with progress_of("[bold]a\\x1b]0;title\\x07", 2) as bar:
    bar.advance(note="[red]\\x1b[31mloss")
    bar.advance()
"""


@given(st.text(st.characters()))
def test_escaped_text_controls_no_terminal(text: str) -> None:
    seen = escape_controls(text)
    assert not [mark for mark in seen if unicodedata.category(mark) in ("Cc", "Cs") and mark not in "\n\t"]
    assert escape_controls(seen) == seen
    seen.encode()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("a\r\n\tb", "a\\r\n\tb"),
        ("left\u202eright", r"left\u202eright"),
        ("Zürich\u00a01\u202f000 👩\u200d🔬", "Zürich\u00a01\u202f000 👩\u200d🔬"),
        ("half \ud83d", r"half \ud83d"),
    ],
)
def test_harmless_characters_stay(text: str, seen: str) -> None:
    assert escape_controls(text) == seen


def test_a_bar_displays_names_and_notes_literally() -> None:
    leader, follower = pty.openpty()
    subprocess.run([sys.executable, "-c", BAR], stderr=follower, check=True, env={**os.environ, "COLUMNS": "200"})
    os.close(follower)
    seen = os.read(leader, 100_000)
    os.close(leader)
    assert rb"[bold]a\x1b]0;title\x07" in seen
    assert b"\x1b]0;" not in seen
    assert b"\x07" not in seen
    assert b"\x1b[31mloss" not in seen
