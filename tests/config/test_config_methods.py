"""Every training method needs a class with three settings and a file with `CONFIG` and `train`."""

import re
from pathlib import Path
from typing import Literal

import pytest

from tabletutor.config.methods import METHODS, configs_by_name, method_configs, method_fault
from tabletutor.config.training import MethodConfig, SftConfig


def test_every_method_there_is_has_both() -> None:
    files = {path.stem for path in METHODS.glob("[!_]*.py")}
    assert files == set(method_configs())
    assert [fault for name in sorted(files) if (fault := method_fault(name))] == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("half", "", r'half\.py: TrainingConfig in config/training\.py has no class for it; .* Literal\["half"\]'),
        ("sft", None, r"sft\.py: no such file; add it with CONFIG = SftConfig and train\(run, config\)"),
        ("sft", "def train(run, config): ...", r"sft\.py: CONFIG is missing; add CONFIG = SftConfig"),
        ("sft", "CONFIG = SftConfig", r"sft\.py: train is missing; define train\(run, config\)"),
    ],
)
def test_what_a_method_lacks_is_named(name: str, text: str | None, message: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / f"{name}.py").write_text(text)
    assert re.match(f"{tmp_path}/{message}", method_fault(name, tmp_path) or "")


def test_an_imported_function_will_do_and_no_method_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "sft.py").write_text("from elsewhere import fit as train\nCONFIG: type = object")
    assert method_fault("sft", tmp_path) is None
    assert method_fault("none", tmp_path) is None


class Nameless(MethodConfig):
    """A class without `method`."""


class Formless(MethodConfig):
    """A class without `format`."""

    method: Literal["formless"]


@pytest.mark.parametrize(("config", "setting"), [(Nameless, "method"), (Formless, "format")])
def test_a_class_without_a_required_setting_is_named(config: type[MethodConfig], setting: str) -> None:
    assert configs_by_name([SftConfig]) == {"sft": SftConfig}
    with pytest.raises(ValueError, match=rf"config/training\.py: {config.__name__} has no setting '{setting}'"):
        configs_by_name([SftConfig, config])
