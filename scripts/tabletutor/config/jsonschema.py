"""The JSON Schema of the configuration, and the keys it knows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

from tabletutor.config.schema import Config

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def schema() -> dict[str, Any]:
    """The schema of `config.yaml`, by the JSON Schema dialect of 2020-12. Do not change what is returned."""
    return {"$schema": DIALECT, **Config.model_json_schema(by_alias=True)}


def schema_text() -> str:
    """The schema as the text of `config/config.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def keys_at(path: Sequence[str], raw: object) -> list[str]:
    """The keys a mapping at `path` may have, in the order of the schema; `raw` decides between the kinds of a model."""
    node, value = _at(path, raw)
    return list(_resolved(node, value).get("properties", {}))


def flags_for_numbers(raw: object) -> Iterator[tuple[str, ...]]:
    """The paths at which a number is wanted and a flag is given, which pydantic takes for 0 or 1."""
    for path in _flags(raw, ()):
        node, _ = _at(path, raw)
        kinds = {option.get("type") for option in (node, *node.get("anyOf", []))}
        if "boolean" not in kinds and kinds & {"integer", "number"}:
            yield path


def _flags(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, bool):
        yield path
    elif isinstance(value, Mapping):
        for key, member in cast("Mapping[Any, object]", value).items():
            yield from _flags(member, (*path, str(key)))


def tags_at(path: Sequence[str], raw: object) -> list[str]:
    """The kinds there are of the section at `path`, by the value of the key that tells them apart; none of others."""
    node, _ = _at(path, raw)
    options: list[Mapping[str, Any]] = [node, *node.get("anyOf", [])]
    return [tag for option in options for tag in option.get("discriminator", {}).get("mapping", {})]


def _at(path: Sequence[str], raw: object) -> tuple[Mapping[str, Any], object]:
    """The node of the schema at `path`, as it is written, and the value there; an empty node where there is none."""
    node: Mapping[str, Any] = schema()
    here = raw
    for part in path:
        child = _child(_resolved(node, here), part)
        if child is None:
            return {}, None
        node = child
        here = cast("Mapping[str, Any]", here).get(part) if isinstance(here, Mapping) else None
    return node, here


def key_paths() -> list[str]:
    """Every fixed key path of the configuration (`questions.program.per_table`), without those below free names."""
    return list(_paths(schema(), ""))


def _paths(node: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, child in node.get("properties", {}).items():
        yield prefix + key
        yield from _paths(_resolved(child, None), f"{prefix}{key}.")


def _child(node: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    properties = node.get("properties", {})
    if key in properties:
        return properties[key]
    named = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
    return next((child for child in named if isinstance(child, dict)), None)


def _resolved(node: Mapping[str, Any], value: object) -> Mapping[str, Any]:
    """The node behind a reference, an optional value, or a union told apart by a key of `value`."""
    if "$ref" in node:
        return _resolved(schema()["$defs"][node["$ref"].rsplit("/", 1)[-1]], value)
    if "discriminator" in node:
        name, kinds = node["discriminator"]["propertyName"], node["discriminator"]["mapping"]
        tag = value.get(name) if isinstance(value, Mapping) else None
        reference = kinds.get(tag) or next((kind for kind in kinds.values() if _means(kind, name)), None)
        return _resolved({"$ref": reference}, value) if reference else {}
    options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
    return _resolved(options[0], value) if options else node


def _means(reference: str, tag: str) -> bool:
    """Whether the kind behind a reference is meant where nothing names one."""
    return "default" in schema()["$defs"][reference.rsplit("/", 1)[-1]]["properties"][tag]
