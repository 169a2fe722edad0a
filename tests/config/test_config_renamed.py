"""An old name of a key is reported with its path and the new name, together with all other faults."""

from typing import Any

import pytest

from tabletutor.config.jsonschema import keys_at
from tabletutor.config.load import ConfigError, check
from tabletutor.config.methods import method_configs
from tabletutor.config.renamed import RENAMED, with_present_names

ENTRIES = [(version, pattern, name) for version, names in RENAMED.items() for pattern, name in names.items()]


def nested(path: list[str], value: Any) -> dict[str, Any]:
    return {path[0]: nested(path[1:], value) if path[1:] else value}


def parents_of(pattern: str) -> list[str]:
    """Return the parents of an old key, with a name of a run or format for `*`."""
    first, *others = pattern.split(".")[:-1]
    return [first, *("dpo" if part == "*" else part for part in others)]


@pytest.mark.parametrize(("version", "pattern", "name"), ENTRIES)
def test_an_old_key_is_read_by_its_new_name(version: int, pattern: str, name: str) -> None:
    parents, old = parents_of(pattern), pattern.rpartition(".")[2]
    present, faults = with_present_names(nested([*parents, old], 3))
    assert present == nested([*parents, name], 3)
    ((path, text),) = faults
    assert path == (*parents, old)
    assert text == f"is named {name} since version {version} of the configuration"


@pytest.mark.parametrize(("version", "pattern", "name"), ENTRIES)
def test_only_the_new_name_is_in_the_schema(version: int, pattern: str, name: str) -> None:
    parents, old = parents_of(pattern), pattern.rpartition(".")[2]
    known: set[str] = set()
    for method in method_configs():
        known |= {*keys_at(parents, nested(["runs", "dpo", "training", "method"], method))}
    assert name in known
    assert old not in known


@pytest.mark.parametrize("names", [("turn_limit", "max_turns"), ("max_turns", "turn_limit")])
def test_of_two_names_the_new_one_counts(names: tuple[str, str]) -> None:
    given = {"evaluation": {name: {"turn_limit": 1, "max_turns": 2}[name] for name in names}}
    present, faults = with_present_names(given)
    assert present == {"evaluation": {"max_turns": 2}}
    assert [path for path, _ in faults] == [("evaluation", "turn_limit")]


def test_names_of_runs_are_no_keys() -> None:
    raw = {"runs": {"weights": {"model": "start"}}, "models": {"choose": {}}, 1: {"runs": [{"weights": 2}]}}
    assert with_present_names(raw) == (raw, [])


def test_old_keys_are_reported_with_all_other_faults() -> None:
    raw = {
        "version": 1,
        "project": "p",
        "models": {"m": {"source": "scratch"}},
        "runs": {
            "base": {"model": "m", "weights": "none"},
            "v1.tuned": {"model": "m", "training": {"eval_every": 0, "max_tokens": 64, "sede": 1}},
            "best": {"model": "m", "choose": {"among": "base", "judge": None}},
        },
        "reporting": {"candidate": "best"},
    }
    with pytest.raises(ConfigError) as caught:
        check(raw, "config.yaml")
    since = "since version 2 of the configuration"
    assert sorted(str(caught.value).splitlines()) == [
        f"config.yaml: {line}"
        for line in (
            "runs.base.weights: is named weights_from " + since,
            "runs.base.weights_from: no run named 'none' that trains a student; there are: v1.tuned",
            "runs.best.best_of.run: no run named 'base' that samples attempts; there are: none",
            "runs.best.choose.among: is named run " + since,
            "runs.best.choose.judge: is named reward_model " + since,
            "runs.best.choose: is named best_of " + since,
            "runs.v1.tuned.training.eval_every: is named eval_steps " + since,
            "runs.v1.tuned.training.eval_steps: should be greater than or equal to 1, not 0",
            "runs.v1.tuned.training.max_tokens: is named max_length " + since,
            "runs.v1.tuned.training.sede: unknown key; did you mean scheduler?",
            "version: must be 2, not 1",
        )
    ]
