"""A wrong value for any key of the schema is reported with its key, and all faults are reported at once."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tabletutor.config.jsonschema import schema
from tabletutor.config.load import ConfigError, check

# A configuration with every source of models, every training method and every kind of run.
FORMATS = {"sft": "sft-standard", "dpo": "dpo", "kto": "kto", "reward": "orm-pairs", "prm": "prm", "grpo": "rl"}
WHOLE: dict[str, Any] = {
    "project": "p",
    "models": {
        "scratch": {"source": "scratch"},
        "packaged": {"source": "packaged"},
        "local": {"source": "local", "path": "folder"},
        "hub": {"source": "hub", "id": "a/b", "revision": "0" * 40},
    },
    "teachers": {
        "endpoint": {"teacher": "openai", "model": "m"},
        "local": {"teacher": "local", "model": "packaged"},
    },
    "traces": {"teacher": "endpoint"},
    "questions": {"llm": {"teacher": "endpoint"}},
    "formats": {
        **{name: {} for name in schema()["$defs"]["FormatsConfig"]["properties"]},
        "sft-masked": {"own_rows": [{"path": "rows.jsonl", "share": 0.1}]},
    },
    "runs": {
        "base": {"model": "scratch"},
        "drawn": {"model": "scratch", "sampling": {}},
        "chosen": {"model": "scratch", "best_of": {"run": "drawn", "reward_model": "prm"}},
        **{method: {"model": "scratch", "training": {"method": method, "lora": {}}} for method in FORMATS},
    },
    "reporting": {"candidate": "sft", "arms": {"a": ["base"], "b": ["sft"]}, "compare_with": {}},
}
WRONG = ({"none": 1}, ["none"], "no such value", "", -1, 0, 2.5, 1e12, True, None)


def resolved(node: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return the schema node that applies to a value, behind references, optional values and discriminated unions."""
    if "$ref" in node:
        return resolved(schema()["$defs"][node["$ref"].rsplit("/", 1)[-1]], value)
    if "discriminator" in node:
        discriminator = node["discriminator"]
        if not isinstance(value, dict):
            return {}
        return resolved({"$ref": discriminator["mapping"][value[discriminator["propertyName"]]]}, value)
    options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
    return resolved(options[0], value) if options else node


def keys(node: dict[str, Any], value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every key path with its schema node, including those below user-chosen names and in lists of sections."""
    node = resolved(node, value)
    for place, member in enumerate(value if isinstance(value, list) else []):
        yield from keys(node["items"], member, (*path, str(place)))
    value = value if isinstance(value, dict) else {}
    children = dict(node.get("properties", {}))
    free = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
    for named in (each for each in free if isinstance(each, dict)):
        children |= dict.fromkeys(value, named)
    for name, child in children.items():
        yield (*path, name), child
        yield from keys(child, value.get(name), (*path, name))


KEYS = dict(keys(schema(), WHOLE))


def changed(tree: Any, path: tuple[str, ...], value: Any) -> Any:
    if not path:
        return value
    if isinstance(tree, list):
        return [changed(each, path[1:], value) if str(place) == path[0] else each for place, each in enumerate(tree)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    below: dict[str, Any] = tree if isinstance(tree, dict) else {}
    return {**below, path[0]: changed(below.get(path[0]), path[1:], value)}


def lines(raw: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check(raw, "config.yaml")
    return str(caught.value).splitlines()


def test_one_of_every_kind_is_a_configuration() -> None:
    check(WHOLE, "config.yaml")
    assert len(KEYS) > 250
    defined = {key for kind in schema()["$defs"].values() for key in kind.get("properties", {})}
    assert defined <= {path[-1] for path in KEYS}


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_a_wrong_value_is_named_with_its_key(path: tuple[str, ...]) -> None:
    """The configuration rejects every value that the JSON Schema rejects, and for each key there is one."""
    node = {**KEYS[path], "$defs": schema()["$defs"]}
    wrong = [value for value in WRONG if not Draft202012Validator(node).is_valid(value)]
    if KEYS[path].get("type") == "boolean":
        wrong.remove(0)  # pydantic accepts it as false
    assert wrong
    key = f"config.yaml: {'.'.join(path)}"
    for value in wrong:
        found = lines(changed(WHOLE, path, value))
        assert any(line.startswith((f"{key}:", f"{key}.")) for line in found), (value, found)


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Types, limits, sums, unknown keys and names, and references."""
    raw = {
        **WHOLE, "seed": "x", "sede": 1,
        "tables": {"split_shares": {"train": 0.5, "test": 0.2}}, "sandbox": {"hard_seconds": float("inf")},
        "questions": {"program": {"per_table": {"trian": 3}, "attempts_per_question": True}},
        "reporting": {**WHOLE["reporting"], "baseline": "bsae"},
    }  # fmt: skip
    raw = changed(raw, ("runs", "dpo"), {"model": "scrach", "training": {"method": "dpo", "format": "prm", "beta": -1}})
    raw = changed(raw, ("runs", "grpo", "training"), {"method": "grpo", "accumulation": 3, "generations": 3})
    assert sorted(lines(raw)) == [
        f"config.yaml: {line}"
        for line in (
            "questions.program.attempts_per_question: should be a number, not a boolean",
            "questions.program.per_table.trian: must be one of train, validation, test, not 'trian'; did you mean "
            "train?",
            "reporting.baseline: no run named 'bsae'; did you mean base?",
            "runs.dpo.model: no model named 'scrach'; did you mean scratch?",
            "runs.dpo.training.beta: should be greater than 0, not -1",
            "runs.dpo.training.format: dpo does not train on prm; use dpo or orm-pairs",
            "runs.grpo.training: accumulation = 3 must divide batch_size = 8",
            "runs.grpo.training: generations = 3 must divide batch_size = 8",
            "sandbox.hard_seconds: should be a finite number, not inf",
            "sede: unknown key; did you mean seed?",
            "seed: should be a valid integer, unable to parse string as an integer, not 'x'",
            "tables.split_shares: the shares must sum to 1, not to 0.7",
        )
    ]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("tables", "split_shares"), {"train": 1.2, "test": -0.2}, "tables.split_shares.test: should be greater than"),
        (("results",), "./", "results: should be a folder of its own"),
        (("models", "scratch", "heads"), 3, "models.scratch: hidden = 64 must be a multiple of twice heads = 3"),
    ],
)  # fmt: skip
def test_what_a_type_cannot_say_is_named(path: tuple[str, ...], value: Any, message: str) -> None:
    assert any(line.startswith(f"config.yaml: {message}") for line in lines(changed(WHOLE, path, value)))
