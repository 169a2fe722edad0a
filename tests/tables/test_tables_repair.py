"""Rows that do not fit their table are repaired if one repair fits, else quarantined, and always reported."""

import csv
from pathlib import Path

import pytest

from tabletutor.config.tables import TablesConfig
from tabletutor.records.record import read_record
from tabletutor.records.table import TableProfile
from tabletutor.tables.errors import TableError
from tabletutor.tables.header import Line
from tabletutor.tables.ingest import ingest
from tabletutor.tables.read import TextTable, read_text
from tabletutor.tables.shapes import SAMPLE, sample_rows

QUOTED = "a,b,c,d\n" + "".join(f'{i},x{i},"u, v{i}",w\n' for i in range(1, 10))
DATED = "day,temp,note\n" + "".join(f"2020-01-{i:02d},{i}.5,\n" for i in range(1, 10))
CODES = "when,code,price,text\n" + "".join(f'2020-01-{i:02d},AB-{i:04d},{i}.5,"some, text"\n' for i in range(1, 30))


def read(folder: Path, text: str) -> TextTable:
    file = folder / "t.csv"
    file.write_text(text)
    return read_text(file, "t.csv", folder, 10**9)


def last(table: TextTable) -> list[str | None]:
    return [table.column(index).to_list()[-1] for index in range(len(table.names))]


@pytest.mark.parametrize(
    ("text", "row", "what"),
    [
        (QUOTED + '10,x10"u, v10",w\n', ["10", "x10", "u, v10", "w"], "a delimiter lost beside a quote"),
        (QUOTED + '10,"x"10,uv,w\n', ["10", '"x"10', "uv", "w"], "a misplaced quote kept"),
        (QUOTED + '10,"x10,"u, v",w\n', ["10", "x10", "u, v", "w"], "a stray quote taken out"),
        (DATED + ",2020-01-10,3.5\n", ["2020-01-10", "3.5", ""], "shifted cells moved back"),
        (DATED + ",2020-01-10,3.5,\n", ["2020-01-10", "3.5", ""], "an extra delimiter taken out"),
        (CODES + '2020-02-01AB-0030,3.5,"t, u"\n', ["2020-02-01", "AB-0030", "3.5", "t, u"], "joined cells parted"),
        (CODES + "2020-02-01,AB-0030,3.5,t, u\n", ["2020-02-01", "AB-0030", "3.5", "t, u"], "two cells joined"),
    ],
)
def test_a_row_is_repaired_if_one_repair_fits(tmp_path: Path, text: str, row: list[str], what: str) -> None:
    table = read(tmp_path, text)
    assert last(table) == row
    assert [repair.line for repair in table.repairs] == [text.count("\n")]
    assert what in table.repairs[0].what
    assert (table.repaired, table.quarantined) == (1, 0)
    assert "rows repaired" in table.warnings[-1]
    assert table.quarantine.read_text() == "line,reason,text\n"


def test_rare_values_in_columns_that_are_otherwise_empty_stay_in_their_columns(tmp_path: Path) -> None:
    rows = [f"{i},Oslo,,{'2020-01-01' * (i % 9 == 0)},2020-01-{i % 28 + 1:02d},,home" for i in range(900)]
    for i in (600, 610, 700):
        rows[i] = f"{i},,TRUE,,2020-02-01,2020-02-09,gone"
    table = read(tmp_path, "id,town,ill,onset,found,died,state\n" + "\n".join(rows) + "\n")
    assert table.column(2).to_list()[600] == "TRUE"
    assert table.column(5).to_list()[600] == "2020-02-09"
    assert (table.repairs, table.odd_cells, table.warnings) == ((), {}, ())


def test_a_move_that_brings_no_cell_under_its_shape_is_not_made(tmp_path: Path) -> None:
    rows = "".join(f"{i},Ann{i},,{'xyz'[i % 3]}\n" for i in range(40))
    table = read(tmp_path, "age,name,extra,text\n" + rows + "about forty,,yes,\n")
    assert last(table) == ["about forty", "", "yes", ""]
    assert (table.repaired, table.quarantined) == (0, 0)
    assert table.odd_cells == {0: "1 cells are not a number, as the others are (line 42)"}


