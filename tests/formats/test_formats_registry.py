"""The registry of formats: a converter file without what the registry needs gives an error that says what to do."""

from types import ModuleType

import pytest

from tabletutor.config.formats import FormatConfig, PairsConfig
from tabletutor.formats.converter import Format
from tabletutor.formats.converters import rl
from tabletutor.formats.registry import declared_format, load_format
from tabletutor.rows.row import TaskRow


def module_with(**names: object) -> ModuleType:
    module = ModuleType("mine")
    vars(module).update(names, __file__="converters/mine.py")
    return module


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (module_with(), r"converters/mine\.py: FORMAT is missing; end the file with FORMAT = Format\("),
        (module_with(FORMAT=rl.rows), r"converters/mine\.py: FORMAT is missing"),
        (
            module_with(FORMAT=Format(TaskRow, PairsConfig, rl.rows)),
            r"converters/mine\.py: FORMAT has the settings class PairsConfig, but the configuration uses FormatConfig; "
            r'add "mine": PairsConfig to FORMAT_CONFIGS in config/formats\.py',
        ),
    ],
)
def test_a_converter_without_what_the_registry_needs_is_named(module: ModuleType, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        declared_format("mine", module)


def test_a_format_is_found_by_its_name() -> None:
    declared = Format(TaskRow, FormatConfig, rl.rows)
    assert declared_format("mine", module_with(FORMAT=declared)) is declared
    with pytest.raises(ValueError, match=r"converters/no_such\.py: no such file; add a converter .* 'no-such'"):
        load_format("no-such")
