"""Data dictionaries beside a CSV: Table Schema, Data Package and CSVW metadata."""

import json
from csv import reader
from pathlib import Path
from typing import Any

import pytest

from tabletutor.config.table_list import TableListError, read_table_list
from tabletutor.config.tables import TablesConfig
from tabletutor.records.table import ColumnProfile, TableProfile
from tabletutor.tables.dictionary.apply import check_names
from tabletutor.tables.dictionary.entries import DictionaryError
from tabletutor.tables.dictionary.find import find_dictionary
from tabletutor.tables.dictionary.read import read_dictionary
from tabletutor.tables.ingest import ingest
from tabletutor.workflow.setup import list_tables

HEADER = "trip_id,bay,stage,kg,psavert,tags"
ROWS = [f"{100 + i},{1 + i % 3},{'CBA'[i % 3]},{-9 if i == 4 else 10 + i},{i}.5,a/b" for i in range(12)]


def write(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write(tmp_path, "trips.csv", "\n".join([HEADER, *ROWS, ""]))


def read(csv: Path, dictionary: Any | None = None, name: str = "trips.schema.json") -> TableProfile:
    """Ingest the CSV with a dictionary of this content."""
    path = None if dictionary is None else write(csv.parent, name, dictionary)
    out = csv.parent / "out"
    return ingest(
        csv,
        table="trips",
        source_path="trips.csv",
        config=TablesConfig(),
        parquet=out / "table.parquet",
        profile=out / "profile.json",
        dictionary=path,
    )


def schema(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"fields": [{"name": name, **properties} for name, properties in fields.items()]}


def column(profile: TableProfile, name: str) -> ColumnProfile:
    return next(column for column in profile.columns if column.name == name)


def test_a_table_schema_overrides_what_is_inferred(csv: Path) -> None:
    plain = read(csv)
    assert [c.role for c in plain.columns] == [
        "identifier",
        "ordinal",
        "category",
        "intensive",
        "intensive",
        "constant",
    ]
    profile = read(
        csv,
        schema(
            trip_id={"type": "string"},
            bay={"role": "additive", "unit": "bays", "description": "Bays that were used."},
            stage={"categories": ["C", "B", "A"], "categoriesOrdered": True},
            kg={"title": "catch", "unit": "kg", "role": "additive", "missingValues": ["-9"]},
            psavert={"title": "savings rate", "unit": "%"},
        ),
    )
    trip, bay, stage, kg, rate = (column(profile, name) for name in ("trip_id", "bay", "stage", "kg", "psavert"))
    assert (trip.kind, trip.role) == ("identifier", "identifier")
    assert (bay.role, bay.unit, bay.description) == ("additive", "bays", "Bays that were used.")
    assert bay.role_reason == "the data dictionary says so"
    assert (stage.role, stage.levels) == ("ordinal", ("C", "B", "A"))
    assert (kg.title, kg.unit, kg.role, kg.missing, kg.min) == ("catch", "kg", "additive", 1, 10.0)
    assert (rate.title, rate.unit, rate.role) == ("savings rate", "%", "intensive")
    assert profile.dictionary == str(csv.with_name("trips.schema.json"))
    assert [w for w in profile.warnings if "dictionary" in w] == [
        f"column 'tags': not in the data dictionary {profile.dictionary}"
    ]


def test_csvw_metadata_and_data_packages_say_the_same(csv: Path) -> None:
    csvw = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": "trips.csv",
        "tableSchema": {
            "columns": [
                {"titles": "bay", "datatype": "string", "dc:description": "The bay."},
                {"titles": ["stage", "life stage"], "tabletutor:levels": ["C", "B", "A"]},
                {"name": "kg", "null": "-9", "tabletutor:role": "additive", "schema:unitText": "kg"},
                {"name": "tags", "separator": "/"},
            ]
        },
    }
    fields = schema(
        bay={"type": "string", "description": "The bay."},
        stage={"title": "life stage", "categories": ["C", "B", "A"], "categoriesOrdered": True},
        kg={"missingValues": ["-9"], "role": "additive", "unit": "kg"},
        tags={"type": "list", "delimiter": "/"},
    )
    package = {"name": "p", "resources": [{"path": "other.csv"}, {"path": "trips.csv", "schema": fields}]}
    group = {"tables": [{"url": "other.csv"}, csvw]}
    read_as = [
        read(csv, content, name).columns
        for name, content in {
            "trips.schema.json": fields,
            "trips.csv-metadata.json": csvw,
            "datapackage.json": package,
            "group.json": group,
        }.items()
    ]
    assert read_as[0] == read_as[1] == read_as[2] == read_as[3]
    assert [c.role for c in read_as[0][1:4]] == ["category", "ordinal", "additive"]