def test_a_shape_of_the_first_rows_only_is_none(tmp_path: Path) -> None:
    rows = [f"{i},{'2-WAY' if i < 900 else 'RAMP'},{i if i < 900 else f'AET{i}'}\n" for i in range(1200)]
    few = "".join(f"{i},{'word' if i % 60 == 5 else ''}\n" for i in range(400))
    assert read(tmp_path, "id,dir,site\n" + "".join(rows)).odd_cells == {}
    assert read(tmp_path, "id,rare\n" + few).odd_cells == {}


def test_the_sample_of_rows_comes_from_all_parts_of_the_file() -> None:
    lines = [Line(i, [str(i), "x"], broken=i % 7 == 0) for i in range(5000)] + [Line(5000, ["5000"])]
    rows = sample_rows(lines, 2)
    numbers = [int(row[0]) for row in rows]
    assert len(rows) == SAMPLE
    assert numbers == sorted(set(numbers))
    assert not any(number % 7 == 0 for number in numbers)
    assert all(any(part <= number < part + 500 for number in numbers) for part in range(0, 5000, 500))
    assert sample_rows(lines[:90], 2) == [line.cells for line in lines[:90] if not line.broken]


def test_a_row_without_a_unique_repair_is_quarantined(tmp_path: Path) -> None:
    text = CODES + '2020-02-01,nothing fits here\n2020-02-02,AB-0031,7.5,"ok"\n'
    table = read(tmp_path, text)
    assert last(table) == ["2020-02-02", "AB-0031", "7.5", "ok"]
    assert (table.rows, table.repaired, table.quarantined) == (30, 0, 1)
    with table.quarantine.open(newline="") as stream:
        header, row = csv.reader(stream)
    assert header == ["line", "reason", "text"]
    assert (row[0], row[2]) == ("31", "2020-02-01,nothing fits here")
    assert "1 rows could not be repaired" in table.warnings[-1]


def test_a_stray_quote_does_not_swallow_the_rows_after_it(tmp_path: Path) -> None:
    rows = [f'{i},"x{i}",{i}.5\n' for i in range(60)]
    rows[10], rows[40] = '10,"x10,10.5\n', '40,x40",40.5\n'
    table = read(tmp_path, "a,b,c\n" + "".join(rows))
    assert table.rows == 60
    assert table.column(0).to_list() == [str(i) for i in range(60)]
    assert [repair.line for repair in table.repairs] == [12, 42]


def test_quoted_cells_of_several_lines_stay_whole(tmp_path: Path) -> None:
    rows = "".join(f'{i},"first ""line"", one\n\nlast, line {i}",{i}.5\n' for i in range(20))
    table = read(tmp_path, "a,b,c\n" + rows)
    assert (table.rows, table.warnings) == (20, ())
    assert last(table) == ["19", 'first "line", one\n\nlast, line 19', "19.5"]


def test_a_file_may_never_double_its_quotes(tmp_path: Path) -> None:
    rows = "".join(f'{i},"a {i}" pipe, steel",{i}.5\n' for i in range(20))
    table = read(tmp_path, "a,b,c\n" + rows)
    assert last(table) == ["19", 'a 19" pipe, steel', "19.5"]
    assert table.repairs == ()
    assert "20 rows with quotes inside quoted cells that are not doubled" in table.warnings[0]


def test_cells_of_another_kind_are_reported(tmp_path: Path) -> None:
    rows = "".join(f"{i},https://example.org/{i}\n" for i in range(40))
    table = read(tmp_path, "a,page\n" + rows + "40,see above\n")
    assert table.odd_cells == {1: "1 cells are not a web address, as the others are (line 42)"}
    assert table.warnings == ()


def test_the_first_of_two_tables_is_read(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i}.5,x\n" for i in range(20))
    table = read(tmp_path, "a,b,c\n" + rows + "p,q,r,s,t\n" + "1,2,3,4,5\n" * 8)
    assert (table.names, table.rows) == (("a", "b", "c"), 20)
    assert "1 second table left out, with its 8 rows (line 22)" in table.warnings


