"""Headers that look like data, and lines that are neither header nor row."""

from pathlib import Path

import pytest

from tabletutor.tables.read import TextTable, read_text

TOWNS = ("Oslo", "Bergen", "Molde")
ROWS = "".join(f"2024-01-{i:02d},{TOWNS[i % 3]},{i}.5\n" for i in range(1, 20))


def read(folder: Path, text: str) -> TextTable:
    file = folder / "t.csv"
    file.write_text(text, newline="")
    return read_text(file, "t.csv", folder, 10**9)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("compound,0.1,1,10,100", "C{i},{i}.5,{i},{j},{k}"),
        ("shop,1,2,3,4", "S{i},{i},{j},{k},{j}"),
        ("town,1450,1475,1500", "S{i},{i},{j},{k}"),
        ("kind,2020-01-13,2020-01-14,2020-01-15", "{t},{i}.5,{j}.5,{k}.5"),
    ],
)
def test_dates_years_and_numbers_can_be_names(tmp_path: Path, header: str, row: str) -> None:
    rows = [row.format(i=i, j=2 * i, k=30 - i, t=TOWNS[i % 3]) for i in range(20)]
    assert read(tmp_path, "\n".join([header, *rows, ""])).names == tuple(header.split(","))


def test_a_missing_marker_names_no_column(tmp_path: Path) -> None:
    table = read(tmp_path, "".join(f"2/{i:02d}/2008,1:00:00,{'NaN' if i < 9 else '4.5'}\n" for i in range(1, 11)))
    assert table.names == ("column_1", "column_2", "column_3")
    assert table.rows == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("day,town,amount\n,,kg\n" + ROWS, "line 2 left out: units of the columns: 'kg'"),
        ("day,town,amount\n---,----,------\n" + ROWS, "line 2 left out: a ruler under the header"),
        ("day,town,amount\nday,town,amount\n" + ROWS, "line 2 left out: the header once more"),
        ("day,town,amount\n" + ROWS + "day,town,amount\n" + ROWS, "1 repeated headers left out (line 21)"),
        ("day,town,amount\n" + ROWS + "----,----,----\n", "1 rulers of dashes left out (line 21)"),
        ("day,town,amount\n" + ROWS + "\x1a", "1 lines with Ctrl-Z"),
        ("sep=,\nday,town,amount\n" + ROWS, "line 1 left out: it declares the delimiter: 'sep=,'"),
        ("Account:,NO-1,\n,,\nday,town,amount\n" + ROWS, "line 1 before the header left out: 'Account: NO-1'"),
        ("x\n" * 7 + "day,town,amount\n" + ROWS, "question: is line 8 the header?"),
    ],
)
def test_lines_that_are_no_rows_are_left_out_and_reported(tmp_path: Path, text: str, expected: str) -> None:
    table = read(tmp_path, text)
    assert table.names == ("day", "town", "amount")
    assert table.rows == 19 * text.count("2024-01-07")
    assert any(expected in warning for warning in table.warnings)


def test_units_belong_to_their_columns(tmp_path: Path) -> None:
    assert dict(read(tmp_path, "day,town,amount\n,,[kg]\n" + ROWS).units) == {2: "kg"}


def test_two_header_rows_are_joined_with_a_question(tmp_path: Path) -> None:
    table = read(tmp_path, "place,male,,female,\n,count,share,count,share\n" + "Oslo,1,2.5,3,4.5\n" * 20)
    assert table.names == ("place", "male count", "male share", "female count", "female share")
    assert "question: line 2 was taken as a second header row and joined" in table.warnings[0]


def test_one_column_with_commas_and_a_delimiter_against_commas(tmp_path: Path) -> None:
    people = read(tmp_path, "name\n" + "".join(f"Smith{i}, Ann\n" for i in range(20)))
    assert people.names == ("name",)
    assert people.column(0).to_list()[-1] == "Smith19, Ann"
    declared = read(tmp_path, "sep=;\nvisits\n" + "".join(f"{i}\n" for i in range(20)))
    assert (declared.names, declared.rows) == (("visits",), 20)
    text = "id;remark\n" + "".join(f"{i};{', '.join(TOWNS[: 1 + i % 3])}\n" for i in range(20))
    assert read(tmp_path, text).names == ("id", "remark")


def test_units_win_over_a_second_header_where_the_header_recurs(tmp_path: Path) -> None:
    rows = "".join(f"{i}.5,{'' if i % 3 else i}\n" for i in range(1, 14))
    table = read(tmp_path, f"Region,lat\nmm,%\n{rows}Region,lat\n1.5,2\nNote: estimates\nRegion,lat\n")
    assert table.names == ("Region", "lat")
    assert table.units == {0: "mm", 1: "%"}


def test_a_title_with_a_comma_above_a_wider_table_is_no_header(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i}.5,{2 * i}\n" for i in range(1, 10))
    table = read(tmp_path, f"Report of the ministry, unaudited\nrate,remark,count\n{rows}")
    assert table.names == ("rate", "remark", "count")
    assert any("'Report of the ministry  unaudited'" in warning for warning in table.warnings)


