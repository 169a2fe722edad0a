"""The converters, by the name of their format.

One is found when it is asked for, by name, so that a rule's code holds the converter it uses and no other. Its digest
is a parameter of the rule beside the one of the script (`rules/formats.smk`), and what is here is not followed.
"""

from importlib import import_module
from typing import Any, cast

from tabletutor.formats.format import Format


def find(name: str) -> Format:
    """The format of that name: `FORMAT` of the module `formats/converters/{name}.py`, with `_` for `-`."""
    module: Any = import_module(f"tabletutor.formats.converters.{name.replace('-', '_')}")
    return cast(Format, module.FORMAT)
