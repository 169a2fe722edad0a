"""Read a Frictionless Table Schema (version 1 or 2), alone or as the schema of a resource in a data package."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from tabletutor.records.table import Role
from tabletutor.tables.dictionary.entries import DeclaredType, Entry

TYPES: dict[str, DeclaredType] = {
    "string": "string",
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "time": "time",
    "year": "year",
    "list": "list",
    "array": "list",
    "geopoint": "point",
}
FieldType = Literal[
    "string",
    "number",
    "integer",
    "boolean",
    "object",
    "array",
    "list",
    "datetime",
    "date",
    "time",
    "year",
    "yearmonth",
    "duration",
    "geopoint",
    "geojson",
    "any",
]
# Types in the sense of the semantic web, by the last part of their address.
RDF_ROLES: dict[str, Role] = {
    "latitude": "coordinate",
    "longitude": "coordinate",
    "geocoordinates": "coordinate",
    "identifier": "identifier",
    "postalcode": "code",
    "telephone": "code",
    "sku": "code",
    "isbn": "code",
    "name": "label",
    "price": "intensive",
    "duration": "duration",
    "gyear": "year",
    "date": "date",
    "datetime": "date",
    "boolean": "flag",
}


class Described(BaseModel):
    """The base of descriptors: properties that we do not use are allowed, as in the standard."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class LabelledValue(Described):
    """A value with a label, in `missingValues` or `categories` of version 2."""

    value: str | int | float
    label: str | None = None


Values = tuple[str | int | float | LabelledValue, ...]


class FieldDescriptor(Described):
    """A field of a Table Schema. `role` and `unit` are ours, as custom properties."""

    name: Annotated[str, Field(min_length=1)]
    type: FieldType | None = None
    title: str | None = None
    description: str | None = None
    unit: str | None = None
    role: Role | None = None
    rdfType: str | None = None  # noqa: N815 (the standard's name)
    missingValues: Values | None = None  # noqa: N815
    categories: Values = ()
    categoriesOrdered: bool = False  # noqa: N815
    delimiter: str | None = None

    def entry(self, missing: tuple[str, ...] | None) -> Entry:
        """Return what the field says. `missing` are the missing values of the whole table."""
        own = None if self.missingValues is None else _texts(self.missingValues)
        kind = TYPES.get(self.type or "")
        return Entry(
            names=(self.name,),
            title=self.title,
            description=self.description,
            unit=self.unit,
            role=self.role or _rdf_role(self.rdfType) or _type_role(kind),
            type=kind,
            missing=missing if own is None else own,
            levels=_texts(self.categories),
            ordered=self.categoriesOrdered,
            separator=(self.delimiter or ",") if self.type == "list" else None,
        )


class TableSchema(Described):
    """A Table Schema."""

    fields: Annotated[tuple[FieldDescriptor, ...], Field(min_length=1)]
    missingValues: Values | None = None  # noqa: N815

    def entries(self) -> tuple[Entry, ...]:
        """Return what the schema says of each column."""
        missing = None if self.missingValues is None else _texts(self.missingValues)
        return tuple(field.entry(missing) for field in self.fields)


class Resource(Described):
    """A resource of a data package: a file with its schema."""

    path: str | tuple[str, ...] | None = None
    table_schema: TableSchema | str | None = Field(default=None, alias="schema")


class DataPackage(Described):
    """A data package: resources beside the package file."""

    resources: Annotated[tuple[Resource, ...], Field(min_length=1)]

    def schema_of(self, csv: str) -> tuple[int, TableSchema | str | None] | None:
        """Return place and schema of the resource with this path, or None if there is none."""
        for place, resource in enumerate(self.resources):
            paths = (resource.path,) if isinstance(resource.path, str) else resource.path or ()
            if csv in paths:
                return place, resource.table_schema
        return None


def _texts(values: Values) -> tuple[str, ...]:
    bare: list[Any] = [value.value if isinstance(value, LabelledValue) else value for value in values]
    return tuple(str(value) for value in bare)


def _rdf_role(address: str | None) -> Role | None:
    last = (address or "").replace("#", "/").replace(":", "/").rsplit("/", 1)[-1]
    return RDF_ROLES.get(last.casefold())


def _type_role(kind: DeclaredType | None) -> Role | None:
    roles: dict[DeclaredType, Role] = {"year": "year", "time": "date_part", "list": "list", "point": "coordinate"}
    return roles.get(kind) if kind else None
