"""Croissant metadata of an exported dataset: files with checksums, and what their rows consist of.

MLCommons Croissant 1.0, http://mlcommons.org/croissant/1.0.
"""

import json
from collections.abc import Mapping
from typing import Any

from msgspec.inspect import BoolType, FloatType, IntType, StructType, type_info

from tabletutor.formats.exports.project import Project
from tabletutor.formats.registry import find
from tabletutor.formats.row import Row

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant_text(project: Project, files: Mapping[str, str]) -> str:
    """The text of `croissant.json`; `files` are the SHA-256 digests of all rows' files, by path."""
    licences = sorted({entry.licence for entry in project.tables})
    document: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": project.config.project,
        "description": "Questions about tables, answered by running code turn by turn, verified, as training rows.",
        "license": licences,
        "version": "1.0.0",
        "url": ".",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": path,
                "name": path,
                "contentUrl": path,
                "encodingFormat": "application/jsonlines",
                "sha256": digest,
            }
            for path, digest in sorted(files.items())
        ],
        "recordSet": [
            _record_set(exported.name, split, f"data/{exported.name}/{split}.jsonl")
            for exported in project.formats
            for split in exported.rows()
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _record_set(name: str, split: str, path: str) -> dict[str, Any]:
    identity = f"{name}-{split}"
    return {
        "@type": "cr:RecordSet",
        "@id": identity,
        "name": identity,
        "field": [
            _field(f"{identity}/{column}", column, kind, path) for column, kind in columns(find(name).row).items()
        ],
    }


def _field(identity: str, column: str, kind: str, path: str) -> dict[str, Any]:
    source = {"fileObject": {"@id": path}, "extract": {"column": column}}
    return {"@type": "cr:Field", "@id": identity, "name": identity, "dataType": kind, "source": source}


def columns(row: type[Row]) -> dict[str, str]:
    """The columns of a format's rows and the kind of each; conversations and lists are given as text."""
    kinds: dict[type[Any], str] = {BoolType: "sc:Boolean", IntType: "sc:Integer", FloatType: "sc:Float"}
    info = type_info(row)
    assert isinstance(info, StructType)
    found = {field.encode_name: kinds.get(type(field.type), "sc:Text") for field in info.fields}
    return dict(sorted(found.items()))
