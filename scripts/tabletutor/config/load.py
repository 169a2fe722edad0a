"""Reading a configuration: from YAML or a mapping to the typed `Config`, with errors that say what to write instead."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from tabletutor.config.jsonschema import key_paths, keys_at, tags_at
from tabletutor.config.schema import Config
from tabletutor.config.section import HOW, Section


class ConfigError(ValueError):
    """A configuration that cannot be used; the message holds one line for each fault."""


def load(path: Path) -> Config:
    """The configuration in a YAML file. Raises ConfigError, naming the file and each faulty key."""
    try:
        raw: object = yaml.load(path.read_bytes(), _UniqueKeyLoader)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    return check(raw, str(path))


def check(raw: object, origin: str) -> Config:
    """The typed configuration made from plain data. Raises ConfigError; `origin` names the source in its lines."""
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{origin}: the configuration is a mapping of keys, not {_shown(raw)}")
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        lines = dict.fromkeys(f"{origin}: {_fault(dict(fault), raw)}" for fault in error.errors(include_url=False))
        raise ConfigError("\n".join(lines)) from None


def plain(config: Config) -> dict[str, Any]:
    """The configuration as JSON types, every default filled in, under the names it has in YAML."""
    return config.model_dump(mode="json", by_alias=True)


def counted(section: Section) -> dict[str, Any]:
    """The part of a section that its results depend on, as JSON types: without knobs that say only how. Mappings are
    sorted, since Snakemake takes the same entries in another order for a change.
    """
    kept = {name: field for name, field in type(section).model_fields.items() if field.json_schema_extra != HOW}
    return {field.alias or name: _counted(getattr(section, name)) for name, field in kept.items()}


def _counted(value: object) -> object:
    if isinstance(value, Section):
        return counted(value)
    if isinstance(value, dict):
        return {name: _counted(member) for name, member in sorted(cast("dict[str, object]", value).items())}
    if isinstance(value, tuple | list):
        return [_counted(member) for member in cast("tuple[object, ...]", value)]
    return value


def _fault(fault: dict[str, Any], raw: Mapping[Any, Any]) -> str:
    path = list(_path(fault["loc"], raw, fault["type"] == "missing"))
    where = ".".join(path)
    if fault["type"] == "extra_forbidden":
        return f"{where}: unknown key; {_suggestion(path, raw)}"
    if fault["type"] == "missing":
        return f"{where}: missing; this key has no default"
    if fault["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return f"{where}.{fault['ctx']['discriminator'].strip(chr(39))}: must be one of {', '.join(tags_at(path, raw))}"
    if fault["type"] in ("model_type", "dict_type", "model_attributes_type"):
        return f"{where}: should be a mapping of keys, not {_shown(fault['input'])}"
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not where:
        return message
    message = message.replace("Input should be", "should be").replace("Input should", "should")
    given = "" if isinstance(fault["input"], Mapping) else f", not {_shown(fault['input'])}"
    return f"{where}: {message[:1].lower()}{message[1:]}{given}"


def _path(location: tuple[int | str, ...], raw: object, missing: bool) -> Iterator[str]:
    """The key path a reader knows: without the names of union branches that pydantic puts into it. Its last key is
    not there if it is `missing`.
    """
    here: object = raw
    for position, part in enumerate(location):
        if isinstance(here, Mapping) and (part in here or (missing and position == len(location) - 1)):
            yield str(part)
            here = cast("Mapping[Any, Any]", here).get(part)
        elif isinstance(here, list | tuple) and isinstance(part, int):
            yield str(part)
            here = cast("list[Any]", here)[part]


def _suggestion(path: list[str], raw: Mapping[Any, Any]) -> str:
    key = path[-1]
    known = keys_at(path[:-1], raw)
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    elsewhere = [name for name in key_paths() if name.rsplit(".", 1)[-1] == key]
    if elsewhere:
        return f"did you mean {elsewhere[0]}?"
    return f"known here: {', '.join(known)}" if known else "nothing is known here"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's safe loader, but a key given twice is an error instead of a silent last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen and name != "<<":
                raise yaml.constructor.ConstructorError(None, None, f"key {name!r} is given twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)
