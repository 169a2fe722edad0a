"""Escape control characters in text, so that no cell, CSV or file name can control the terminal."""

import unicodedata
from typing import Any

_LAYOUT = "\n\t"
_JOINERS = "\u200c\u200d"  # scripts and emoji need them, and they move no text


def escape_controls(text: str) -> str:
    r"""Return the text with control characters escaped as in a Python string: ESC becomes `\x1b`.

    Line ends and tabs stay. Bidirectional control characters and lone surrogates are escaped too.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _is_harmless(character) else ascii(character)[1:-1] for character in text)


def escape_message(record: Any) -> None:
    """Escape the message of a log record in place. A patcher for loguru."""
    record["message"] = escape_controls(record["message"])


def _is_harmless(character: str) -> bool:
    return character.isprintable() or character in _LAYOUT + _JOINERS or unicodedata.category(character) == "Zs"
