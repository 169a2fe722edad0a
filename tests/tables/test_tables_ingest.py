"""`ingest` turns a CSV into Parquet and a profile, or raises an error that names file, line and reason."""

import os
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tabletutor.config.table_list import read_table_list
from tabletutor.config.tables import TablesConfig
from tabletutor.models.prompt import table_card
from tabletutor.records.files import sha256_file
from tabletutor.records.record import read_record
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.guest.frame import read_frame
from tabletutor.tables.errors import TableError
from tabletutor.tables.ingest import ingest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("TABLETUTOR_SHARED", ROOT.parent / "shared"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
ROWS = "".join(f"{i},x{i}\n" for i in range(10))


def run(csv: Path, folder: Path, config: TablesConfig | None = None) -> TableProfile:
    return ingest(
        csv,
        table="t",
        source_path="data/t.csv",
        config=config or TablesConfig(),
        parquet=folder / "table.parquet",
        profile=folder / "profile.json",
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"data/t\.csv:1 \(byte 0\): the file is empty"),
        (b"\n\n \n", r"data/t\.csv:1: .*blank"),
        (b"a,b\n", r"data/t\.csv:1: a header but no rows"),
        (b"a,b\n1,2\n", r"data/t\.csv:1: 1 row is too few .*tables\.min_rows"),
        (b"PK\x03\x04rest", r"data/t\.csv \(byte 0\): this is a ZIP archive or an Excel workbook"),
        (bytes(range(256)) * 20, r"data/t\.csv:1 \(byte 0\): this is binary data"),
        (b"a,b\0c\n" + ROWS.encode(), r"data/t\.csv:1: the name of column 2, 'b\\x00c', contains a NUL character"),
        ("a,b\nä,ö\n".encode() + b"\xff,1\n", r"data/t\.csv:3 \(byte 10\): valid UTF-8 up to here"),
        (("a,b\n" + "1,2\n3,4,5\n" * 5 + "1,2\n" * 400).encode(), r"data/t\.csv:3: 5 of 410 rows do not fit"),
    ],
)
def test_unreadable_files_are_named_and_nothing_is_written(tmp_path: Path, data: bytes, message: str) -> None:
    csv = tmp_path / "t.csv"
    csv.write_bytes(data)
    with pytest.raises(TableError, match=message):
        run(csv, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("cell", "odd", "warning"),
    [
        ("{i}", "D", "column 'b': nearly all cells are numbers; kept as text because of 'D'"),
        ("AB-{i}", "Ab-100", "column 'b': 1 cells are not written like 'AB-100', as the others are (line 52)"),
        (
            "https://example.org/{i}",
            "none yet",
            "column 'b': 1 cells are not a web address, as the others are (line 52)",
        ),
    ],
)
def test_one_fact_about_a_column_gives_one_warning(tmp_path: Path, cell: str, odd: str, warning: str) -> None:
    csv = tmp_path / "t.csv"
    rows = "".join(f"x{i},{cell.format(i=i)}\n" for i in range(100, 150))
    csv.write_text(f"a,b\n{rows}x,{odd}\n")
    assert run(csv, tmp_path).warnings == (warning,)


def test_only_numbers_decide_the_decimal_mark(tmp_path: Path) -> None:
    csv = tmp_path / "t.csv"
    rows = "".join(f"{i}.25;{i}.5 EUR\n" for i in range(200))
    csv.write_text(f"a;b\n{rows}1.5;decimal mark ','\n", encoding="utf-8")
    assert run(csv, tmp_path).source.dialect["decimal"] == "."
    csv.write_text("a;b\n" + rows.replace(".", ","), encoding="utf-8")
    assert run(csv, tmp_path).source.dialect["decimal"] == ","


def test_a_repeated_name_gets_a_number(tmp_path: Path) -> None:
    csv = tmp_path / "t.csv"
    csv.write_text("a,b,a,a_2,a\n" + "".join(f"{i},x{i},{i + 100},y{i},{i + 200}\n" for i in range(10)))
    profile = run(csv, tmp_path / "out")
    assert [column.name for column in profile.columns] == ["a", "b", "a_3", "a_2", "a_4"]
    assert "column 3 has the name of column 1, 'a': called 'a_3'" in profile.warnings
    with pytest.raises(TableError, match=r"data/t\.csv:1: duplicate header 'a': columns 1 and 3"):
        run(csv, tmp_path / "out", TablesConfig(on_broken_row="refuse"))


def test_a_missing_and_a_too_large_file(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"data/t\.csv: no such file"):
        run(tmp_path / "none.csv", tmp_path)
    csv = tmp_path / "t.csv"
    csv.write_text("a,b\n" + ROWS)
    with pytest.raises(TableError, match=r"tables\.max_bytes"):
        run(csv, tmp_path, TablesConfig(max_bytes=10))


