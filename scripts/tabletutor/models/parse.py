"""A lenient parser for assistant turns: the reasoning and the code cell.

Base models fence code in many ways or not at all. The parser accepts all that is plausibly code, so that students are
graded on their analysis and not on their punctuation.
"""

import ast
import re
from typing import NamedTuple

_OPEN = re.compile(r"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$", re.MULTILINE)
_INLINE = re.compile(r"(?P<fence>```)(?:python|py)?[ \t]*(?P<code>[^\n`]+?)```")
_NAMES = re.compile(r"\b(submit|print|hook|df|pd|np)\b")


class ParsedTurn(NamedTuple):
    """The reasoning before the cell, and the cell's code (None if the turn has no code)."""

    reasoning: str
    code: str | None


def parse_turn(text: str) -> ParsedTurn:
    """Parse one assistant turn. Three forms are tried in order:

    1. a fenced block with any language tag, closed or not
    2. code fenced within a line
    3. bare lines of Python

    Inline fences come second because reasoning may quote a header or cell of the table that contains one. Text after
    the block is dropped. Never raises.
    """
    opening = _OPEN.search(text)
    if opening is not None:
        return ParsedTurn(text[: opening.start()].strip(), _block(text, opening))
    inline = _INLINE.search(text)
    if inline is not None:
        return ParsedTurn(text[: inline.start()].strip(), inline["code"].strip())
    return _bare(text)


def closes_block(text: str) -> bool:
    """Return whether the first fenced block of `text` is closed. Text after it then does not change the parse."""
    opening = _OPEN.search(text)
    if opening is None or "\n" not in text[opening.start() :]:
        return False
    return _closing(opening["fence"]).search(text, opening.end()) is not None


def count_blocks(text: str) -> int:
    """Return the number of fenced blocks in `text`; the last may be open."""
    count = 0
    opening = _OPEN.search(text)
    while opening is not None:
        count += 1
        close = _closing(opening["fence"]).search(text, opening.end())
        opening = _OPEN.search(text, close.end()) if close else None
    return count


def _closing(fence: str) -> re.Pattern[str]:
    return re.compile(r"^[ \t]*" + re.escape(fence[0] * 3), re.MULTILINE)


def _block(text: str, opening: re.Match[str]) -> str | None:
    """Return the dedented lines from an opening fence to the next fence or the end, with code on the fence's line."""
    close = _closing(opening["fence"]).search(text, opening.end())
    body = text[opening.end() : close.start() if close else len(text)]
    info = opening["info"].strip()
    if info and not re.fullmatch(r"[\w.+#-]+|\{[^}]*\}", info):
        body = f"{info}{body}"  # "```df.head()": code instead of a language tag
    lines = [line.removesuffix("\r") for line in body.split("\n")]
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    margin = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    lines = [line[margin:] if not line[:margin].strip() else line for line in lines]
    return "\n".join(lines) or None


def _bare(text: str) -> ParsedTurn:
    """Parse a turn without fences: the first line that can start code, and the longest run of lines from there that is
    Python and uses a name of the session.
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
    """Return whether `code` is Python that acts on the session: it has a call, an assignment or a subscript, and uses
    a name of the session.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    acts = any(isinstance(node, ast.Call | ast.Assign | ast.AugAssign | ast.Subscript) for node in ast.walk(tree))
    return acts and _NAMES.search(code) is not None