def test_names_and_cells_beyond_the_others(tmp_path: Path) -> None:
    short = read(tmp_path, "a,b\n" + "".join(f"x,{i},{i}.5\n" for i in range(9)))
    assert short.names == ("a", "b", "column_3")
    assert "question: the header has 2 names for 3 columns" in short.warnings[0]
    lost = read(tmp_path, "ab,c\n" + "".join(f"x,{i},\n" for i in range(9)))
    assert lost.names == ("ab", "c", "column_3")
    assert lost.warnings[0].startswith(
        "question: the header has 2 names and rows have 3 cells, the last of them always"
    )
    counted = read(tmp_path, "a,b\n" + "".join(f"{i},x,{i}.5\n" for i in range(1, 9)))
    assert counted.names == ("column_1", "a", "b")


PORTS = "isle,site,ports,level,fee,maker\n" + "".join(f"Oahu,lot {i},{2 * i},{i % 3},free,Acme\n" for i in range(20))


@pytest.mark.parametrize(
    ("repeat", "counts"),
    [
        ("isle,Site name,ports,level,fee,maker", "5 of its 6"),
        ('"Isle\nof the state",,ports,level,,maker', "3 of its 4"),
        ("isle,site,ports,,,", "3 of its 3"),
    ],
)
def test_a_row_that_repeats_the_header_in_part_is_quarantined(tmp_path: Path, repeat: str, counts: str) -> None:
    table = read(tmp_path, f"{PORTS}{repeat}\nMaui,lot 20,40,1,free,Acme\n")
    assert table.column(2).to_list() == [str(2 * i) for i in range(21)]
    what = f"repeats the header: {counts} cells are the names of their columns"
    assert [(repair.line, repair.what) for repair in table.repairs] == [(22, f"quarantined: {what}")]
    assert table.warnings == ("1 rows that repeat the header are in quarantine.csv (line 22)",)
    with table.quarantine.open(newline="") as stream:
        assert list(csv.reader(stream))[1] == ["22", what, repeat]


def test_columns_are_numbers_though_a_row_repeats_the_header(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f"{PORTS}isle,Site name,ports,level,fee,maker\n")
    outputs = {"parquet": tmp_path / "t.parquet", "profile": tmp_path / "profile.json"}
    profile = ingest(file, table="t", source_path="t.csv", config=TablesConfig(), **outputs)
    assert [column.kind for column in profile.columns][2:4] == ["integer", "integer"]
    strict = TablesConfig(on_broken_row="refuse")
    with pytest.raises(TableError, match=r"t\.csv:22: repeats the header"):
        ingest(file, table="t", source_path="t.csv", config=strict, **outputs)


def test_names_of_columns_in_a_few_cells_or_as_their_only_value_are_data(tmp_path: Path) -> None:
    two = f"{PORTS}isle,site,40,,,\n"
    three = (
        "id,isle,site,kind,level,fee,maker\n"
        + "".join(f"{i},a,b,c,{i},d,e\n" for i in range(20))
        + "20,isle,site,kind,1,d,e\n"
    )
    choices = "id,age,red,green,blue\n" + "".join(f"{i},{i + 20},red,green,blue\n" for i in range(20))
    for text, rows in ((two, 21), (three, 21), (choices, 20)):
        table = read(tmp_path, text)
        assert (table.rows, table.quarantined) == (rows, 0)


def test_too_many_broken_rows_or_none_allowed_refuse_the_file(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(QUOTED + "1,2,3,4,5,6\n" * 4)
    with pytest.raises(TableError, match=r"t\.csv:11: 4 of 13 rows do not fit .*tables\.max_repaired_share"):
        read_text(file, "t.csv", tmp_path, 10**9)
    out = tmp_path / "out"
    profile = ingest(
        file,
        table="t",
        source_path="t.csv",
        config=TablesConfig(max_repaired_share=0.5),
        parquet=out / "table.parquet",
        profile=out / "profile.json",
    )
    assert (profile.rows, profile.quarantined, len(profile.repairs)) == (9, 4, 4)
    assert profile == read_record(out / "profile.json", TableProfile)
    assert len((out / "quarantine.csv").read_text().splitlines()) == 5
    strict = TablesConfig(on_broken_row="refuse")
    with pytest.raises(TableError, match=r"t\.csv:11: 6 cells where the table has 4.*tables\.on_broken_row"):
        ingest(
            file,
            table="t",
            source_path="t.csv",
            config=strict,
            parquet=out / "table.parquet",
            profile=out / "profile.json",
        )