def test_headings_are_those_of_the_file(tmp_path: Path) -> None:
    table = read(tmp_path, "id,rate,rate,\n1,2,3,4\n5,6,7,8\n")
    assert table.names == ("id", "rate", "rate_2", "column_4")
    assert table.headings == ("id", "rate", "rate", "")


def test_a_title_with_more_commas_than_the_table_is_no_header(tmp_path: Path) -> None:
    rows = "".join(f"{4000 - i}.00,98.{i:02}\n" for i in range(1, 40))
    table = read(tmp_path, f"New data set,Sample 22 of Saturday, 11 February\nper cm,%T\n{rows}")
    assert (table.names, table.rows) == (("per cm", "%T"), 39)
    assert any("New data set" in warning for warning in table.warnings)


def test_a_header_wider_than_its_rows_stays_the_header(tmp_path: Path) -> None:
    rows = "".join(f"Anna,{i}\n" for i in range(1, 12))
    assert read(tmp_path, f"name,age,city\nBerta,n/a\n{rows}").names[:2] == ("name", "age")


def test_a_row_that_may_be_a_footer_is_kept_and_reported(tmp_path: Path) -> None:
    table = read(tmp_path, "n,type\na,1.5\nb,2.5\nc,3.5\nEnd of report,\n* revised,\n")
    assert table.rows == 4
    assert any("'End of report' (line 5)" in warning for warning in table.warnings)


def test_a_header_with_a_missing_marker_is_questioned(tmp_path: Path) -> None:
    table = read(tmp_path, "?,a|b\n6.28,@home\n1.74,late\n1.15,here\n")
    assert any(warning.startswith("question: is line 1 the header?") for warning in table.warnings)


def test_units_with_exponents_are_units(tmp_path: Path) -> None:
    table = read(tmp_path, "speed,depth\nm s-1,mm\n" + "".join(f"{i}.5,{i}\n" for i in range(1, 16)))
    assert (table.names, table.units) == (("speed", "depth"), {0: "m s-1", 1: "mm"})


def test_an_extra_empty_cell_in_the_header_is_left_out(tmp_path: Path) -> None:
    table = read(tmp_path, "day,,town,amount\n" + ROWS)
    assert table.names == ("day", "town", "amount")
    assert table.warnings[0].startswith("question: the header has 4 cells and no row has more than 3: its empty cells")


def test_an_extra_name_in_the_header_is_questioned(tmp_path: Path) -> None:
    table = read(tmp_path, "day,town,amount, net\n" + ROWS)
    assert table.names == ("day", "town", "amount", " net")
    assert "does a delimiter stand inside a name?" in table.warnings[0]


def test_rows_end_with_a_delimiter_and_their_header_does_not(tmp_path: Path) -> None:
    rows = "".join(f"{TOWNS[i % 3]}, 10. Nov 19{i:02d},\n" for i in range(10, 20))
    table = read(tmp_path, f"first name, mean (all)\n{rows}")
    assert (table.names[:2], table.rows) == (("first name", " mean (all)"), 10)
    title = "Report of the ministry, unaudited\nQuarter 3\n"
    titled = read(tmp_path, f"{title}y,speed,lon\n" + "".join(f"{i}37,{i}2.5,{i}-1,\n" for i in range(1, 10)))
    assert (titled.names[:3], titled.rows) == (("y", "speed", "lon"), 9)
    assert [warning.partition(" before")[0] for warning in titled.warnings[:2]] == ["line 1", "line 2"]


def test_units_stand_under_names_where_lines_end_with_a_delimiter(tmp_path: Path) -> None:
    table = read(tmp_path, "Total sales,\nm s-1,\n" + "".join(f"{i}.25,\n" for i in range(20)))
    assert (table.names[0], table.units) == ("Total sales", {0: "m s-1"})


def test_missing_cells_do_not_affect_header_detection(tmp_path: Path) -> None:
    rows = "13-15,N,2000-01-29\n35-37,Y,2000-01-26\nNaN,N,2000-01-08\n78-83,Y,2000-01-28\n37-38,Y,2000-01-05\n"
    assert read(tmp_path, "name,3,5\n" + rows).names == ("name", "3", "5")
    spaced = "".join(f"x{i}, NaN\n" for i in range(4)) + "".join(f"x{i}, {i}.5\n" for i in range(4))
    assert read(tmp_path, "a,b\n" + spaced).names == ("a", "b")


def test_a_row_of_markers_is_no_header(tmp_path: Path) -> None:
    table = read(tmp_path, "NA,-\n" + "".join(f"{i},{i}.5\n" for i in range(9)))
    assert (table.names, table.rows) == (("column_1", "column_2"), 10)


def test_a_last_row_with_its_first_cell_alone_is_named(tmp_path: Path) -> None:
    table = read(tmp_path, "day,town,amount\n" + ROWS + "End of report,,\n,,\n")
    assert table.rows == 20
    assert "1 last row kept, though only its first cell is filled: 'End of report' (line 21)" in table.warnings
