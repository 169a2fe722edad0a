"""Find the converter of a format by the format's name.

A converter is imported only when it is asked for, so that a rule's code covers the converter it uses and no other. The
rules have the digest of the converter as a parameter of its own (`rules/formats.smk`); the code identity does not
follow imports from this module.
"""

from importlib import import_module
from types import ModuleType

from tabletutor.config.formats import CONVERTERS, FORMAT_CONFIGS, FormatConfig
from tabletutor.formats.converter import Format


def load_format(name: str) -> Format:
    """Return the format declared in `formats/converters/{name}.py` (with `_` for `-`).

    Raises ValueError if there is no such file, or see `declared_format`.
    """
    module = name.replace("-", "_")
    path = CONVERTERS / f"{module}.py"
    if not path.is_file():
        raise ValueError(f"{path}: no such file; add a converter for the format {name!r} (docs/extending.md)")
    return declared_format(name, import_module(f"tabletutor.formats.converters.{module}"))


def declared_format(name: str, module: ModuleType) -> Format:
    """Return `FORMAT` of a converter module.

    Raises ValueError naming the file if it has no `FORMAT`, or if its settings class is not the one that the
    configuration uses for this format.
    """
    declared: object = getattr(module, "FORMAT", None)
    if not isinstance(declared, Format):
        raise ValueError(
            f"{module.__file__}: FORMAT is missing; end the file with FORMAT = Format(RowClass, ConfigClass, rows)"
        )
    expected = FORMAT_CONFIGS.get(name, FormatConfig)
    if declared.config is not expected:
        wanted = declared.config.__name__
        raise ValueError(
            f"{module.__file__}: FORMAT has the settings class {wanted}, but the configuration uses "
            f'{expected.__name__}; add "{name}": {wanted} to FORMAT_CONFIGS in config/formats.py'
        )
    return declared
