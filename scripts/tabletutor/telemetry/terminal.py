"""Text for people: no cell, CSV or file name can drive the terminal that shows it."""

import unicodedata
from typing import Any

_LAYOUT = "\n\t"
_JOINERS = "\u200c\u200d"  # scripts and emoji are written with these, and they move nothing


def shown(text: str) -> str:
    r"""The text with each control character escaped, as in a Python string: ESC becomes `\x1b`.

    Line ends and tabs stay. Marks that turn the direction of writing and halves of surrogate pairs are escaped too.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _is_harmless(character) else ascii(character)[1:-1] for character in text)


def show_message(record: Any) -> None:
    """A patcher of loguru: the message of each log line as `shown` has it."""
    record["message"] = shown(record["message"])


def _is_harmless(character: str) -> bool:
    return character.isprintable() or character in _LAYOUT + _JOINERS or unicodedata.category(character) == "Zs"
