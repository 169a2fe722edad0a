"""The JSON Schema of the configuration, and look-ups in it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

from tabletutor.config.schema import Config

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def schema() -> dict[str, Any]:
    """Return the schema of `config.yaml` (JSON Schema, dialect 2020-12). The result is cached: do not modify it."""
    return {"$schema": DIALECT, **Config.model_json_schema(by_alias=True)}


def schema_text() -> str:
    """Return the schema as the text of `config/config.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def keys_at(path: Sequence[str], raw: object) -> list[str]:
    """Return the keys allowed in the mapping at `path`, in schema order. `raw` selects the branch of a union."""
    node, value = _node_at(path, raw)
    return list(_resolved(node, value).get("properties", {}))


def booleans_for_numbers(raw: object) -> Iterator[tuple[str, ...]]:
    """Yield the paths of booleans where a number is expected; pydantic would accept them as 0 or 1."""
    for path in _booleans(raw, ()):
        node, _ = _node_at(path, raw)
        kinds = {option.get("type") for option in (node, *node.get("anyOf", []))}
        if "boolean" not in kinds and kinds & {"integer", "number"}:
            yield path


def _booleans(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, bool):
        yield path
    elif isinstance(value, Mapping):
        for key, member in cast("Mapping[Any, object]", value).items():
            yield from _booleans(member, (*path, str(key)))


def tags_at(path: Sequence[str], raw: object) -> list[str]:
    """Return the allowed values of the discriminator of the union at `path`; empty if there is no such union."""
    node, _ = _node_at(path, raw)
    options: list[Mapping[str, Any]] = [node, *node.get("anyOf", [])]
    return [tag for option in options for tag in option.get("discriminator", {}).get("mapping", {})]


def _node_at(path: Sequence[str], raw: object) -> tuple[Mapping[str, Any], object]:
    """Return the unresolved schema node at `path` and the value there; an empty node for an unknown path."""
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
    """Return every fixed key path of the configuration, such as `questions.program.per_table`.

    Paths below user-chosen names (models, runs, arms) are left out.
    """
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
    """Return the node behind a reference, an optional value, or a union discriminated by a key of `value`."""
    if "$ref" in node:
        return _resolved(schema()["$defs"][node["$ref"].rsplit("/", 1)[-1]], value)
    if "discriminator" in node:
        name, kinds = node["discriminator"]["propertyName"], node["discriminator"]["mapping"]
        tag = value.get(name) if isinstance(value, Mapping) else None
        reference = kinds.get(tag) or next((kind for kind in kinds.values() if _is_default(kind, name)), None)
        return _resolved({"$ref": reference}, value) if reference else {}
    options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
    return _resolved(options[0], value) if options else node


def _is_default(reference: str, tag: str) -> bool:
    """Return whether the class behind a reference applies if the discriminator `tag` is missing."""
    return "default" in schema()["$defs"][reference.rsplit("/", 1)[-1]]["properties"][tag]
