"""The formats in their target libraries, each in its own process: TRL's process reward trainer, `verifiers`,
LLaMA-Factory, and Croissant's reader.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from tabletutor.models.prompt import NO_CODE, Message, assistant, observation, opening, table_card
from tabletutor.records.episode import Episode, Trace, Verdict
from tabletutor.records.question import Question
from tabletutor.records.record import read_record, read_records
from tabletutor.records.table import TableProfile

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Export = Callable[[str, Path], subprocess.CompletedProcess[str]]
Peer = Callable[..., subprocess.CompletedProcess[str]]


def report_of(done: subprocess.CompletedProcess[str], output: Path) -> Any:
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(output.read_text())


def rows_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_trl_trains_a_process_reward_model_on_every_label(
    files: Callable[[str], Path], model: str, peer: Peer, tmp_path: Path
) -> None:
    output = tmp_path / "report.json"
    report = report_of(peer("trl", "trl_prm", files("prm"), model, output), output)
    rows = rows_of(files("prm"))
    assert report["version"] == "1.13.0"
    assert len(report["losses"]) == 2
    assert all(loss == loss for loss in report["losses"])
    assert report["labels"] == [[int(label) for label in row["labels"]] for row in rows]
    assert {label for row in report["labels"] for label in row} == {0, 1}
    assert report["labelled"] == ["\x1e"], "labels are at the separators only"
    for text, row in zip(report["texts"], rows, strict=True):
        assert text.endswith(row["prompt"] + "".join(f"{step}\x1e" for step in row["completions"]))


def student_turns(trace: Trace) -> list[str]:
    return [assistant(turn.reasoning, turn.code)["content"] for turn in trace.turns]


def completion(trace: Trace) -> list[Message]:
    """Return the messages of a trace after the prompt."""
    messages: list[Message] = []
    for turn in trace.turns:
        messages += [assistant(turn.reasoning, turn.code), observation(turn)]
    return messages[:-1]


def test_verifiers_rolls_students_out_and_scores_them(project: Path, built: Any, peer: Peer, tmp_path: Path) -> None:
    profile, questions, episodes, verdicts = built.tables["penguins_raw"]
    card = read_record(profile, TableProfile)
    texts = {
        question.question_id: opening(table_card(card), question.text)[1]["content"]
        for question in read_records(questions, Question)
    }
    judged = {verdict.question_id: verdict for verdict in read_records(verdicts, Verdict)}
    gold: dict[str, Trace] = {}
    wrong: dict[str, Trace] = {}
    for episode in read_records(episodes, Episode):
        correct = judged[episode.question_id].trace_correct
        for trace in episode.traces:
            if trace.role == "gold":
                gold[episode.question_id] = trace
            elif trace.ended == "submit" and not correct[trace.trace_id]:
                wrong[episode.question_id] = trace
    assert len(wrong) > 3
    silent = ["I wonder.", "```python\nx = 1 / 0\n```", "```python\nprint(len(df))\n```", "It is so."]
    students: dict[str, dict[str, Sequence[str]]] = {
        "gold": {texts[name]: student_turns(trace) for name, trace in gold.items()},
        "wrong": {texts[name]: student_turns(wrong.get(name, trace)) for name, trace in gold.items()},
        "silent": {texts[name]: silent for name in gold},
        "broken": {texts[name]: ["```python\nimport os\nos._exit(1)\n```"] for name in gold},
    }
    (tmp_path / "turns.json").write_text(json.dumps(students))
    output = tmp_path / "report.json"
    results = project / "results"
    done = peer("verifiers", "verifiers_rollouts", results, tmp_path / "turns.json", output)
    report = report_of(done, output)
    assert report["version"] == "0.3.1"
    assert report["train"] == len(rows_of(results / "formats/rl/train.jsonl"))
    asked = {row["question_id"] for row in rows_of(results / "formats/rl/validation.jsonl")}
    attempts = {
        student: {rollout["question"]: rollout for rollout in rollouts}
        for student, rollouts in report["students"].items()
    }
    assert all(set(each) == asked for each in attempts.values())
    for name in asked:
        right, failed, mute, dead = (attempts[student][name] for student in students)
        assert (right["reward"], right["stop"]) == (1.0, "session_ended")
        assert right["completion"] == completion(gold[name]), "observations are the sandbox's output, verbatim"
        assert right["metrics"]["runs"] == 1.0
        if name in wrong:
            last = len(wrong[name].turns) == len(silent)  # it submits in the last turn that it may take
            assert (failed["reward"], failed["stop"]) == (0.0, "max_turns_reached" if last else "session_ended")
            assert failed["completion"] == completion(wrong[name])
        assert (mute["reward"], mute["stop"]) == (0.0, "max_turns_reached")
        assert mute["completion"][1] == NO_CODE
        assert mute["completion"][3]["content"].startswith("Error: ZeroDivisionError")
        assert mute["completion"][5]["content"] == str(card.rows)
        assert mute["metrics"]["runs"] == 0.25
        assert (dead["reward"], dead["stop"]) == (0.0, "session_ended")


def test_an_environment_without_its_tables_is_not_loaded(project: Path, peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "turns.json").write_text("{}")
    (tmp_path / "results").mkdir()
    done = peer("verifiers", "verifiers_rollouts", tmp_path / "results", tmp_path / "turns.json", tmp_path / "out")
    assert (done.returncode, "train.jsonl: no such file; build the format `rl`" in done.stderr) == (1, True)
    (tmp_path / "results/formats").mkdir()
    (tmp_path / "results/formats/rl").symlink_to(project / "results/formats/rl")
    done = peer("verifiers", "verifiers_rollouts", tmp_path / "results", tmp_path / "turns.json", tmp_path / "out")
    assert (done.returncode, "give the results folder the rows are from" in done.stderr) == (1, True)


def test_llama_factory_trains_what_the_rows_say(
    export: Export, project: Path, model: str, peer: Peer, tmp_path: Path
) -> None:
    data, output = tmp_path / "data", tmp_path / "report.json"
    assert export("llama-factory", data).returncode == 0
    report = report_of(peer("llamafactory", "llamafactory_rows", data, model, output), output)
    assert report["version"] == "0.9.5"
    datasets = report["datasets"]
    stages = {name.removeprefix("tabletutor_"): loaded["stage"] for name, loaded in datasets.items()}
    assert stages["sft_standard_train"] == stages["sft_masked_train"] == "sft"
    assert (stages["dpo_train"], stages["kto_train"]) == ("rm", "kto")
    for name, loaded in datasets.items():
        rows = rows_of(data / f"{name}.jsonl")
        assert len(loaded["trained"]) == len(rows), "no row is dropped"
        for number, row in enumerate(rows):
            turns = [message["content"] for message in row["messages"] if message["role"] == "assistant"]
            wanted = {
                "sft": [turns],
                "rm": [[row[side]["content"]] for side in ("chosen", "rejected") if side in row],
                "kto": [turns[-1:]],
            }[loaded["stage"]]
            assert loaded["trained"][number] == [[f"{text}<|im_end|>\n" for text in each] for each in wanted]
            rest = loaded["whole"][number]
            for text in (message["content"] for message in row["messages"]):
                assert text in rest, "all messages are kept in order"
                rest = rest.partition(text)[2]
        assert loaded["labels"] == [row["label"] for row in rows if "label" in row]


def as_row(value: Any) -> Any:
    """Return a record of Croissant's reader as its row: decoded texts, keys without their path, no absent keys."""
    match value:
        case bytes():
            return value.decode()
        case dict():
            return {key.rsplit("/", 1)[1]: as_row(each) for key, each in value.items() if each is not None}
        case list():
            return [as_row(each) for each in value]
        case _:
            return value


def test_croissant_is_valid_and_gives_the_rows(export: Export, tmp_path: Path) -> None:
    import mlcroissant

    folder = tmp_path / "hub"
    assert export("hf", folder).returncode == 0
    dataset = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    (warning,) = issues.warnings
    assert "datePublished" in warning, "only the date of publication, which the publisher adds, is missing"
    files = {f"{path.parent.name}-{path.stem}": path for path in folder.glob("data/*/*.jsonl")}
    assert {record_set.id for record_set in dataset.metadata.record_sets} == set(files)
    for identity, path in files.items():
        assert [as_row(record) for record in dataset.records(identity)] == rows_of(path)


def test_each_format_of_a_dataset_folder_loads_by_name(export: Export, project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    assert export("hf", folder).returncode == 0
    for source in sorted((project / "results/formats").iterdir()):
        loaded: Any = load_dataset(str(folder), source.name, cache_dir=str(tmp_path / "cache"))
        for split, rows in loaded.items():
            assert [dict(row) for row in rows] == rows_of(source / f"{split}.jsonl")
