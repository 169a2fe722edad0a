"""The shipped configurations are complete and valid; error messages name each fault and what to write instead."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tabletutor.config.formats import FORMATS, formats_section
from tabletutor.config.jsonschema import key_paths, schema, schema_text
from tabletutor.config.load import ConfigError, check, load, plain
from tabletutor.config.training import TrainingConfig

ROOT = Path(__file__).parents[2]
SOURCES = "hub, local, packaged, scratch"
JUDGE = {"method": "reward", "format": "orm-pairs"}


def minimal(**changes: Any) -> dict[str, Any]:
    base = {
        "project": "p",
        "models": {"m": {"source": "scratch"}},
        "runs": {"base": {"model": "m"}, "tuned": {"model": "m", "training": {}}},
    }
    return {**base, **changes}


def trained(**training: Any) -> dict[str, Any]:
    return {"runs": {"base": {"model": "m"}, "tuned": {"model": "m", "training": training}}}


def faults(raw: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check(raw, "config.yaml")
    return str(caught.value).splitlines()


def every_key(tree: Any, prefix: str = "") -> set[str]:
    if not isinstance(tree, dict):
        return set()
    return {prefix + key for key in tree} | set().union(*(every_key(tree[key], f"{prefix}{key}.") for key in tree))


@pytest.mark.parametrize(
    "name", sorted(path.relative_to(ROOT / "config").as_posix() for path in (ROOT / "config").rglob("*.yaml"))
)
def test_shipped_configurations_are_valid(name: str) -> None:
    load(ROOT / "config" / name)
    jsonschema.validate(yaml.safe_load((ROOT / "config" / name).read_text()), schema())


def test_the_default_configuration_names_every_knob() -> None:
    path = ROOT / "config" / "config.yaml"
    assert every_key(yaml.safe_load(path.read_text())) == every_key(plain(load(path))), f"add it to {path}"


def test_the_schema_file_is_in_step() -> None:
    assert (ROOT / "config" / "config.schema.json").read_text(encoding="utf-8") == schema_text()
    jsonschema.Draft202012Validator.check_schema(schema())


def test_defaults_are_filled_in_and_are_json() -> None:
    filled = plain(check(minimal(), "config.yaml"))
    assert filled["runs"]["base"]["training"] is None
    assert "include_recovered" in filled["formats"]["sft-standard"]
    assert json.loads(json.dumps(filled)) == filled
    assert plain(check(filled, "again")) == filled


def test_unknown_keys_are_named_with_the_nearest_all_at_once() -> None:
    raw = minimal(
        sede=1,
        questions={"program": {"per_tabel": 3}, "per_table": {}},
        models={"m": {"source": "scratch", "hiden": 3}},
    )
    assert sorted(faults(raw)) == [
        "config.yaml: models.m.hiden: unknown key; did you mean hidden?",
        "config.yaml: questions.per_table: unknown key; did you mean questions.program.per_table?",
        "config.yaml: questions.program.per_tabel: unknown key; did you mean per_table?",
        "config.yaml: sede: unknown key; did you mean seed?",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": "x"}, "config.yaml: seed: should be a valid integer, unable to parse string as an integer, not 'x'"),
        ({"models": {"m": {"source": "git"}}}, f"config.yaml: models.m.source: must be one of {SOURCES}, not 'git'"),
        ({"models": {"m": {}}}, f"config.yaml: models.m.source: must be one of {SOURCES}"),
        ({"questions": None}, "config.yaml: questions: should be a mapping of keys, not None"),
        ({"runs": {"base": {}}}, "config.yaml: runs.base.model: missing; this key is required"),
        (
            {"runs": {"base": {"model": "n"}, "tuned": {"model": "m"}}},
            "config.yaml: runs.base.model: no model named 'n'; there are: m",
        ),
        (trained(format="dpo"), "config.yaml: runs.tuned.training.format: dpo is not built; add dpo: {} to formats"),
        (
            trained(method="ppo"),
            "config.yaml: runs.tuned.training.method: must be one of dpo, grpo, kto, prm, reward, sft, not 'ppo'; did "
            "you mean dpo?",
        ),
        (
            trained(lora=None),
            "config.yaml: runs.tuned.training: lora: null trains all weights, which needs dtype: float32; bfloat16 "
            "would round small steps away",
        ),
        (
            trained(init_from="base"),
            "config.yaml: runs.tuned.training.init_from: no trained run named 'base'; there are: none",
        ),
        (trained(init_from="tuned"), "config.yaml: runs.tuned.training.init_from: tuned → tuned is a cycle"),
        (trained(lorra={}), "config.yaml: runs.tuned.training.lorra: unknown key; did you mean lora?"),
        (
            {"traces": {"teacher": "gpt"}},
            "config.yaml: traces.teacher: no teacher named 'gpt'; there are: none",
        ),
        (
            {"teachers": {"t": {"teacher": "local", "model": "m"}}, "traces": {"teacher": "t"}},
            "config.yaml: teachers.t.model: m has random weights and the tokens of training rows; name a model that "
            "can answer",
        ),
        (
            {"questions": {"llm": {"teacher": "t", "max_context": 3000}}},
            "config.yaml: questions.llm: max_context is 3000; it must be at least 4096: proposal_tokens, and 2048 for "
            "the exploration and the request",
        ),
        (
            {"teachers": {"t": {"teacher": "openai", "model": "m"}}, "questions": {"llm": {"teacher": "t"}}},
            "config.yaml: traces.teacher: questions of a language model are verified by independent traces; name a "
            "teacher",
        ),
        ({"reporting": {"baseline": "b"}}, "config.yaml: reporting.baseline: no run named 'b'; there are: base, tuned"),
    ],
)
def test_faults_name_the_key_and_what_it_should_be(changes: dict[str, Any], message: str) -> None:
    assert faults(minimal(**changes)) == [message]


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ({"a": ["base"]}, ": a single arm has nothing to compare with; add another arm, or remove arms"),
        ({"a": ["base"], "b": ["none"]}, ".b: no run named 'none'; there are: base, tuned, tuned-1, judge"),
        ({"a": ["base"], "b": ["judge"]}, ".b: judge is a judge; name a run that answers questions"),
        ({"a": ["base"], "b": ["base"]}, ".b: base is already in a; a run can be in one arm only"),
        ({"a": ["base", "base"], "b": ["tuned", "tuned-1"]}, ".a: base is already in a; a run can be in one arm only"),
        (
            {"a": ["base"], "b": ["tuned", "tuned-1"]},
            ".b: 2 runs, but a has 1; the permutation test swaps arms, so all must have the same number of runs",
        ),
        ({"a": ["base"], "b": []}, ".b: tuple should have at least 1 item after validation, not 0, not []"),
    ],
)
def test_arms_that_cannot_be_compared_are_named(arms: dict[str, Any], message: str) -> None:
    names = ("base", "tuned", "tuned-1")
    judge = {"model": "m", "training": JUDGE}
    runs = {**{name: {"model": "m"} for name in names}, "judge": judge}
    raw = minimal(runs=runs, formats={"orm-pairs": {}}, reporting={"arms": arms})
    assert faults(raw) == [f"config.yaml: reporting.arms{message}"]


@pytest.mark.parametrize("compare_with", [{"a": "b"}, {"b": "b"}, {"b": "c"}, {"c": "a"}])
def test_an_arm_is_compared_with_another_arm(compare_with: dict[str, str]) -> None:
    reporting = {"arms": {"a": ["base"], "b": ["tuned"]}, "compare_with": compare_with}
    ((arm, other),) = compare_with.items()
    message = f"must map an arm other than the first to a different arm, not to {other}; there are: a, b"
    assert faults(minimal(reporting=reporting)) == [f"config.yaml: reporting.compare_with.{arm}: {message}"]
    check(minimal(reporting={**reporting, "compare_with": {"b": "a"}}), "config.yaml")


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            {"best_of": {"run": "base"}},
            "best_of.run: no run named 'base' that samples attempts; there are: drawn",
        ),
        (
            {"best_of": {"run": "draw"}},
            "best_of.run: no run named 'draw' that samples attempts; did you mean drawn?",
        ),
        (
            {"best_of": {"run": "drawn", "reward_model": "base"}},
            "best_of.reward_model: no run named 'base' that trains a judge; there are: judge",
        ),
        (
            {"best_of": {"run": "drawn"}, "sampling": {}},
            "sampling: a run that chooses generates no text; remove this key",
        ),
        ({"training": JUDGE, "sampling": {}}, "sampling: a run that judges generates no text; remove this key"),
        ({"training": JUDGE, "whole_turns": True}, "whole_turns: a run that judges generates no text; remove this key"),
        ({"training": JUDGE, "shots": 2}, "shots: a run that judges generates no text; remove this key"),
        (
            {"lenient_of": "base", "shots": 2},
            "shots: a run that reads another run's attempts generates no text; remove this key",
        ),
        (
            {"lenient_of": "judge"},
            "lenient_of: no run named 'judge' that makes attempts; there are: base, tuned, drawn",
        ),
        ({"lenient_of": "base", "model": "n"}, "model: must be m, the model of base"),
        ({"best_of": {"run": "drawn"}, "model": "n"}, "model: must be m, the model of drawn"),
        ({"best_of": {"run": "drawn", "reward_model": "judge"}, "model": "n"}, "model: must be m, the model of judge"),
    ],
)
def test_a_choice_that_cannot_be_made_is_named(choice: dict[str, Any], message: str) -> None:
    trained = {"model": "m", "training": JUDGE}
    runs = {"base": {"model": "m"}, "tuned": {"model": "m"}, "drawn": {"model": "m", "sampling": {}}, "judge": trained}
    raw = minimal(
        models={name: {"source": "scratch"} for name in "mn"}, formats={"orm-pairs": {}},
        runs={**runs, "chosen": {"model": "m", **choice}},
    )  # fmt: skip
    assert faults(raw) == [f"config.yaml: runs.chosen.{message}"]


def attempts(run: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "training": {}, "attempts_of": {"run": run}, **more}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"first": attempts("tuned", training=None)},
            "first.attempts_of: a run without training has no rows to add attempts to; add training, or remove this "
            "key",
        ),
        (
            {"first": attempts("tuned", training=JUDGE)},
            "first.attempts_of: attempts can't be added to the rows of orm-pairs; set training.format: sft-standard",
        ),
        (
            {"first": attempts("tunde")},
            "first.attempts_of.run: no run named 'tunde' that makes attempts; did you mean tuned?",
        ),
        (
            {"first": attempts("read"), "read": {"model": "m", "lenient_of": "base"}},
            "first.attempts_of.run: no run named 'read' that makes attempts; there are: base, tuned, other",
        ),
        (
            {"first": attempts("first")},
            "first.attempts_of.run: first → first is a cycle; name a run that doesn't need this one",
        ),
        (
            {"first": attempts("other"), "other": {"model": "m", "training": {"init_from": "first"}}},
            "first.attempts_of.run: first → other → first is a cycle; name a run that doesn't need this one",
        ),
        (
            {"first": attempts("other"), "other": {"model": "m", "weights_from": "first"}},
            "first.attempts_of.run: first → other → first is a cycle; name a run that doesn't need this one",
        ),
    ],
)
def test_attempts_that_no_earlier_run_makes_are_named(changed: dict[str, Any], message: str) -> None:
    base, tuned = {"model": "m"}, {"model": "m", "training": {}}
    runs = {"base": base, "tuned": tuned, "first": attempts("tuned"), "other": base}
    check(minimal(runs={**runs, "second": attempts("first"), "third": attempts("second")}), "config.yaml")
    raw = minimal(runs={**runs, **changed}, formats={"orm-pairs": {}})
    assert faults(raw) == [f"config.yaml: runs.{message}"]


def test_the_runs_of_the_report_are_graded_on_test_tables() -> None:
    only = {"model": "m", "splits": ["validation"]}
    runs = {"base": {"model": "m"}, "tuned": only, "trial": only}
    message = "tuned is not graded on test tables; add test to runs.tuned.splits, or name another run"
    arms = {"a": ["base"], "b": ["tuned"]}
    assert faults(minimal(runs=runs, reporting={"arms": arms})) == [
        f"config.yaml: reporting.candidate: {message}",
        f"config.yaml: reporting.arms.b: {message}",
    ]
    assert faults(minimal(runs={**runs, "tuned": {"model": "m", "splits": ["train"]}})) == [
        "config.yaml: runs.tuned.splits.0: must be one of validation, test, not 'train'"
    ]
    check(minimal(runs={**runs, "tuned": {"model": "m", "splits": ["validation", "test"]}}), "config.yaml")


def test_arms_keep_their_order() -> None:
    arms = {"b": ["tuned"], "a": ["base"]}
    assert list(plain(check(minimal(reporting={"arms": arms}), "config.yaml"))["reporting"]["arms"]) == ["b", "a"]


@pytest.mark.parametrize("raw", [None, [], "text", 3])
def test_a_configuration_is_a_mapping(raw: object) -> None:
    assert faults(raw) == [f"config.yaml: the configuration must be a mapping of keys, not {raw!r}"]


def test_files_that_are_not_yaml_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file"):
        load(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("a: [1\n")
    with pytest.raises(ConfigError, match=r"bad\.yaml: not YAML"):
        load(tmp_path / "bad.yaml")
    (tmp_path / "twice.yaml").write_text("seed: 1\nseed: 2\n")
    with pytest.raises(ConfigError, match="key 'seed' is given twice"):
        load(tmp_path / "twice.yaml")


@given(st.sampled_from(key_paths()), st.data())
def test_any_slip_in_a_key_is_noticed(path: str, data: st.DataObject) -> None:
    *parents, key = path.split(".")
    position = data.draw(st.integers(0, len(key) - 1))
    slipped = key[:position] + data.draw(st.sampled_from("qxz_")) + key[position + 1 :]
    tree: dict[str, Any] = {slipped: 1}
    for parent in reversed(parents):
        tree = {parent: tree}
    where = ".".join([*parents, slipped])
    if slipped not in {name.rpartition(".")[2] for name in key_paths()}:
        assert any(line.startswith(f"config.yaml: {where}: unknown key; ") for line in faults({**minimal(), **tree}))


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"method": "grpo", "generations": 3}, "generations = 3 must divide batch_size = 8"),
        ({"method": "dpo", "accumulation": 3}, "accumulation = 3 must divide batch_size = 8"),
        (
            {"method": "grpo", "max_length": 1536},
            "max_context = 1536 has no room for a turn after a prompt of max_length = 1536; it must be at least 1664",
        ),
        ({"method": "kto", "accumulation": 8}, "batch_size must be at least twice accumulation"),
        ({"method": "dpo", "lora": {"dropout": 0.1}}, r"lora\.dropout must be 0: TRL"),
        ({"method": "reward", "lora": {"dropout": 0.1}}, r"lora\.dropout must be 0: TRL"),
        ({"method": "kto", "dtype": "float32", "lora": {"bias": "all"}}, r"lora\.bias must be none: PEFT"),
        (
            {"method": "sft", "lora": {"bias": "all"}},
            r"lora\.bias: all trains biases of the base",
        ),
        (
            {"method": "grpo", "beta": 0.1, "dtype": "float32", "lora": {"bias": "all"}},
            r"lora\.bias must be none",
        ),
    ],
)
def test_knobs_of_training_that_exclude_each_other_are_named(training: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(TrainingConfig).validate_python(training)


def test_settings_of_a_format_without_a_converter_are_named() -> None:
    with pytest.raises(ValueError, match=r"settings for 'dpo', but there is no converter: add .*/dpo\.py, or remove"):
        formats_section(name for name in FORMATS if name != "dpo")
