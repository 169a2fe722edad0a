"""Remove invisible characters: byte order marks inside a file, zero-width and directional marks, soft hyphens.

They make equal-looking words differ. The reader removes and counts them while it reads the file. They stay where a
script or an emoji needs them, such as the non-joiner in Persian or the joiner in a family emoji.
"""

import io
import re
import unicodedata
from collections import Counter, defaultdict

import polars as pl

from tabletutor.tables.errors import MAX_NAMED_LINES, format_lines

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]"
)
# A black flag followed by tag characters: the flags of England, Scotland and Wales.
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
_WITHIN_SCRIPTS = frozenset("\u180e\u200b\u200c\u200d")
_JOINER, _VIRAMA = "\u200d", 9
# Scripts whose letters join, stack, or are written without spaces: Hebrew to Mongolian, and the later Indic blocks.
_JOINING = ((0x0590, 0x1CFF), (0xA800, 0xABFF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFE), (0x10A00, 0x11FFF))
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ENDS = rf"^[ \t]*[{_SPACES}][ \t{_SPACES}]*|[ \t{_SPACES}]*[{_SPACES}][ \t]*$"


class VisibleText(io.TextIOBase):
    """The lines of a text stream without invisible characters. Counts the removed characters since the last `seek`."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self._stream = stream
        self._line = 0
        self._counts: Counter[str] = Counter()
        self._lines: defaultdict[str, list[int]] = defaultdict(list)

    def readline(self, size: int = -1, /) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the next line, or "" at the end."""
        line = self._stream.readline(size)
        self._line += 1
        if line.endswith("\x1a") and line.strip("\x1a "):
            line = line.rstrip("\x1a")
            self._counts["\x1a"] += 1
            self._lines["\x1a"].append(self._line)
        if line.isascii():
            return line
        clean, removed = remove_invisible(line)
        for character in removed:
            self._counts[character] += 1
            lines = self._lines[character]
            if len(lines) <= MAX_NAMED_LINES and self._line not in lines:
                lines.append(self._line)
        return clean

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to the given offset and reset the counts."""
        self._line = 0
        self._counts.clear()
        self._lines.clear()
        return self._stream.seek(offset, whence)

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def warnings(self) -> list[str]:
        """Return one warning for each removed character: count, code point, name and lines."""
        return [
            f"{count} {describe_character(character)} removed {format_lines(lines, len(lines))}"
            for character, count in sorted(self._counts.items())
            for lines in [self._lines[character]]
        ]


def remove_invisible(text: str) -> tuple[str, list[str]]:
    """Return the text without invisible characters, and the removed characters in order."""
    kept = {place for flag in _FLAG.finditer(text) for place in range(*flag.span())}
    places = [
        match.start()
        for match in _INVISIBLE.finditer(text)
        if match.start() not in kept and not _is_needed(text, match.start())
    ]
    if not places:
        return text, []
    gone = set(places)
    return "".join(c for place, c in enumerate(text) if place not in gone), [text[place] for place in places]


def describe_character(character: str) -> str:
    """Return the code point and name of a character: "U+FEFF (byte order mark)"."""
    name = {"\ufeff": "byte order mark", "\x1a": "Ctrl-Z, an old mark for the end of a file"}.get(
        character
    ) or unicodedata.name(character, "no name").lower()
    return f"U+{ord(character):04X} ({name})"


def strip_spaces(cells: pl.Series) -> pl.Series:
    """Return the cells without no-break and other Unicode spaces at their ends, and without plain spaces around those.

    Cells with only plain spaces at their ends stay unchanged.
    """
    return cells.str.replace_all(_ENDS, "")


def _is_needed(text: str, place: int) -> bool:
    """Return whether a script or an emoji needs the invisible character at `place`."""
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
    """Return whether a character is an emoji or ends one: a skin tone, a variation selector or a cancel tag."""
    return bool(character) and (
        unicodedata.category(character) in ("So", "Sk", "Sm") or character in "\ufe0f\U000e007f"
    )
