"""What a student said, read leniently: the thought and the cell of one assistant turn.

Base models fence code in many ways or not at all; each is read as code where it plausibly is code, so that a student is
graded on its analysis and not on its punctuation.
"""

import ast
import re
from typing import NamedTuple

_OPEN = re.compile(r"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$", re.MULTILINE)
_INLINE = re.compile(r"(?P<fence>```)(?:python|py)?[ \t]*(?P<code>[^\n`]+?)```")
_NAMES = re.compile(r"\b(submit|print|hook|df|pd|np)\b")


class ParsedTurn(NamedTuple):
    """The thought before the cell, and the cell; None where there is no code."""

    reasoning: str
    code: str | None


def parse_turn(text: str) -> ParsedTurn:
    """Read one assistant turn: its first fenced block of any language tag, closed or not; else code fenced within a
    line; else bare lines that are Python.

    A fence within a line comes second: a thought may quote a header or cell of the table that holds one. Text after the
    block is dropped. Never raises.
    """
    opening = _OPEN.search(text)
    if opening is not None:
        return ParsedTurn(text[: opening.start()].strip(), _block(text, opening))
    inline = _INLINE.search(text)
    if inline is not None:
        return ParsedTurn(text[: inline.start()].strip(), inline["code"].strip())
    return _bare(text)


def closes_block(text: str) -> bool:
    """Whether the first fenced block of `text` has been closed, so that nothing after it can matter."""
    opening = _OPEN.search(text)
    if opening is None or "\n" not in text[opening.start() :]:
        return False
    return _closing(opening["fence"]).search(text, opening.end()) is not None


def _closing(fence: str) -> re.Pattern[str]:
    return re.compile(r"^[ \t]*" + re.escape(fence[0] * 3), re.MULTILINE)


def _block(text: str, opening: re.Match[str]) -> str | None:
    """The lines between an opening fence and the next one (or the end), dedented; code on the fence's line is kept."""
    close = _closing(opening["fence"]).search(text, opening.end())
    body = text[opening.end() : close.start() if close else len(text)]
    info = opening["info"].strip()
    if info and not re.fullmatch(r"[\w.+#-]+|\{[^}]*\}", info):
        body = f"{info}{body}"  # "```df.head()": no language tag but code
    lines = [line.removesuffix("\r") for line in body.split("\n")]
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    margin = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    lines = [line[margin:] if not line[:margin].strip() else line for line in lines]
    return "\n".join(lines) or None


def _bare(text: str) -> ParsedTurn:
    """The longest run of lines to the end, or else the longest run at all, that is Python and touches the session's
    names.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    lines = [line[4:] if line.startswith(">>> ") else line for line in lines][:200]
    for start in range(len(lines)):
        if (
            not _NAMES.search(lines[start])
            and "=" not in lines[start]
            and not lines[start].startswith(("import", "from"))
        ):
            continue
        for end in range(len(lines), start, -1):
            code = "\n".join(lines[start:end]).strip()
            if _is_code(code):
                return ParsedTurn("\n".join(lines[:start]).strip(), code)
    return ParsedTurn(text.strip(), None)


def _is_code(code: str) -> bool:
    """Whether `code` is Python that does something with the session: a call or an assignment, not a bare word."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    acts = any(isinstance(node, ast.Call | ast.Assign | ast.AugAssign | ast.Subscript) for node in ast.walk(tree))
    return acts and _NAMES.search(code) is not None
