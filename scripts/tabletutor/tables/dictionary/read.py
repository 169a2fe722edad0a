"""Read and validate a data dictionary."""

import json
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError

from tabletutor.config.nearest import closest
from tabletutor.records.table import Role
from tabletutor.tables.dictionary.csvw import TableDescription, TableGroup
from tabletutor.tables.dictionary.entries import Dictionary, DictionaryError, Entry
from tabletutor.tables.dictionary.table_schema import DataPackage, TableSchema

M = TypeVar("M", bound=BaseModel)
ROLES: tuple[str, ...] = get_args(Role)
MOST_FAULTS = 5
ALTERNATIVES = frozenset({"str", "int", "float", "LabelledValue", "TableSchema", "Schema", "Datatype"})


def read_dictionary(path: Path, csv: str, source: str | None = None) -> Dictionary:
    """Return what a data dictionary says of a CSV.

    Args:
        path: The dictionary. Its content decides what it is: a Table Schema, a data package or CSVW metadata.
        csv: The file name of the CSV, which selects the resource or table.
        source: The path as errors and the profile name it.

    Raises:
        DictionaryError: If the file is missing, is not JSON, has invalid properties, or does not describe the CSV. The
            message names the property.
    """
    named = source or str(path)
    if not path.is_file():
        raise DictionaryError(named, "no such file", "Correct its path in the table list, or add the file.")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise DictionaryError(named, f"not JSON: {error}", "Correct the file.") from None
    if not isinstance(content, dict):
        raise DictionaryError(named, "not a JSON object", "Write a Table Schema or CSVW metadata.")
    entries = _entries(cast(dict[str, Any], content), named, csv)
    seen: dict[str, int] = {}
    for place, entry in enumerate(entries):
        for name in entry.names:
            if seen.setdefault(name, place) != place:
                raise DictionaryError(named, f"column {name!r} is described twice", "Keep one description.")
    return Dictionary(named, entries)


def _entries(content: dict[str, Any], source: str, csv: str) -> tuple[Entry, ...]:
    if "resources" in content:
        return _resource(_validate(DataPackage, content, source), source, csv).entries()
    if "fields" in content:
        return _validate(TableSchema, content, source).entries()
    if "tables" in content:
        tables = _validate(TableGroup, content, source).tables
        table = next((table for table in tables if _file_name(table.url) == csv), None)
        if table is None:
            raise DictionaryError(source, f"no table has the url {csv!r}", "Correct the url of the table.")
        return _columns(table, source)
    if "tableSchema" in content:
        table = _validate(TableDescription, content, source)
        if table.url is not None and _file_name(table.url) != csv:
            raise DictionaryError(source, f"url: {table.url!r} is not {csv!r}", "Correct the url.")
        return _columns(table, source)
    raise DictionaryError(
        source,
        "neither a Table Schema (`fields`), a data package (`resources`) nor CSVW metadata (`tableSchema` or `tables`)",
        "Add one of these properties.",
    )


def _resource(package: DataPackage, source: str, csv: str) -> TableSchema:
    found = package.schema_of(csv)
    if found is None:
        raise DictionaryError(source, f"no resource has the path {csv!r}", "Correct the path of the resource.")
    place, schema = found
    if not isinstance(schema, TableSchema):
        what = "is missing" if schema is None else "is a path"
        raise DictionaryError(source, f"resources[{place}].schema {what}", "Write the schema into the data package.")
    return schema


def _columns(table: TableDescription, source: str) -> tuple[Entry, ...]:
    if not table.entries():
        raise DictionaryError(source, "tableSchema.columns is missing", "Write the columns into this file.")
    for place, entry in enumerate(table.entries()):
        if not entry.names:
            raise DictionaryError(
                source,
                f"tableSchema.columns[{place}] has neither name nor titles",
                "Give the column's header as `titles`.",
            )
    return table.entries()


def _validate(model: type[M], content: dict[str, Any], source: str) -> M:
    """Return the content as a model. Raises DictionaryError that names up to five properties and their faults."""
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as error:
        faults = [_fault(cast(dict[str, Any], fault)) for fault in error.errors()]
        distinct = list(dict.fromkeys(faults))[:MOST_FAULTS]
        raise DictionaryError(source, "; ".join(distinct), "Correct these properties.") from None


def _fault(fault: dict[str, Any]) -> str:
    """Return a fault as "fields[2].role: 'aditive' is no role (did you mean 'additive'?)"."""
    place = ""
    for part in fault["loc"]:
        alternative = part in ALTERNATIVES or "[" in str(part)  # of a union of types, not a property
        place += f"[{part}]" if isinstance(part, int) else "" if alternative else f".{part}"
    place = place.removeprefix(".")
    given = fault.get("input")
    if fault["loc"] and str(fault["loc"][-1]).endswith("role") and isinstance(given, str):
        close = closest(given, ROLES)
        hint = f" (did you mean {close!r}?)" if close else ""
        return f"{place}: {given!r} is no role{hint}; roles are {', '.join(ROLES)}"
    message = str(fault["msg"])
    return f"{place}: {message[:1].lower()}{message[1:]}"


def _file_name(url: str | None) -> str | None:
    return None if url is None else url.rsplit("/", 1)[-1]
