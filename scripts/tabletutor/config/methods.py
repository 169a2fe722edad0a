"""The training methods there are: the classes of `TrainingConfig`, and what a method's class and file must have."""

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from tabletutor.config.training import MethodConfig, TrainingConfig

METHODS = Path(__file__).resolve().parents[1] / "training" / "methods"
REQUIRED_SETTINGS = ("method", "format", "threads")


def method_configs() -> dict[str, type[MethodConfig]]:
    """Return the configuration class of each method, by the method's name."""
    return configs_by_name(get_args(get_args(TrainingConfig)[0]))


def configs_by_name(classes: Iterable[type[MethodConfig]]) -> dict[str, type[MethodConfig]]:
    """Return configuration classes by the name of their method.

    Raises ValueError for a class that lacks a setting which the workflow reads of every method.
    """
    found: dict[str, type[MethodConfig]] = {}
    for each in classes:
        if missing := [name for name in REQUIRED_SETTINGS if name not in each.model_fields]:
            raise ValueError(
                f"config/training.py: {each.__name__} has no setting {missing[0]!r}; a method's class has `method`, a "
                "Literal of its name, `format` and `threads` (docs/extending.md)"
            )
        found[get_args(each.model_fields["method"].annotation)[0]] = each
    return found


def method_fault(name: str, folder: Path = METHODS) -> str | None:
    """Return what is missing of a training method, or None.

    A method has a configuration class in `TrainingConfig` and a file in `folder` that sets `CONFIG` and defines
    `train`. A name with neither class nor file is no method, and no fault. The file is not imported, because that takes
    seconds.
    """
    path, config = folder / f"{name}.py", method_configs().get(name)
    if config is None:
        if not path.is_file() or name.startswith("_"):
            return None
        return (
            f'{path}: TrainingConfig in config/training.py has no class for it; add one with method: Literal["{name}"]'
        )
    if not path.is_file():
        return f"{path}: no such file; add it with CONFIG = {config.__name__} and train(run, config)"
    defined = _top_level_names(path)
    if "CONFIG" not in defined:
        return f"{path}: CONFIG is missing; add CONFIG = {config.__name__}"
    if "train" not in defined:
        return f"{path}: train is missing; define train(run, config) (docs/extending.md)"
    return None


def _top_level_names(path: Path) -> set[str]:
    """Return the names that a module assigns, defines or imports at its top level."""
    names: set[str] = set()
    for node in ast.parse(path.read_bytes(), str(path)).body:
        match node:
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.FunctionDef(name=name):
                names.add(name)
            case ast.ImportFrom() | ast.Import():
                names |= {alias.asname or alias.name for alias in node.names}
            case _:
                pass
    return names
