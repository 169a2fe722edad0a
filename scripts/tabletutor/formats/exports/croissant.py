"""Croissant metadata of an exported dataset: its files with checksums, and the columns of their rows.

MLCommons Croissant (https://docs.mlcommons.org/croissant), written with the standard's own library. It has no date of
publication, so that the same project gives the same bytes; the publisher adds it.
"""

import json
from collections.abc import Mapping
from typing import Any

import mlcroissant as croissant
from msgspec.inspect import BoolType, FloatType, IntType, Type, TypedDictType

from tabletutor.formats.exports.columns import columns
from tabletutor.formats.exports.project import Project
from tabletutor.formats.registry import load_format

_KINDS: dict[type[Any], Any] = {
    BoolType: croissant.DataType.BOOL,
    IntType: croissant.DataType.INTEGER,
    FloatType: croissant.DataType.FLOAT,
}
_CITE = "The tabletutor maintainers: tabletutor, teaching small language models to analyse tables, reproducibly"


def croissant_text(project: Project, files: Mapping[str, str]) -> str:
    """Return the text of `croissant.json`. `files` maps the path of each file of rows to its SHA-256.

    Raises mlcroissant's ValidationError if the metadata is invalid.
    """
    licences: list[str | croissant.CreativeWork] = [*sorted({entry.licence for entry in project.tables})]
    metadata = croissant.Metadata(
        name=project.config.project,
        description="Questions about tables, answered by running code turn by turn, verified, as training rows.",
        cite_as=_CITE,
        license=licences,
        version="1.0.0",
        url=".",
        distribution=[
            croissant.FileObject(
                id=path, name=path, content_url=path, encoding_formats=["application/jsonlines"], sha256=digest
            )
            for path, digest in sorted(files.items())
        ],
        record_sets=[
            _record_set(exported.name, split, f"data/{exported.name}/{split}.jsonl")
            for exported in project.formats
            for split in exported.rows()
        ],
    )
    return json.dumps(metadata.to_json(), indent=2, ensure_ascii=False) + "\n"


def _record_set(name: str, split: str, path: str) -> Any:
    identity = f"{name}-{split}"
    fields = [
        _field(f"{identity}/{column}", column, kind, path) for column, kind in columns(load_format(name).row).items()
    ]
    return croissant.RecordSet(id=identity, name=identity, fields=fields)


def _field(identity: str, column: str, kind: Type, path: str) -> Any:
    """Return the field of a column. A list is a repeated field; a list of messages has a sub-field per key."""
    item: Type | None = getattr(kind, "item_type", None)
    if isinstance(item, TypedDictType):
        parts = [
            croissant.Field(
                id=f"{identity}/{key.encode_name}",
                name=f"{identity}/{key.encode_name}",
                data_types=[_data_type(key.type)],
                source=_source(path, column, key.encode_name),
            )
            for key in item.fields
        ]
        return croissant.Field(id=identity, name=identity, repeated=True, sub_fields=parts)
    return croissant.Field(
        id=identity,
        name=identity,
        data_types=[_data_type(item or kind)],
        repeated=True if item else None,
        source=_source(path, column),
    )


def _source(path: str, column: str, key: str | None = None) -> Any:
    transforms = [croissant.Transform(json_path=key)] if key else []
    return croissant.Source(file_object=path, extract=croissant.Extract(column=column), transforms=transforms)


def _data_type(kind: Type) -> Any:
    return _KINDS.get(type(kind), croissant.DataType.TEXT)
