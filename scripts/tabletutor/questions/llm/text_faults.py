"""Find faults in the text of a proposed question: its length, words of tools, columns that the table does not have."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import polars as pl

from tabletutor.matching.canonical import fold

SHORTEST, LONGEST = 10, 400  # characters
_TOOLS = re.compile(
    r"(?i)\b(?:hints?|data ?frames?|df|pandas|polars|numpy|sql|csv|json)\b"
    r"|\b(?:python|using|with|write|run|your|this|above|following|source) (?:\w+ )?code\b"
    r"|`{3}|\b\w+\(\)|\b(?:submit|hook|print|groupby)\(|[!=]="
)
_QUOTED = re.compile(r"`([^`]+)`|(?<!\w)'([^']+)'(?!\w)|\"([^\"]+)\"|“([^”]+)”|‘([^’]+)’(?!\w)")
_NOUN = r"(?:columns?|fields?|variables?|headers?|attributes?)"
_BEFORE = re.compile(rf"(?i)\b{_NOUN}(?: (?:named|called|of))?\s*$")
_AFTER = re.compile(rf"(?i)^\s*{_NOUN}\b")
_ALSO = re.compile(r"(?i)^\s*(?:,|,?\s*(?:and|or|by))\s*$")
_IDENTIFIER = re.compile(r"(?<![\w.])[^\W\d_]\w*_\w+")


# Words of the tables in the prompt's examples (`prompts.py`), which small models repeat.
_EXAMPLES = re.compile(r"(?i)\b(?:weight|height|species|sex|female)s?\b")


class TextFault(NamedTuple):
    """Why a text is rejected."""

    reason: Literal["length", "mentions_tools", "unknown_column"]
    detail: str


class TextCheck:
    """Checks the texts of questions about one table."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._headers = {fold(header) for header in frame.columns}
        longest_first = sorted(filter(None, frame.columns), key=len, reverse=True)
        self._known = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
        self._texts = [series.str.to_lowercase() for series in frame if series.dtype == pl.String]

    def find_fault(self, text: str, parts: Sequence[str] = ()) -> TextFault | None:
        """Return the fault of a text, or None. `parts` are names that the answer has, which the text may use."""
        if not SHORTEST <= len(text) <= LONGEST or not text.isprintable():
            return TextFault("length", f"{len(text)} characters, where {SHORTEST} to {LONGEST} printable ones may be")
        plain = self._known.sub(" ", _QUOTED.sub(" ", text))
        if found := _TOOLS.search(plain):
            return TextFault("mentions_tools", found[0])
        names = {fold(name) for name in parts}
        for name, column in self._named(text):
            if fold(name) not in self._headers | names and (column or not self._occurs(name)):
                return TextFault("unknown_column", name)
        for found in _EXAMPLES.finditer(plain):
            word = found[0].lower().removesuffix("s") if found[0].lower() != "species" else "species"
            if not any(word in header for header in self._headers) and not self._occurs(word):
                return TextFault("unknown_column", f"{found[0]}, a word of the examples in the prompt")
        return None

    def _named(self, text: str) -> list[tuple[str, bool]]:
        """Return the names in a text that may be columns, and whether they must be: "the column 'x'"."""
        result: list[tuple[str, bool]] = []
        end, column = 0, False
        for quote in _QUOTED.finditer(text):
            name = next(group for group in quote.groups() if group)
            also = column and bool(_ALSO.match(text[end : quote.start()]))
            column = also or bool(_BEFORE.search(text[: quote.start()]) or _AFTER.match(text[quote.end() :]))
            end = quote.end()
            if column or quote[0].startswith("`"):
                result.append((name, column))
        plain = self._known.sub(" ", _QUOTED.sub(" ", text))
        return result + [(found[0], False) for found in _IDENTIFIER.finditer(plain)]

    def _occurs(self, name: str) -> bool:
        """Return whether a cell of the table has this text in it."""
        return any(series.str.contains(name.lower(), literal=True).any() for series in self._texts)