@pytest.mark.parametrize(
    ("dictionary", "message"),
    [
        ("{", "not JSON"),
        ([], "not a JSON object"),
        ({"title": "x"}, "neither a Table Schema"),
        (schema(kg={"role": "aditive"}), "fields[0].role: 'aditive' is no role (did you mean 'additive'?)"),
        (schema(kg={"type": "nummer"}), "fields[0].type: input should be 'string', 'number'"),
        ({"fields": []}, "fields: tuple should have at least 1 item"),
        ({"fields": [{"name": "kg"}, {"name": "kg"}]}, "column 'kg' is described twice"),
        (schema(stag={}), "column 'stag' is not in the CSV (did you mean 'stage'?)"),
        (schema(stage={"role": "additive"}), "column 'stage' has the role 'additive', but its cells are read as"),
        (schema(kg={"role": "date"}), "column 'kg' has the role 'date', but its cells are read as integer"),
        ({"resources": [{"path": "b.csv"}]}, "no resource has the path 'trips.csv'"),
        ({"resources": [{"path": "trips.csv", "schema": "s.json"}]}, "resources[0].schema is a path"),
        ({"resources": [{"path": "trips.csv"}]}, "resources[0].schema is missing"),
        ({"url": "b.csv", "tableSchema": {"columns": [{"name": "kg"}]}}, "url: 'b.csv' is not 'trips.csv'"),
        ({"tables": [{"url": "b.csv"}]}, "no table has the url 'trips.csv'"),
        ({"tableSchema": "s.json"}, "tableSchema.columns is missing"),
        ({"tableSchema": {"columns": [{"datatype": "string"}]}}, "columns[0] has neither name nor titles"),
        ({"tableSchema": {"columns": [{"name": "kg", "tabletutor:role": "x"}]}}, "tabletutor:role: 'x' is no role"),
    ],
)
def test_an_error_names_the_file_and_the_property(csv: Path, dictionary: Any, message: str) -> None:
    with pytest.raises(DictionaryError) as error:
        read(csv, dictionary)
    assert str(error.value).startswith(f"{csv.with_name('trips.schema.json')}: ")
    assert message in str(error.value)
    assert not (csv.parent / "out" / "profile.json").exists()


def test_what_does_not_fit_is_a_warning(csv: Path) -> None:
    profile = read(csv, schema(stage={"type": "integer", "categories": ["A", "B"]}, bay={"type": "integer"}))
    said = " ".join(profile.warnings)
    assert "column 'stage': the data dictionary says integer, but the cells are read as category" in said
    assert "values that are no categories of the data dictionary: 'C'" in said


def test_declared_types_decide_between_texts_numbers_and_booleans(csv: Path) -> None:
    csv.write_text("a,b,c,d\n" + "\n".join(f"{i % 2},{i % 2},0{i},{1990 + i}" for i in range(12)), encoding="utf-8")
    profile = read(csv, schema(a={"type": "integer"}, b={"type": "string"}, c={"type": "integer"}, d={"type": "year"}))
    assert [c.kind for c in profile.columns] == ["integer", "category", "identifier", "integer"]
    assert column(profile, "d").role == "year"
    assert [c.kind for c in read(csv).columns][:2] == ["boolean", "boolean"]


def test_the_types_of_the_semantic_web_give_roles(csv: Path) -> None:
    profile = read(csv, schema(bay={"rdfType": "https://schema.org/postalCode"}, kg={"rdfType": "schema:price"}))
    assert (column(profile, "bay").role, column(profile, "kg").role) == ("code", "intensive")


def test_the_dictionary_beside_a_csv_is_found(csv: Path) -> None:
    assert find_dictionary(csv) is None
    package = write(csv.parent, "datapackage.json", {"resources": [{"path": "other.csv"}]})
    assert find_dictionary(csv) is None, "the package is about another file"
    write(csv.parent, "datapackage.json", {"resources": [{"path": ["other.csv", "trips.csv"]}]})
    assert find_dictionary(csv) == package
    beside = write(csv.parent, "trips.csv-metadata.json", {})
    with pytest.raises(
        DictionaryError, match=r"two data dictionaries, trips\.csv-metadata\.json and datapackage\.json"
    ):
        find_dictionary(csv)
    package.write_text("{", encoding="utf-8")
    with pytest.raises(DictionaryError, match="not JSON"):
        find_dictionary(csv)
    package.unlink()
    assert find_dictionary(csv) == beside
    with pytest.raises(DictionaryError, match="no such file"):
        read_dictionary(csv.with_name("none.json"), "trips.csv")


def test_the_table_list_names_a_dictionary_or_the_one_beside_the_csv_is_used(csv: Path) -> None:
    beside = write(csv.parent, "trips.schema.json", schema(kg={}))
    mine = write(csv.parent, "mine.json", schema(kg={}))
    listed = write(csv.parent, "tables.tsv", f"table\tpath\tdictionary\na\t{csv}\t\nb\t{csv}\t{mine}\n")
    tables, _ = list_tables(read_table_list(listed))
    assert (tables["a"]["dictionary"], tables["b"]["dictionary"]) == (str(beside), str(mine))
    before = tables["b"]["dictionary_content"]
    write(csv.parent, "mine.json", schema(kg={"unit": "kg"}))
    assert list_tables(read_table_list(listed))[0]["b"]["dictionary_content"] != before, "an edit rebuilds the table"
    write(csv.parent, "tables.tsv", f"table\tpath\tdictionary\na\t{csv}\tnone.json\n")
    with pytest.raises(TableListError, match=r"column dictionary: table 'a': there is no file 'none\.json'"):
        read_table_list(listed)


def test_the_dictionaries_of_the_default_project_fit_their_tables() -> None:
    tables = Path(__file__).parents[2] / "resources" / "tables"
    described = {path: found for path in sorted(tables.glob("*.csv")) if (found := find_dictionary(path)) is not None}
    assert len(described) == len([*tables.glob("*.json")])
    for path, found in described.items():
        header = next(reader(path.read_text(encoding="utf-8").splitlines()))
        check_names(read_dictionary(found, path.name), header)
