"""Invisible characters are removed from headers and cells and reported, unless a script or an emoji needs them."""

import io
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from tabletutor.config.tables import TablesConfig
from tabletutor.records.table import TableProfile
from tabletutor.tables.ingest import ingest
from tabletutor.tables.invisible import VisibleText, remove_invisible, strip_spaces


def run(text: str, folder: Path, encoding: str = "utf-8") -> tuple[TableProfile, pd.DataFrame]:
    (folder / "t.csv").write_text(text, encoding=encoding)
    profile = ingest(
        folder / "t.csv",
        table="t",
        source_path="t.csv",
        config=TablesConfig(),
        parquet=folder / "table.parquet",
        profile=folder / "profile.json",
    )
    return profile, pd.read_parquet(folder / "table.parquet")


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian: the non-joiner parts a prefix from its verb
        "क्\u200dष",  # Hindi: a half form
        "ক্\u200cষ",  # Bengali: no conjunct
        "ශ්\u200dරී ලංකාව",  # Sinhala
        "ภาษา\u200bไทย",  # Thai: a zero-width space parts words
        "👨\u200d👩\u200d👧 and 👩🏽\u200d⚕\ufe0f",
        "❤\ufe0f\u200d🔥",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
        "naïve Straße 東京 שלום",
    ],
)
def test_scripts_and_emoji_keep_what_they_need(text: str) -> None:
    assert remove_invisible(text) == (text, [])


@pytest.mark.parametrize("character", list("\u00ad\u061c\u200b\u200c\u200d\u200e\u202e\u2060\u2066\ufeff\U000e0041"))
def test_invisible_characters_in_latin_words_are_removed(character: str) -> None:
    assert remove_invisible(f"{character}Os{character}lo{character}") == ("Oslo", [character] * 3)


def test_tags_without_a_flag_are_removed() -> None:
    assert remove_invisible("ok\U000e0049\U000e0067\U000e007f")[0] == "ok"


def test_files_with_byte_order_marks_that_were_joined(tmp_path: Path) -> None:
    part = '"Oslo, S",3\nBergen,40\n' * 10
    profile, frame = run(f"\ufefftown,amount\n{part}\ufeff{part}", tmp_path, "utf-8")
    assert sorted(frame["town"].unique()) == ["Bergen", "Oslo, S"]
    assert [column.name for column in profile.columns] == ["town", "amount"]
    assert profile.warnings == ("1 U+FEFF (byte order mark) removed (line 22)",)


def test_headers_and_cells_are_cleaned_and_reported(tmp_path: Path) -> None:
    rows = "".join(f"Os\u200blo{' ' * (row % 3 == 0)},{row},\u00a0x y\u00a0\n" for row in range(20))
    profile, frame = run(f"to\u00adwn,\u00a0size,note\u00a0\n{rows}", tmp_path)
    assert list(frame.columns) == ["town", "size", "note"]
    assert sorted(frame["town"].unique()) == ["Oslo", "Oslo "]
    assert set(frame["note"]) == {"x y"}
    assert profile.warnings[:2] == (
        "1 U+00AD (soft hyphen) removed (line 1)",
        "20 U+200B (zero width space) removed (lines 2, 3, 4, 5, 6 …)",
    )
    assert "spaces other than plain ones removed at the ends of header 'size'" in profile.warnings


def test_a_few_cells_with_no_break_spaces_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"{'Oslo' if row % 9 else 'Oslo ' + chr(160)},{row}\n" for row in range(36))
    profile, frame = run(f"town,size\n{rows}", tmp_path)
    assert set(frame["town"]) == {"Oslo"}
    assert "column 'town': spaces other than plain ones removed at the ends of 4 cells" in profile.warnings


def test_plain_spaces_at_the_ends_and_all_spaces_within_stay() -> None:
    cells = ["a ", " a", "a\u00a0b", "\u2003a \u00a0", None]
    assert strip_spaces(pl.Series(cells)).to_list() == ["a ", " a", "a\u00a0b", "a", None]


def test_seeking_resets_the_counts() -> None:
    stream = VisibleText(io.StringIO("a\u200bb\nc\n", newline=""))
    assert list(stream) == ["ab\n", "c\n"]
    stream.seek(0)
    assert stream.warnings() == []
    assert (stream.readline(), stream.warnings()) == ("ab\n", ["1 U+200B (zero width space) removed (line 1)"])
