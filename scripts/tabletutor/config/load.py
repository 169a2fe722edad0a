"""Read a configuration from YAML or plain data into the typed `Config`, with errors that say what to write instead."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml
from pydantic import ValidationError

from tabletutor.config.jsonschema import booleans_for_numbers, key_paths, keys_at, tags_at
from tabletutor.config.methods import method_fault
from tabletutor.config.nearest import closest
from tabletutor.config.references import Fault, reference_faults
from tabletutor.config.renamed import with_present_names
from tabletutor.config.schema import Config


class ConfigError(ValueError):
    """The configuration is invalid. The message has one line per fault."""


class Examined(NamedTuple):
    """All faults of plain data as a configuration, and the configuration without the faulty keys (None if it is invalid
    without them).
    """

    config: Config | None
    faults: tuple[Fault, ...]

    def explains(self, fault: Fault) -> bool:
        """Return whether a fault found in `config` may only result from a faulty key having been left out."""
        paths = [known.path for known in self.faults]
        return any(path == fault.path[: len(path)] or fault.path == path[: max(1, len(fault.path))] for path in paths)


def load(path: Path) -> Config:
    """Return the configuration in a YAML file. Raises ConfigError naming the file and each faulty key."""
    try:
        raw: object = yaml.load(path.read_bytes(), _UniqueKeyLoader)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    return check(raw, str(path))


def check(raw: object, origin: str) -> Config:
    """Return the typed configuration made from plain data. Raises ConfigError whose lines name the source, `origin`."""
    examined = examine(raw)
    if examined.config is None or examined.faults:
        raise ConfigError("\n".join(dict.fromkeys(fault_line(fault, origin) for fault in examined.faults)))
    return examined.config


def examine(raw: object) -> Examined:
    """Return the typed configuration made from plain data, and all its faults: of keys, then of references.

    Renamed keys are read as if they had their new names, and references are checked with the faulty keys left out, so
    that all faults are reported at once.
    """
    if not isinstance(raw, Mapping):
        return Examined(None, (Fault((), f"the configuration must be a mapping of keys, not {_short_repr(raw)}"),))
    present, renamed = with_present_names(cast("Mapping[Any, Any]", raw))
    examined = _examine(present)
    return Examined(examined.config, (*renamed, *examined.faults))


def _examine(raw: Mapping[Any, Any]) -> Examined:
    faults = [Fault(path, "should be a number, not a boolean") for path in booleans_for_numbers(raw)]
    try:
        config = Config.model_validate(raw)
        if not faults:
            return Examined(config, tuple(reference_faults(config)))
    except ValidationError as error:
        faults += [fault for each in error.errors(include_url=False) for fault in _faults(dict(each), raw)]
    examined = Examined(None, tuple(dict.fromkeys(faults)))
    remaining: object = raw
    for fault in faults:
        remaining = _without(remaining, fault.path)
    try:
        config = Config.model_validate(remaining)
    except ValidationError:
        return examined
    more = [fault for fault in reference_faults(config) if not examined.explains(fault)]
    return Examined(config, (*examined.faults, *more))


def fault_line(fault: Fault, origin: str, given: Mapping[str, Any] | None = None) -> str:
    """Return a fault as a line naming its source: `origin`, or `--config` if the command line has `given` its key."""
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
    """Return plain data without the key at `path`. A path into a list removes the whole list."""
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
    """Return the configuration as JSON types with all defaults filled in and the key names of the YAML file."""
    return config.model_dump(mode="json", by_alias=True)


def _faults(fault: dict[str, Any], raw: Mapping[Any, Any]) -> Iterator[Fault]:
    path = tuple(_path(fault["loc"], raw, fault["type"] == "missing"))
    given = "" if isinstance(fault["input"], Mapping) else f", not {_short_repr(fault['input'])}"
    if fault["type"] == "extra_forbidden":
        yield Fault(path, f"unknown key; {_suggestion(list(path), raw)}")
    elif fault["type"] == "missing":
        yield Fault(path, "missing; this key is required")
    elif fault["type"] in ("union_tag_not_found", "union_tag_invalid"):
        name = fault["ctx"]["discriminator"].strip("'")
        tag = fault["input"].get(name)
        unconfigured = method_fault(tag) if name == "method" and isinstance(tag, str) else None
        yield Fault((*path, name), unconfigured or _one_of(tags_at(path, raw), tag))
    elif fault["type"] in ("model_type", "dict_type", "model_attributes_type"):
        yield Fault(path, f"should be a mapping of keys, not {_short_repr(fault['input'])}")
    elif fault["type"] == "literal_error":
        expected = fault["ctx"]["expected"]
        yield Fault(path, _one_of(re.findall("'([^']*)'", expected) or [expected], fault["input"]))
    else:
        for line in str(fault["msg"]).removeprefix("Value error, ").splitlines():
            message = line.replace("Input should", "should")
            yield Fault(path, f"{message[:1].lower()}{message[1:]}{given}")


def _one_of(options: Sequence[str], given: object) -> str:
    """Return a message with the values a key may have, and the most similar one to the given value if there is one."""
    message = f"must be {'one of ' if len(options) > 1 else ''}{', '.join(options)}"
    if given is None:
        return message
    close = closest(given, options) if isinstance(given, str) else None
    return f"{message}, not {_short_repr(given)}" + (f"; did you mean {close}?" if close else "")


def _path(location: tuple[int | str, ...], raw: object, missing: bool) -> Iterator[str]:
    """Yield the key path as in the YAML file, without the names of union branches that pydantic adds.

    If the last key is `missing`, it need not exist in `raw`.
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
    if close := closest(key, known):
        return f"did you mean {close}?"
    elsewhere = [name for name in key_paths() if name.rsplit(".", 1)[-1] == key]
    if elsewhere:
        return f"did you mean {elsewhere[0]}?"
    return f"known here: {', '.join(known)}" if known else "no key is allowed here"


def _short_repr(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's safe loader, but a duplicate key is an error instead of silently overriding the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen and name != "<<":
                raise yaml.constructor.ConstructorError(None, None, f"key {name!r} is given twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)
