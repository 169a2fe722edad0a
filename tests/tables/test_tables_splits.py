"""The table list, splits and the leak check."""

from pathlib import Path

import pytest
from loguru import logger

from tabletutor.config.table_list import ListedTable, TableListError, read_table_list
from tabletutor.config.tables import TablesConfig
from tabletutor.records.record import read_record
from tabletutor.records.table import Split, Splits
from tabletutor.tables.ingest import ingest
from tabletutor.tables.leaks import LeakCheck, LeakError, check_files, check_leaks
from tabletutor.tables.overlap import Content, TypedTable, compare
from tabletutor.tables.splits import SplitError, _bucket, assign_splits, split_tables

CONFIG = TablesConfig()


def make(folder: Path, name: str, header: str, rows: list[str]) -> Content:
    csv = folder / f"{name}.csv"
    csv.write_text("\n".join([header, *rows]) + "\n")
    parquet = folder / name / "table.parquet"
    profile = ingest(
        csv, table=name, source_path=csv.name, config=CONFIG, parquet=parquet, profile=folder / name / "profile.json"
    )
    return Content(name, profile.sha256, parquet)


def rows(start: int, count: int) -> list[str]:
    return [f"city {i},{i * i % 997},{i * 0.5}" for i in range(start, start + count)]


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Content]:
    header = "city,size,score"
    reordered = [f"{score},{city},{size}" for city, size, score in (row.split(",") for row in rows(5, 30))]
    return {
        "towns": make(tmp_path, "towns", header, rows(0, 60)),
        "towns_part": make(tmp_path, "towns_part", "score,city,size", reordered),
        "villages": make(tmp_path, "villages", header, rows(1000, 60)),
        "hamlets": make(tmp_path, "hamlets", header, rows(1050, 60)),
        "renamed": make(tmp_path, "renamed", "ort,flaeche,wert", list(reversed(rows(0, 60)))),
    }


def table_list(**pins: Split | None) -> list[ListedTable]:
    return [ListedTable(name, f"{name}.csv", split) for name, split in pins.items()]


def test_pins_hold_and_near_duplicates_go_together(tables: dict[str, Content]) -> None:
    given_list = table_list(villages="test", towns="train", towns_part=None, renamed=None, hamlets="validation")
    splits = assign_splits(given_list, list(tables.values()), CONFIG)
    assert [(s.table, s.split, s.group, s.pinned) for s in splits.tables] == [
        ("hamlets", "validation", "hamlets", True),
        ("renamed", "train", "towns", False),
        ("towns", "train", "towns", True),
        ("towns_part", "train", "towns", False),
        ("villages", "test", "villages", True),
    ]


def test_conflicting_pins_and_empty_splits_are_errors(tables: dict[str, Content]) -> None:
    contents = list(tables.values())
    with pytest.raises(
        SplitError, match="'towns' and 'towns_part' are near-duplicates but pinned to 'train' and 'test'"
    ):
        assign_splits(table_list(towns="train", towns_part="test", villages="validation"), contents, CONFIG)
    with pytest.raises(SplitError, match="no test table: all 2 tables went to train, validation"):
        assign_splits(table_list(towns="train", villages="validation"), contents, CONFIG)


def test_buckets_depend_on_the_name_alone_and_follow_the_shares() -> None:
    names = [f"table_{number}" for number in range(1000)]
    shares: dict[Split, float] = {"train": 0.7, "validation": 0.1, "test": 0.2}
    buckets = [_bucket(name, shares) for name in names]
    assert buckets == [_bucket(name, dict(reversed(shares.items()))) for name in names]
    assert [buckets.count(split) / 1000 for split in shares] == pytest.approx([0.7, 0.1, 0.2], abs=0.04)
    assert all(_bucket(name, {"test": 1.0}) == "test" for name in names[:20])


def test_buckets_are_the_same_for_ever_and_go_by_the_proportion_of_the_shares() -> None:
    shares: dict[Split, float] = {"train": 0.7, "validation": 0.1, "test": 0.2}
    buckets = [_bucket(f"table_{number}", shares) for number in range(14)]
    assert [number for number, bucket in enumerate(buckets) if bucket == "test"] == [6, 8, 12, 13]
    for factor in (10, 0.1):
        assert [_bucket(f"table_{number}", scale(shares, factor)) for number in range(14)] == buckets
    names = [f"table_{number}" for number in range(400)]
    halves = [_bucket(name, {"train": 2.0, "test": 2.0}) for name in names]
    assert [halves.count(split) / 400 for split in ("train", "validation", "test")] == pytest.approx(
        [0.5, 0, 0.5], abs=0.06
    )
    assert {_bucket(name, {"validation": 1.0}) for name in names} == {"validation"}
    assert {_bucket(name, {"validation": 1.0, "test": 1.0}) for name in names} == {"validation", "test"}
    shareless: list[dict[Split, float]] = [{}, {"train": 0.0}]
    for nothing in shareless:
        with pytest.raises(SplitError, match="split_shares sum to 0"):
            _bucket("table_0", nothing)


def scale(shares: dict[Split, float], factor: float) -> dict[Split, float]:
    return {split: share * factor for split, share in shares.items()}


