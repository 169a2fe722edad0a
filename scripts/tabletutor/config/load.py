"""Reading a configuration: from YAML or a mapping to the typed `Config`, with errors that say what to write instead."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml
from pydantic import ValidationError

from tabletutor.config.jsonschema import flags_for_numbers, key_paths, keys_at, tags_at
from tabletutor.config.nearest import near
from tabletutor.config.references import Fault, reference_faults
from tabletutor.config.schema import Config


class ConfigError(ValueError):
    """A configuration that cannot be used; the message holds one line for each fault."""


class Examined(NamedTuple):
    """What plain data is as a configuration: all that is wrong with it, and the configuration without its faulty keys;
    None where it is none without them.
    """

    config: Config | None
    faults: tuple[Fault, ...]

    def concerns(self, fault: Fault) -> bool:
        """Whether a fault found in `config` follows from a faulty key, which is not there."""
        paths = [found.path for found in self.faults]
        return any(path == fault.path[: len(path)] or fault.path == path[: max(1, len(fault.path))] for path in paths)


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
    found = examine(raw)
    if found.config is None or found.faults:
        raise ConfigError("\n".join(dict.fromkeys(line_of(fault, origin) for fault in found.faults)))
    return found.config


def examine(raw: object) -> Examined:
    """The typed configuration made from plain data, and all that is wrong with it: keys first, then references.

    References are looked at without the faulty keys, so that all is said at once.
    """
    if not isinstance(raw, Mapping):
        return Examined(None, (Fault((), f"the configuration is a mapping of keys, not {_shown(raw)}"),))
    faults = [Fault(path, "should be a number, not a flag") for path in flags_for_numbers(raw)]
    try:
        config = Config.model_validate(raw)
        if not faults:
            return Examined(config, tuple(reference_faults(config)))
    except ValidationError as error:
        faults += [fault for each in error.errors(include_url=False) for fault in _faults(dict(each), raw)]
    found = Examined(None, tuple(dict.fromkeys(faults)))
    kept: object = raw
    for fault in faults:
        kept = _without(kept, fault.path)
    try:
        config = Config.model_validate(kept)
    except ValidationError:
        return found
    more = [fault for fault in reference_faults(config) if not found.concerns(fault)]
    return Examined(config, (*found.faults, *more))


def line_of(fault: Fault, origin: str, given: Mapping[str, Any] | None = None) -> str:
    """A fault as a line that names its source: `origin`, or `--config` where its key is among those `given` there."""
    where = "--config" if given and _is_given(fault.path, given) else origin
    return ": ".join(filter(None, (where, ".".join(fault.path), fault.text)))


def _is_given(path: tuple[str, ...], tree: object) -> bool:
    for part in path:
        if not isinstance(tree, Mapping):
            return True
        if part not in tree:
            return False
        tree = cast("Mapping[str, Any]", tree)[part]
    return bool(path)


def _without(tree: object, path: tuple[str, ...]) -> object:
    """Plain data without the key at a path; of a list, without the list."""
    if not path or not isinstance(tree, Mapping):
        return tree
    copy = {**cast("Mapping[Any, Any]", tree)}
    key = next((key for key in copy if str(key) == path[0]), None)
    if key is None:
        return copy
    if len(path) == 1 or not isinstance(copy[key], Mapping):
        del copy[key]
    else:
        copy[key] = _without(copy[key], path[1:])
    return copy


def plain(config: Config) -> dict[str, Any]:
    """The configuration as JSON types, every default filled in, under the names it has in YAML."""
    return config.model_dump(mode="json", by_alias=True)


def _faults(fault: dict[str, Any], raw: Mapping[Any, Any]) -> Iterator[Fault]:
    path = tuple(_path(fault["loc"], raw, fault["type"] == "missing"))
    given = "" if isinstance(fault["input"], Mapping) else f", not {_shown(fault['input'])}"
    if fault["type"] == "extra_forbidden":
        yield Fault(path, f"unknown key; {_suggestion(list(path), raw)}")
    elif fault["type"] == "missing":
        yield Fault(path, "missing; this key has no default")
    elif fault["type"] in ("union_tag_not_found", "union_tag_invalid"):
        name = fault["ctx"]["discriminator"].strip("'")
        yield Fault((*path, name), _one_of(tags_at(path, raw), fault["input"].get(name)))
    elif fault["type"] in ("model_type", "dict_type", "model_attributes_type"):
        yield Fault(path, f"should be a mapping of keys, not {_shown(fault['input'])}")
    elif fault["type"] == "literal_error":
        yield Fault(path, _one_of(re.findall("'([^']*)'", fault["ctx"]["expected"]), fault["input"]))
    else:
        for line in str(fault["msg"]).removeprefix("Value error, ").splitlines():
            told = line.replace("Input should", "should")
            yield Fault(path, f"{told[:1].lower()}{told[1:]}{given}")


def _one_of(options: Sequence[str], given: object) -> str:
    """What a key may be; with the nearest to what is given, if any is near."""
    told = f"must be one of {', '.join(options)}"
    if given is None:
        return told
    close = near(given, options) if isinstance(given, str) else None
    return f"{told}, not {_shown(given)}" + (f"; did you mean {close}?" if close else "")


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
    if close := near(key, known):
        return f"did you mean {close}?"
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
