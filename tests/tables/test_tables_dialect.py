"""Dialects, encodings and simple layouts: delimiters, quotes, escapes, headers, footers."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.tables.dialect import NO_DELIMITER, Dialect, detect_dialect
from tabletutor.tables.read import TextTable, read_text

WORD = st.text("abcdefghij klmäöé", min_size=1, max_size=8).map(str.strip).filter(bool)
CELL = st.one_of(WORD, st.integers(0, 9999).map(str), st.sampled_from(["a,b", 'say "hi"', "two\nlines", "x;y", "1.5"]))


def rows_of(text: TextTable) -> list[list[str | None]]:
    return [list(row) for row in zip(*(text.column(i).to_list() for i in range(len(text.names))), strict=True)]


def read(path: Path, data: bytes) -> TextTable:
    path.mkdir(exist_ok=True)
    file = path / "t.csv"
    file.write_bytes(data)
    return read_text(file, "t.csv", path, 10**9)


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n3,4\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb c\n1\tx y\n", "\t"),
        ("a|b\n1|2,3\n4|5,6\n", "|"),
        ("time\n2020-01-01 01:02:03\n2020-01-02 01:02:03\n", ","),
        ('"said ""so"""|closed\n14 Apr 1976|green, CA\n15 Jan 1977|red, TX\n08 Feb 1977|Rome, TX\n', "|"),
        ("a;b;c\n1;x;October 25, 2015, 7:19\n2;y;May 1, 2016, 8:20\n3;z;June 2, 2017, 9:10\n", ";"),
        ("remark\nfine weather\nrain in the morning\n", ","),
        ("day\nJul 5, 1950\nSeptember 19, 2032 2:28 pm\nJun 28, 1951\n", NO_DELIMITER),
        ("weight\n82,007\n8,559\nNA\n", NO_DELIMITER),
        ("Report, unaudited\nstate~area\n00467~3.2e+14\n00348~6.0e-17\n", "~"),
    ],
)
def test_delimiters(text: str, delimiter: str) -> None:
    assert detect_dialect(text.splitlines(keepends=True)).delimiter == delimiter


@pytest.mark.parametrize(
    "text", ["% change\n1.6 EUR-\n83.1 EUR\n7.7 EUR\n", "Date of entry\n14 Apr 1976\n15 Jan 1977\n"]
)
def test_values_with_spaces_are_one_column(text: str) -> None:
    assert detect_dialect(text.splitlines(keepends=True)).delimiter != " "


def test_quotes_escapes_and_spaces_after_delimiters() -> None:
    spaced = 'name,   place\n"H. \\"Barney\\" Ewell",  "USA, West"\n"A",   "B"\n'
    assert detect_dialect(spaced.splitlines(keepends=True)) == Dialect(",", '"', "\\", True)
    single = "a;b\n'x;y';1\n'z';2\n"
    assert detect_dialect(single.splitlines(keepends=True)).quote == "'"
    escaped = 'a;b\n"said \x1b"so\x1b"";1\n"z";2\n'
    assert detect_dialect(escaped.splitlines(keepends=True)) == Dialect(";", '"', "\x1b")


@pytest.mark.parametrize(
    ("text", "rows", "warnings"),
    [
        ("a,b\n'x, \"y\"',1\n'it''s',2\n", [['x, "y"', "1"], ["it's", "2"]], ()),
        ('a,b\n"6\x1b" pipe",1\n"z",2\n', [['6" pipe', "1"], ["z", "2"]], ()),
        (
            'a,b\n"6\\" pipe",1\n"C:\\new",2\n"z",3\n',
            [['6" pipe', "1"], ["C:new", "2"], ["z", "3"]],
            (r"1 rows in which '\\' was taken out before characters other than quotes (line 3)",),
        ),
        ('a b\n"x y" 1\n"z" 2\n"u v" 3\n', [["x y", "1"], ["z", "2"], ["u v", "3"]], ()),
    ],
    ids=["single quotes", "ESC", "backslash", "spaces"],
)
def test_rare_dialects_are_read(tmp_path: Path, text: str, rows: list[list[str]], warnings: tuple[str, ...]) -> None:
    table = read(tmp_path, text.encode())
    assert (rows_of(table), table.warnings) == (rows, warnings)


@given(
    st.sampled_from(",;\t|"),
    st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=3, max_size=12)),
)
def test_what_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, delimiter: str, rows: list[list[str]]
) -> None:
    names = [f"name{index}" for index in range(len(rows[0]))]
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([names, *rows])
    table = read(tmp_path_factory.mktemp("spool"), stream.getvalue().encode())
    assert list(table.names) == names
    assert rows_of(table) == rows
    assert table.warnings == ()
    assert table.repairs == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path, "città,età\nForlì,7\nOrléans,8\n".encode(encoding))
    assert table.names == ("città", "età")
    assert rows_of(table) == [["Forlì", "7"], ["Orléans", "8"]]


def test_a_legacy_encoding_is_read_and_reported(tmp_path: Path) -> None:
    data = "name,city\nJosé Álvarez,Málaga\nFrançois Müller,Orléans\nZoë Grünwald,Köln\n".encode("latin-1")
    table = read(tmp_path, data)
    assert rows_of(table)[0] == ["José Álvarez", "Málaga"]
    assert "not UTF-8 (line 2, byte 13)" in table.warnings[0]


def test_preamble_comments_ragged_rows_and_footers_are_reported(tmp_path: Path) -> None:
    text = (
        "Students by state,,\n,,\nstate,students,share\nOhio,7,1\nUtah,8\n# a comment\nIowa,9,2\nMaine,3,1,,\n,,\n"
        "Source: the ministry\n"
    )
    table = read(tmp_path, text.encode())
    assert table.names == ("state", "students", "share")
    assert rows_of(table) == [["Ohio", "7", "1"], ["Utah", "8", None], ["Iowa", "9", "2"], ["Maine", "3", "1"]]
    warnings = "\n".join(table.warnings)
    for expected in (
        "line 1 before the header left out: 'Students by state'",
        "shorter than the header",
        "(line 5)",
        "comments left out",
        "(line 6)",
        "beyond the header cut",
        "(line 8)",
        "no value",
        "as a footer",
    ):
        assert expected in warnings


def test_a_file_without_header_gets_names_and_year_headers_stay(tmp_path: Path) -> None:
    table = read(tmp_path / "a", b"1,2.5\n2,3.5\n3,4.5\n")
    assert table.names == ("column_1", "column_2")
    assert table.rows == 3
    assert "no header" in table.warnings[0]
    assert read(tmp_path / "b", b"state,2001,2002\nOhio,1,2\nUtah,3,4\n").names == ("state", "2001", "2002")


def test_line_numbers_count_lines_inside_quotes(tmp_path: Path) -> None:
    table = read(tmp_path, b'a,b\n1,"x\ny"\n2,z\n3,4,5\n6,7\n')
    assert rows_of(table) == [["1", "x\ny"], ["2", "z"], ["6", "7"]]
    assert [(repair.line, repair.what) for repair in table.repairs] == [
        (5, "quarantined: 3 cells where the table has 2 columns (extra: '5')")
    ]