def test_the_log_names_the_tables_of_each_split(tables: dict[str, Content], tmp_path: Path) -> None:
    chosen = table_list(towns="train", villages="test", renamed=None)
    typed = [TypedTable(tmp_path / table.table / "profile.json", tables[table.table].parquet) for table in chosen]
    messages: list[str] = []
    sink = logger.add(lambda message: messages.append(message.record["message"]), level="INFO")
    splits = split_tables(chosen, typed, CONFIG, tmp_path / "splits.json")
    logger.remove(sink)
    assert messages == ["train: 2 tables (renamed, towns)", "validation: 0 tables ()", "test: 1 tables (villages)"]
    assert read_record(tmp_path / "splits.json", Splits) == splits


def test_adding_a_table_moves_no_other(tables: dict[str, Content]) -> None:
    contents = list(tables.values())
    before = assign_splits(
        table_list(towns="train", villages=None, hamlets="test"), contents, TablesConfig(split_shares={"train": 1.0})
    )
    after = assign_splits(
        table_list(towns="train", villages=None, hamlets="test", renamed=None),
        contents,
        TablesConfig(split_shares={"train": 1.0}),
    )
    assert {s.table: s.split for s in before.tables}.items() <= {s.table: s.split for s in after.tables}.items()


def test_leaks_fail_and_clean_splits_pass(tables: dict[str, Content], tmp_path: Path) -> None:
    clean = table_list(towns="train", towns_part="train", renamed="train", villages="test", hamlets="validation")
    strict = [tables[table.table] for table in clean]
    splits = assign_splits(clean, strict, CONFIG)
    with pytest.raises(LeakError, match=r"hamlets \(validation\) and villages \(test\) share 17% of their rows"):
        check_leaks(strict, splits, CONFIG)
    relaxed = TablesConfig(leak_threshold=0.3)
    typed = [TypedTable(tmp_path / table.table / "profile.json", tables[table.table].parquet) for table in clean]
    split_tables(clean, typed, relaxed, tmp_path / "splits.json")
    check_files(typed, splits=tmp_path / "splits.json", config=relaxed, output=tmp_path / "leaks.json")
    written = read_record(tmp_path / "leaks.json", LeakCheck)
    assert (written.pairs, [overlap.tables for overlap in written.overlaps]) == (7, [("hamlets", "villages")])


def test_tables_that_share_only_months_are_no_leak(tmp_path: Path) -> None:
    def panel(name: str, header: str, factor: int) -> Content:
        months = [(2001 + place % 5, 1 + place // 5 % 12) for place in range(300)]
        lines = [f"{year},{month},{place * factor % 997}" for place, (year, month) in enumerate(months)]
        return make(tmp_path, name, header, lines)

    storms, sales = panel("storms", "year,month,wind", 7), panel("sales", "year,month,price", 11)
    assert compare(storms, sales).rows == 0
    months = make(tmp_path, "months", "year,month", [f"{2001 + place % 5},{1 + place // 5}" for place in range(60)])
    assert compare(storms, months).rows == 1, "all columns of one table are shared, so its rows are"


def test_a_renamed_copy_across_splits_is_a_leak(tables: dict[str, Content]) -> None:
    pair = [tables["towns"], tables["renamed"]]
    splits = Splits(
        tuple(
            s
            for s in assign_splits(
                table_list(towns="train", villages="test", hamlets="validation"), list(tables.values()), CONFIG
            ).tables
        )
    )
    hidden = Splits((*splits.tables, type(splits.tables[0])("renamed", "renamed", "test", True)))
    with pytest.raises(LeakError, match="a column with equal values"):
        check_leaks(pair, hidden, CONFIG)


def test_the_default_list_has_twenty_three_and_seven() -> None:
    root = Path(__file__).parents[2]
    splits = [table.split for table in read_table_list(root / "config" / "tables.tsv", root)]
    assert [splits.count(split) for split in ("train", "validation", "test")] == [20, 3, 7]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the list is empty"),
        ("table\tpath\n", "the list has no tables"),
        ("table\tpth\na\tx.csv\n", r":1: unknown column 'pth' \(did you mean 'path'\?\)"),
        ("table\ttitle\na\tx\n", r":1: the column 'path' is missing"),
        (
            "table\tpath\tsplit\na\tx.csv\ttrian\n",
            r":2: column split: unknown split 'trian' \(did you mean 'train'\?\)",
        ),
        ("table\tpath\nA b\tx.csv\n", r":2: column table: 'A b' is not a valid table name"),
        ("table\tpath\na\t\n", r":2: column path: table 'a' has no path"),
        ("table\tpath\na\tnone.csv\n", r":2: column path: table 'a': there is no file 'none.csv'"),
        ("table\tpath\na\tx.csv\n\na\tx.csv\n", r":4: table 'a' is already on line 2"),
        ("table\tpath\na\tx.csv\textra\n", r":2: 3 cells for 2 columns"),
    ],
)
def test_table_list_errors_name_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.csv").write_text("a\n")
    path = tmp_path / "tables.tsv"
    path.write_text(text)
    with pytest.raises(TableListError, match=message):
        read_table_list(path, tmp_path)