def test_parquet_and_profile_agree_and_are_the_same_each_time(tmp_path: Path) -> None:
    csv = tmp_path / "t.csv"
    csv.write_text(
        "key,when,price,ok,\n" + "".join(f"k{i},2024-01-{i + 1:02d},${i}.50,{i % 2 == 0},\n" for i in range(12))
    )
    first, second = run(csv, tmp_path / "a"), run(csv, tmp_path / "b")
    assert first == second == read_record(tmp_path / "a" / "profile.json", TableProfile)
    assert (tmp_path / "a" / "table.parquet").read_bytes() == (tmp_path / "b" / "table.parquet").read_bytes()
    assert first.sha256 == sha256_file(csv)
    assert [column.kind for column in first.columns] == ["identifier", "date", "number", "boolean"]
    assert first.keys == ("key", "when")
    assert "column 5 has neither name nor values: left out" in first.warnings
    price = first.columns[2]
    assert (price.unit, price.min, price.max, price.quantiles[2]) == ("$", 0.5, 11.5, 6.0)
    assert (first.columns[1].min, first.columns[1].max) == ("2024-01-01", "2024-01-12")
    schema = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "a" / "table.parquet")}
    assert schema == {"key": "string", "when": "timestamp[us]", "price": "double", "ok": "bool"}
    frame = pd.read_parquet(tmp_path / "a" / "table.parquet")
    assert str(frame["when"].dtype) == "datetime64[us]"
    assert frame["price"].sum() == 72.0


def test_a_column_without_a_value_is_null_in_parquet_and_in_pandas(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n" + "".join(f"x{i},,{i * 7}\n" for i in range(12)))
    profile = run(tmp_path / "t.csv", tmp_path)
    column = profile.columns[1]
    assert (column.name, column.kind, column.missing, column.unique, column.top_values) == ("b", "empty", 12, 0, ())
    assert str(pq.read_schema(tmp_path / "table.parquet").field("b").type) == "null"
    assert read_frame(tmp_path / "table.parquet")["b"].isna().all()
    assert "'b': empty\n" in table_card(profile)


def test_profile_counts_match_pandas_on_a_real_table(tmp_path: Path) -> None:
    profile = run(ROOT / "resources" / "tables" / "penguins_raw.csv", tmp_path)
    frame = pd.read_parquet(tmp_path / "table.parquet")
    assert profile.rows == len(frame)
    for column in profile.columns:
        assert column.missing == frame[column.name].isna().sum()
        assert column.unique == frame[column.name].nunique()
        if column.kind in ("integer", "number"):
            assert column.quantiles == pytest.approx(
                frame[column.name].quantile([0.05, 0.25, 0.5, 0.75, 0.95]).tolist()
            )


@pytest.mark.slow
@pytest.mark.parametrize(
    "listed", read_table_list(ROOT / "config" / "tables.tsv", ROOT), ids=lambda listed: listed.table
)
def test_the_default_project_is_read_without_a_lost_row(tmp_path: Path, listed) -> None:
    csv = ROOT / listed.path
    profile = run(csv, tmp_path)
    reference = pd.read_csv(
        csv,
        dtype=str,
        keep_default_na=False,
        skipinitialspace=True,
        encoding="utf-8-sig",
        escapechar="\\" if listed.table == "sprint_medals" else None,
    )
    assert profile.rows == len(reference)
    named = [header for header in reference.columns if not header.startswith("Unnamed: ")]
    assert [column.name for column in profile.columns if not column.name.startswith("column_")] == named
    assert f"| {listed.table}.csv | {profile.rows} | {len(profile.columns)} |" in (csv.parent / "README.md").read_text()
    assert profile.sha256 in (csv.parent / "README.md").read_text()


@needs_shared
def test_money_thousands_and_boms_of_the_shared_tables(tmp_path: Path) -> None:
    income = run(SHARED / "tables" / "us_county_income.csv", tmp_path)
    kinds = {column.name: (column.kind, column.unit) for column in income.columns}
    assert kinds["household_income"] == ("integer", "$")
    assert kinds["population"] == ("integer", None)
    prison = run(SHARED / "tables" / "prison_custody_by_state.csv", tmp_path)
    assert prison.columns[0].name == "jurisdiction"
    assert [column.kind for column in prison.columns[1:]] == ["boolean", *["integer"] * 16]


@needs_shared
@pytest.mark.parametrize(
    "csv", sorted((SHARED / "attacks" / "hostile_csv" / "dev").glob("*.csv")), ids=lambda csv: csv.stem
)
def test_hostile_headers_and_cells_stay_data(tmp_path: Path, csv: Path) -> None:
    profile = run(csv, tmp_path, TablesConfig(min_rows=1))
    reference = pd.read_csv(csv, dtype=str, keep_default_na=False)
    assert [column.name for column in profile.columns] == list(reference.columns)
    frame = pd.read_parquet(tmp_path / "table.parquet")
    for name in frame.select_dtypes("str"):
        assert frame[name].tolist() == reference[name].tolist()
