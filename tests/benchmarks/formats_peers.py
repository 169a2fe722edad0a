"""The process that `formats.py` measures: one way of converting episodes to rows, in its own process.

python tests/benchmarks/formats_peers.py PROJECT OUTPUT_FOLDER (ours FORMAT | bare | datasets)

Prints one line of JSON: wall seconds, CPU seconds, and the largest resident set in MB. Imports are not timed, but are
part of the resident set.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from tabletutor.config.formats import FORMAT_CONFIGS, FormatConfig
from tabletutor.formats.build import SPLITS, EpisodeFiles, SplitFiles, build_format
from tabletutor.formats.registry import load_format
from tabletutor.models.prompt import FENCE, SHOWN, SYSTEM, observation, table_card
from tabletutor.records.episode import Turn
from tabletutor.records.record import read_record
from tabletutor.records.table import Splits, TableProfile

# Every gold trace gives one whole conversation, so the peers need not choose.
WHOLE: dict[str, dict[str, Any]] = {
    "sft-standard": {"first_turn_share": 0.0, "include_recovered": False},
    "sft-interleaved": {"first_turn_share": 0.0, "include_recovered": False},
    "prm": {"positive_share": None},
}


def tables(project: Path) -> list[str]:
    """Return the tables of a project."""
    return sorted(path.parent.name for path in project.glob("tables/*/profile.json"))


def sources(project: Path, table: str) -> EpisodeFiles:
    """Return the files of a table."""
    kinds = ("questions", "episodes", "verdicts")
    questions, episodes, verdicts = (project / kind / "program" / f"{table}.jsonl" for kind in kinds)
    return EpisodeFiles(project / "tables" / table / "profile.json", questions, episodes, verdicts)


def ours(name: str, project: Path, out: Path) -> None:
    """Convert as the rule `format` does."""
    files = {split: SplitFiles(out / f"{split}.jsonl", out / "notes" / f"{split}.jsonl") for split in SPLITS}
    every = {table: sources(project, table) for table in tables(project)}
    config = FORMAT_CONFIGS.get(name, FormatConfig).model_validate(WHOLE.get(name, {}))
    splits = read_record(project / "splits.json", Splits).by_table()
    build_format(name, every, splits, config, 0, files, out / "stats.json")


def bare(project: Path, out: Path) -> None:
    """Convert with a loop over lines and Python's `json`."""
    for split, of_split in _by_split(project).items():
        with (out / f"{split}.jsonl").open("w", encoding="utf-8") as stream:
            for table in of_split:
                _, questions, episodes, _ = sources(project, table)
                card, texts = _card(project, table), _texts(questions)
                for line in _lines(episodes):
                    stream.write(json.dumps(_row(json.loads(line), texts, card)) + "\n")


def datasets(project: Path, out: Path) -> None:
    """Convert with `load_dataset`, `map` and `to_json` of Hugging Face's datasets, with an empty cache."""
    from datasets import load_dataset

    with tempfile.TemporaryDirectory(dir=out) as cache:
        for split, of_split in _by_split(project).items():
            cards = {table: _card(project, table) for table in of_split}
            texts = {key: text for table in of_split for key, text in _texts(sources(project, table)[1]).items()}
            files = [str(sources(project, table)[2]) for table in of_split]
            data: Any = load_dataset("json", data_files=files, split="train", cache_dir=cache)
            made = data.map(
                lambda episode, texts=texts, cards=cards: _row(episode, texts, cards[episode["table"]]),
                remove_columns=data.column_names,
            )
            made.to_json(out / f"{split}.jsonl")


def _by_split(project: Path) -> dict[str, list[str]]:
    splits = read_record(project / "splits.json", Splits)
    return {split: [table for table in tables(project) if splits.of(table) == split] for split in SPLITS}


def _card(project: Path, table: str) -> str:
    return table_card(read_record(sources(project, table)[0], TableProfile))


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as stream:
        yield from stream


def _texts(path: Path) -> dict[str, str]:
    return {each["question_id"]: each["text"] for each in map(json.loads, _lines(path))}


def _row(episode: dict[str, Any], texts: dict[str, str], card: str) -> dict[str, Any]:
    """Return the gold trace of an episode as a row of `sft-standard`."""
    gold = next(trace for trace in episode["traces"] if trace["role"] == "gold")
    question = episode["question_id"]
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"{card}\n\n{texts[question]}"}]
    for turn in gold["turns"]:
        said = f"{turn['reasoning']}\n{FENCE}python\n{turn['code']}\n{FENCE}"
        messages += [{"role": "assistant", "content": said}, {"role": "user", "content": _output(turn)}]
    return {
        "question_id": question, "table": episode["table"], "trace_id": gold["trace_id"], "messages": messages[:-1]
    }  # fmt: skip


def _output(turn: dict[str, Any]) -> str:
    """Return the sandbox's output of a turn. Our own code truncates long texts, so that all rows are equal."""
    lines = [turn["stdout"].rstrip("\n")] if turn["stdout"].strip() else []
    lines += [f"{hook['name']} = {hook['value']!r}" for hook in turn["hooks"]]
    if turn["error"] is not None:
        lines.append(f"Error: {turn['error'].strip().splitlines()[-1]}" if turn["error"].strip() else "Error")
    text = "\n".join(lines) or "(no output)"
    return text if len(text) <= SHOWN else observation(msgspec.convert(turn, Turn))["content"]


def _work(peer: str, more: list[str]) -> Callable[[Path, Path], None]:
    """Return the function to measure, with its imports done."""
    if peer == "ours":
        load_format(more[0])
        return lambda project, out: ours(more[0], project, out)
    if peer == "datasets":
        import datasets as library

        library.disable_progress_bars()
    return {"bare": bare, "datasets": datasets}[peer]


def _peak_mb() -> float:
    """Return the largest resident set so far, of this program only; `getrusage` would include its parent's."""
    found = (line.split() for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(next(found)[1]) / 1024


def _cpu() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main(project: Path, out: Path, peer: str, *more: str) -> None:
    """Run one peer and print its cost."""
    work = _work(peer, list(more))
    before = _peak_mb()
    begun = time.perf_counter(), _cpu()
    work(project, out)
    took = time.perf_counter() - begun[0], _cpu() - begun[1]
    print(json.dumps({"wall": took[0], "cpu": took[1], "peak": _peak_mb(), "idle": before}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
