"""Characters that show nothing: byte order marks inside a file, zero-width and directional marks, soft hyphens.

They make two words that look alike differ, so they are taken out as the file is read, and counted. Where a script or
an emoji needs one (the non-joiner in Persian, the joiner in a family of emoji) it stays.
"""

import io
import re
import unicodedata
from collections import Counter, defaultdict

import polars as pl

from tabletutor.tables.errors import NAMED_LINES, on_lines

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]"
)
# A black flag and the tags that say whose it is: England, Scotland, Wales.
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
_WITHIN_SCRIPTS = frozenset("\u180e\u200b\u200c\u200d")
_JOINER, _VIRAMA = "\u200d", 9
# Scripts whose letters join, stack, or are written without spaces: Hebrew to Mongolian, and the later Indic blocks.
_JOINING = ((0x0590, 0x1CFF), (0xA800, 0xABFF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFE), (0x10A00, 0x11FFF))
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ENDS = rf"^[ \t]*[{_SPACES}][ \t{_SPACES}]*|[ \t{_SPACES}]*[{_SPACES}][ \t]*$"


class VisibleText(io.TextIOBase):
    """The lines of a text stream without invisible characters. What was taken out is counted from the last `seek`."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self._stream = stream
        self._line = 0
        self._counts: Counter[str] = Counter()
        self._lines: defaultdict[str, list[int]] = defaultdict(list)

    def readline(self, size: int = -1, /) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The next line whole, or "" at the end."""
        line = self._stream.readline(size)
        self._line += 1
        if line.endswith("\x1a") and line.strip("\x1a "):
            line = line.rstrip("\x1a")
            self._counts["\x1a"] += 1
            self._lines["\x1a"].append(self._line)
        if line.isascii():
            return line
        clean, removed = without_invisible(line)
        for character in removed:
            self._counts[character] += 1
            lines = self._lines[character]
            if len(lines) <= NAMED_LINES and self._line not in lines:
                lines.append(self._line)
        return clean

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to the beginning, and count anew."""
        self._line = 0
        self._counts.clear()
        self._lines.clear()
        return self._stream.seek(offset, whence)

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def warnings(self) -> list[str]:
        """What was taken out: each character by code and name, how often, and on which lines."""
        return [
            f"{count} {named(character)} removed {on_lines(self._lines[character], len(self._lines[character]))}"
            for character, count in sorted(self._counts.items())
        ]


def without_invisible(text: str) -> tuple[str, list[str]]:
    """The text without its invisible characters, and those that were taken out, in order."""
    kept = {place for flag in _FLAG.finditer(text) for place in range(*flag.span())}
    places = [
        match.start()
        for match in _INVISIBLE.finditer(text)
        if match.start() not in kept and not _belongs(text, match.start())
    ]
    if not places:
        return text, []
    gone = set(places)
    return "".join(c for place, c in enumerate(text) if place not in gone), [text[place] for place in places]


def named(character: str) -> str:
    """A character by its code and name: "U+FEFF (byte order mark)"."""
    name = {"\ufeff": "byte order mark", "\x1a": "Ctrl-Z, an old mark for the end of a file"}.get(
        character
    ) or unicodedata.name(character, "no name").lower()
    return f"U+{ord(character):04X} ({name})"


def strip_spaces(cells: pl.Series) -> pl.Series:
    """Cells without the no-break and other wide or narrow spaces at their ends, nor plain ones around these."""
    return cells.str.replace_all(_ENDS, "")


def _belongs(text: str, place: int) -> bool:
    """Whether the character at `place` is part of how a script or an emoji is written."""
    character = text[place]
    if character not in _WITHIN_SCRIPTS or place == 0:
        return False
    before, after = text[place - 1], text[place + 1 : place + 2]
    if unicodedata.combining(before) == _VIRAMA and character in "\u200c\u200d":
        return True
    joins = [_is_joining(neighbour) for neighbour in (before, after)]
    if all(joins) or (character == _JOINER and any(joins)):
        return True
    return character == _JOINER and _is_pictorial(before) and _is_pictorial(after)


def _is_joining(character: str) -> bool:
    code = ord(character) if character else 0
    return any(low <= code <= high for low, high in _JOINING) and unicodedata.category(character)[0] in "LM"


def _is_pictorial(character: str) -> bool:
    """Whether a character is an emoji, or ends one: a skin colour, a variation selector, a tag."""
    return bool(character) and (
        unicodedata.category(character) in ("So", "Sk", "Sm") or character in "\ufe0f\U000e007f"
    )
