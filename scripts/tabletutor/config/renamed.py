"""The keys that were renamed, by version of the configuration. Errors about an old key name the new one."""

from collections.abc import Mapping
from typing import Any, cast

from tabletutor.config.references import Fault

# By version: the path of each old key and its new name. The parents have their present names; `*` is the name of a run
# or format.
RENAMED: dict[int, dict[str, str]] = {
    2: {
        "episodes.perturbed": "perturbed_traces",
        "evaluation.turn_limit": "max_turns",
        "formats.*.even_surface": "balance_surface",
        "reporting.against": "compare_with",
        "runs.*.best_of.among": "run",
        "runs.*.best_of.judge": "reward_model",
        "runs.*.choose": "best_of",
        "runs.*.training.checkpoint_every": "save_steps",
        "runs.*.training.checkpoint_seconds": "save_seconds",
        "runs.*.training.eval_every": "eval_steps",
        "runs.*.training.max_row_tokens": "max_train_tokens",
        "runs.*.training.max_tokens": "max_length",
        "runs.*.training.right_weight": "correct_weight",
        "runs.*.training.runs_weight": "execution_weight",
        "runs.*.training.start": "init_from",
        "runs.*.training.turn_limit": "max_turns",
        "runs.*.training.warmup_share": "warmup_ratio",
        "runs.*.weights": "weights_from",
        "sandbox.require": "required_layers",
    },
}


def with_present_names(
    tree: Mapping[Any, Any], parents: tuple[str, ...] = (), written: tuple[str, ...] = ()
) -> tuple[dict[Any, Any], list[Fault]]:
    """Return plain data with the present names of its keys, and a fault for each old name.

    `parents` is the path of `tree` in present names, `written` the path as in the file. If a key is given by both
    names, the value of the present one is used.
    """
    renamed: dict[Any, Any] = {}
    faults: list[Fault] = []
    for key, value in tree.items():
        name, path = key, (*written, str(key))
        if found := _renaming((*parents, str(key))):
            version, name = found
            faults.append(Fault(path, f"is named {name} since version {version} of the configuration"))
        if isinstance(value, Mapping):
            value, below = with_present_names(cast("Mapping[Any, Any]", value), (*parents, str(name)), path)
            faults += below
        if name == key or name not in tree:
            renamed[name] = value
    return renamed, faults


def _renaming(path: tuple[str, ...]) -> tuple[int, str] | None:
    """Return the version in which the key at `path` was renamed, and its new name. None if it was not."""
    for version, names in RENAMED.items():
        for pattern, name in names.items():
            parts = pattern.split(".")
            if len(parts) == len(path) and all(part in ("*", given) for part, given in zip(parts, path, strict=True)):
                return version, name
    return None
