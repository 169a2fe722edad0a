"""The lenient parser of assistant turns."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.models.parse import closes_block, parse_turn
from tabletutor.models.prompt import assistant

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="`~\r\n\f\v\x1c\x1d\x1e\x85\u2028\u2029"), max_size=30)
LINES = st.lists(WORDS, min_size=1, max_size=5).map("\n".join)


@pytest.mark.parametrize(
    ("text", "reasoning", "code"),
    [
        ("I count.\n```python\nsubmit(1)\n```", "I count.", "submit(1)"),
        ("```py\nsubmit(1)\n```\nDone.", "", "submit(1)"),
        ("x\n```\nsubmit(1)", "x", "submit(1)"),
        ("x\n~~~python\nsubmit('`')\n~~~", "x", "submit('`')"),
        ("x\n```python\na = 1\n```\n```python\nsubmit(a)\n```", "x", "a = 1"),
        ("x\n```{python}\nsubmit(1)\n```", "x", "submit(1)"),
        ("x\n```df.head()\nsubmit(1)\n```", "x", "df.head()\nsubmit(1)"),
        ("x ```submit(1)```", "x", "submit(1)"),
        ("  ```python\n  if x:\n      submit(1)\n  ```", "", "if x:\n    submit(1)"),
        ("The mean is\nsubmit(df['a'].mean())", "The mean is", "submit(df['a'].mean())"),
        (">>> x = df.a.sum()\n>>> submit(x)", "", "x = df.a.sum()\nsubmit(x)"),
        ("submit(1)\nThat is all, I think.", "", "submit(1)"),
        ("I would print the table and submit it.", "I would print the table and submit it.", None),
        ("x\n```python\n```", "x", None),
        ("", "", None),
    ],
)
def test_turns_as_models_write_them(text: str, reasoning: str, code: str | None) -> None:
    assert parse_turn(text) == (reasoning, code)


@given(WORDS.map(str.strip), LINES)
def test_what_the_prompt_writes_is_read_back(reasoning: str, code: str) -> None:
    lines = code.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    margin = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    read = parse_turn(assistant(reasoning, code)["content"])
    assert read.reasoning == reasoning
    expected = [line[margin:] if not line[:margin].strip() else line for line in lines]
    assert read.code == ("\n".join(expected) or None)


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    reasoning, code = parse_turn(text)
    assert isinstance(reasoning, str)
    assert code is None or code


@given(LINES, st.text(st.characters(codec="utf-8", exclude_characters="`"), max_size=40))
def test_nothing_after_a_closed_block_matters(code: str, after: str) -> None:
    text = f"thought\n```python\n{code}\n```"
    assert closes_block(text)
    assert parse_turn(f"{text}\n{after}") == parse_turn(text)


@given(LINES)
def test_an_open_block_is_not_closed_by_its_code(code: str) -> None:
    assert not closes_block(f"thought\n```python\n{code}")


@given(st.lists(st.sampled_from(["a = df.x.sum()", "submit(a)", "some words here", "print(df)", ""]), max_size=6))
def test_bare_code_is_always_python(lines: list[str]) -> None:
    code = parse_turn("\n".join(lines)).code
    if code is not None:
        ast.parse(code)
