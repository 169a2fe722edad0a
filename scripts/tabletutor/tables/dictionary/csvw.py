"""Read CSVW metadata ("Metadata Vocabulary for Tabular Data", W3C 2015): a table, or a group of tables."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tabletutor.records.table import Role
from tabletutor.tables.dictionary.entries import DeclaredType, Entry

TYPES: dict[str, DeclaredType] = {
    **dict.fromkeys(("string", "normalizedString", "token", "language", "Name", "NMTOKEN"), "string"),
    **dict.fromkeys(("number", "decimal", "double", "float", "duration"), "number"),
    **dict.fromkeys(
        ("integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "unsignedInt"), "integer"
    ),
    "boolean": "boolean",
    "date": "date",
    "dateTime": "datetime",
    "datetime": "datetime",
    "dateTimeStamp": "datetime",
    "time": "time",
    "gYear": "year",
}
Text = str | tuple[str, ...] | dict[str, Any]


class Described(BaseModel):
    """The base of descriptions: other properties are allowed, since they may belong to any vocabulary."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, populate_by_name=True)


class Datatype(Described):
    """A data type with its base."""

    base: str = "string"


class ColumnDescription(Described):
    """A column. `tabletutor:role`, `tabletutor:unit` and `tabletutor:levels` are ours."""

    name: str | None = None
    titles: Text | None = None
    datatype: str | Datatype | None = None
    null: str | tuple[str, ...] | None = None
    separator: str | None = None
    virtual: bool = False
    role: Role | None = Field(default=None, alias="tabletutor:role")
    unit: str | None = Field(default=None, alias="tabletutor:unit")
    unit_text: str | None = Field(default=None, alias="schema:unitText")
    levels: tuple[str, ...] = Field(default=(), alias="tabletutor:levels")
    dc: Text | None = Field(default=None, alias="dc:description")
    dcterms: Text | None = Field(default=None, alias="dcterms:description")
    schema_org: Text | None = Field(default=None, alias="schema:description")
    comment: Text | None = Field(default=None, alias="rdfs:comment")
    dc_title: Text | None = Field(default=None, alias="dc:title")

    def entry(self, null: tuple[str, ...] | None) -> Entry:
        """Return what the description says. `null` are the missing values of the whole table.

        The titles of a column are its header in the CSV, so another title is `dc:title` or a further one of `titles`.
        """
        titles = _texts(self.titles)
        base = self.datatype.base if isinstance(self.datatype, Datatype) else self.datatype
        own = null if self.null is None else _texts(self.null)
        spoken = (*_texts(self.dc_title), *titles[1:])
        described = (*_texts(self.dc), *_texts(self.dcterms), *_texts(self.schema_org), *_texts(self.comment))
        roles: dict[str, Role] = {"gYear": "year", "time": "date_part"}
        return Entry(
            names=tuple(dict.fromkeys((*titles, *((self.name,) if self.name else ())))),
            title=next(iter(spoken), None),
            description=next(iter(described), None),
            unit=self.unit or self.unit_text,
            role=self.role or ("list" if self.separator else None) or roles.get(base or ""),
            type="list" if self.separator else TYPES.get(base or ""),
            missing=own,
            levels=self.levels,
            ordered=bool(self.levels),
            separator=self.separator,
        )


class Schema(Described):
    """The columns of a table."""

    columns: Annotated[tuple[ColumnDescription, ...], Field(min_length=1)]
    null: str | tuple[str, ...] | None = None


class TableDescription(Described):
    """A table: the file it describes, and its columns."""

    url: str | None = None
    tableSchema: Schema | str | None = None  # noqa: N815 (the standard's name)
    null: str | tuple[str, ...] | None = None

    def entries(self) -> tuple[Entry, ...]:
        """Return what the description says of each column that is in the file."""
        if not isinstance(self.tableSchema, Schema):
            return ()
        null = self.null if self.tableSchema.null is None else self.tableSchema.null
        shared = None if null is None else _texts(null)
        return tuple(column.entry(shared) for column in self.tableSchema.columns if not column.virtual)


class TableGroup(Described):
    """A group of tables."""

    tables: Annotated[tuple[TableDescription, ...], Field(min_length=1)]


def _texts(value: Text | str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the texts of a natural language property: a text, several, or several by language."""
    if value is None:
        return ()
    if isinstance(value, dict):
        inner = value.get("@value", None)
        parts = [inner] if inner is not None else list(value.values())
        return tuple(text for part in parts for text in ([part] if isinstance(part, str) else part))
    return (value,) if isinstance(value, str) else tuple(value)
