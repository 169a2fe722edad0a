"""Build, audit and load every format of a real project, reject faulty files, and select rows."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from datasets import load_dataset
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.formats import FORMAT_CONFIGS, FORMATS, FormatConfig, LabelledConfig, PairsConfig
from tabletutor.formats.audit import Audit, audit_format
from tabletutor.formats.build import SplitFiles, build_format
from tabletutor.formats.hint_leak import hint_leak
from tabletutor.formats.registry import load_format
from tabletutor.formats.select import Candidate, balance_labels, cap_families, deduplicate, sample
from tabletutor.formats.shortcut import LabelledText, Pair, balance_pairs, surface_accuracy
from tabletutor.records.episode import Episode
from tabletutor.records.question import Question
from tabletutor.records.record import read_records, write_records
from tabletutor.rows.row import ConversationRow, FormatStats, Note, PairRow, Row
from tests.support.cases import question

ROOT = Path(__file__).parents[2]


def files(folder: Path) -> dict[Any, SplitFiles]:
    return {
        split: SplitFiles(folder / f"{split}.jsonl", folder / "notes" / f"{split}.jsonl")
        for split in ("train", "validation")
    }


def make(built: Any, name: str, folder: Path, config: FormatConfig | None = None) -> FormatStats:
    settings = FORMAT_CONFIGS.get(name, FormatConfig)() if config is None else config
    return build_format(name, built.tables, built.splits, settings, 0, files(folder), folder / "stats.json")


def audit(built: Any, name: str, folder: Path) -> Audit:
    rows = {split: paths.rows for split, paths in files(folder).items()}
    questions = {table: each.questions for table, each in built.tables.items()}
    return audit_format(name, rows=rows, questions=questions, splits=built.splits, output=folder / "audit.json")


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_built_audited_and_loaded(built: Any, name: str, tmp_path: Path) -> None:
    stats = make(built, name, tmp_path)
    assert [split.rows for split in stats.splits] == [split.rows for split in audit(built, name, tmp_path).splits]
    assert stats.splits[0].rows > 5, stats
    traces = {
        trace.trace_id: episode.question_id
        for each in built.tables.values()
        for episode in read_records(each.episodes, Episode)
        for trace in episode.traces
    }
    for split, paths in files(tmp_path).items():
        rows = read_records(paths.rows, load_format(name).row)
        notes = read_records(paths.notes, Note)
        assert {built.splits[row.table] for row in rows} <= {split}
        assert all(traces[row.trace_id] == row.question_id for row in rows)
        assert [note.trace_id for note in notes] == [row.note_trace_id() for row in rows]
        assert [(note.question_id, note.table) for note in notes] == [(row.question_id, row.table) for row in rows]
        assert all(note.step_labels for note in notes)
    loaded = load_dataset(
        "json", data_files=str(tmp_path / "train.jsonl"), split="train", cache_dir=str(tmp_path / "hf")
    )
    assert len(loaded) == stats.splits[0].rows
    make(built, name, tmp_path / "again")
    assert (tmp_path / "again/train.jsonl").read_bytes() == (tmp_path / "train.jsonl").read_bytes()


@pytest.mark.slow
def test_every_stated_value_is_what_the_sandbox_showed(built: Any, tmp_path: Path) -> None:
    make(built, "sft-interleaved", tmp_path)
    stated = 0
    for line in (tmp_path / "train.jsonl").read_text().splitlines():
        messages = json.loads(line)["messages"]
        for message, shown in zip(messages, [*messages[1:], None], strict=True):
            after = message["content"].rpartition("```\n")[2] if message["role"] == "assistant" else ""
            for each in after.splitlines() if "```" in message["content"] and after else []:
                name, _, value = each.partition(": ")
                kind, _, literal = value.partition(" = ")
                if shown is not None and kind in ("int", "float"):
                    assert f"{name} = {literal}" in shown["content"]
                    stated += 1
    assert stated > 10


@pytest.mark.slow
def test_an_injected_fault_stops_the_audit(built: Any, tmp_path: Path) -> None:
    def first(rows: list[dict[str, Any]], change: Callable[[dict[str, Any]], object]) -> list[dict[str, Any]]:
        change(rows[0])
        return rows

    faults: dict[str, tuple[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]], str]] = {
        "hint": ("sft-standard", lambda rows: first(rows, lambda row: add_hint(row, 1, built)), "quotes the hint"),
        "recited": ("sft-standard", lambda rows: first(rows, lambda row: add_hint(row, 2, built)), "quotes the hint"),
        "test table": (
            "sft-standard",
            lambda rows: first(rows, lambda row: row.update(table="msleep")),
            "in the test split",
        ),
        "other split": (
            "kto",
            lambda rows: first(rows, lambda row: row.update(table="penguins_raw")),
            "in the validation split",
        ),
        "roles": ("sft-standard", lambda rows: first(rows, lambda row: row["messages"].pop(2)), "do not alternate"),
        "empty": ("dpo", lambda rows: first(rows, lambda row: row["chosen"][0].update(content=" ")), "is empty"),
        "twice": ("rl", lambda rows: [*rows, rows[0]], "the same content as"),
        "nothing": ("dpo", lambda rows: [], "no row to train on"),
        "labels": ("orm", lambda rows: [row for row in rows if row["label"]], "are labelled right"),
        "separator": (
            "prm",
            lambda rows: first(rows, lambda row: row.update(prompt="a\x1eb")),
            "contains the separator",
        ),
        "steps": ("prm", lambda rows: first(rows, lambda row: row["labels"].pop()), "steps with"),
        "untrained": ("sft-masked", lambda rows: first(rows, untrain), "no message is trained"),
        "alike": ("dpo", lambda rows: first(rows, lambda row: row.update(rejected=row["chosen"])), "are equal"),
        "unknown field": ("kto", lambda rows: first(rows, lambda row: row.update(extra=1)), "not a LabelledRow"),
    }
    for name in {fault[0] for fault in faults.values()}:
        make(built, name, tmp_path / name)
    for title, (name, change, message) in faults.items():
        folder = shutil.copytree(tmp_path / name, tmp_path / title)
        rows = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
        (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in change(rows)))
        with pytest.raises(ValueError, match=message) as fault:
            audit(built, name, folder)
        assert "train.jsonl" in str(fault.value), title
        assert not (folder / "audit.json").exists()


def test_a_short_hint_counts_as_a_whole() -> None:
    asked = msgspec.structs.replace(question("q", "Which is the latest start?"), hint="Take the max of 'start_date'.")

    def row_with(text: str) -> ConversationRow:
        return ConversationRow(question_id="q", table="t", trace_id="g", messages=[{"role": "user", "content": text}])

    assert hint_leak(row_with("What to do: take the MAX of start_date."), asked) == "take the max of start_date"
    assert hint_leak(row_with("the max of start_date"), asked) is None
    assert hint_leak(row_with("take the max of start_date"), msgspec.structs.replace(asked, text=asked.hint)) is None


def untrain(row: dict[str, Any]) -> None:
    for message in row["messages"]:
        message["weight"] = 0


def add_hint(row: dict[str, Any], place: int, built: Any) -> None:
    asked = {
        question.question_id: question for question in read_records(built.tables[row["table"]].questions, Question)
    }
    row["messages"][place]["content"] += f"\nHint: {asked[row['question_id']].hint}"


@pytest.mark.slow
def test_caps_balance_and_repeats_are_counted(built: Any, tmp_path: Path) -> None:
    stats = make(built, "kto", tmp_path, LabelledConfig(per_table=8, per_family=3, positive_share=0.5))
    (train, _) = stats.splits
    assert max(train.by_table.values()) <= 8
    assert max(train.by_family.values()) <= 3 * len(train.by_table)
    assert {"duplicate", "uneven_labels", "over_per_table"} <= set(train.dropped)
    assert 0.3 < train.by_label["right"] / train.rows < 0.7, "a cap keeps the labels balanced"
    everything = make(built, "kto", tmp_path / "all", LabelledConfig(positive_share=None)).splits[0]
    assert "uneven_labels" not in everything.dropped
    assert train.rows < everything.rows


def row(number: int, label: bool = True) -> Candidate:
    note = Note(f"q{number}", "t", f"g{number}", str(number % 10), None, ())
    return Candidate(b"", f"{number} {label}", f"g{number}", label, 1, None, note)


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans())), st.floats(0.1, 0.9))
def test_choices_keep_their_promises(drawn_rows: list[tuple[int, bool]], share: float) -> None:
    rows = deduplicate([row(number, label) for number, label in drawn_rows])
    assert {each.content for each in rows} == {f"{number} {label}" for number, label in drawn_rows}
    assert len(rows) == len(set(drawn_rows))
    kept = balance_labels(rows, share, 0)
    assert [each for each in rows if each in kept] == kept
    right = sum(bool(each.label) for each in kept)
    if kept and right < len(kept):
        assert abs(right - share * len(kept)) <= 1
    families = Counter(each.note.family for each in cap_families(rows, 2, 0))
    assert max(families.values(), default=0) <= 2
    assert sample(rows, 3, 0) == sample(list(reversed(rows)), 3, 0) or len({each.trace_id for each in rows}) < len(rows)


def test_a_cap_keeps_its_choice_when_a_row_is_added() -> None:
    rows = [row(number) for number in range(9)]
    before = {each.trace_id for each in sample(rows, 4, 0)}
    after = {each.trace_id for each in sample([*rows, row(9)], 4, 0)}
    assert len(before & after) >= 3


def pairs_with_cue(share: float, count: int = 600) -> list[Pair]:
    """Return pairs with a cue word: in the rejected text for this share of them, else in the chosen text."""
    pairs: list[Pair] = []
    for number in range(count):
        plain, cue = f"take column {number % 7} of the table", f"take median column {number % 7} of the table"
        gives = (number * 7919 % count) < share * count
        pairs.append(Pair(plain if gives else cue, cue if gives else plain, f"t{number % 11}"))
    return pairs


def labelled_texts(pairs: Sequence[Pair]) -> list[LabelledText]:
    return [
        LabelledText(text, right, each.table)
        for each in pairs
        for text, right in ((each.chosen, True), (each.rejected, False))
    ]


def test_pairs_that_form_gives_away_are_left_out_until_it_does_not() -> None:
    pairs = pairs_with_cue(0.9)
    before = surface_accuracy(labelled_texts(pairs))
    assert before is not None
    assert before > 0.85
    kept = [pairs[place] for place in balance_pairs(pairs)]
    after = surface_accuracy(labelled_texts(kept))
    assert after is not None
    assert after < 0.65
    assert len(kept) >= 100
    fair = pairs_with_cue(0.5)
    assert len(balance_pairs(fair)) == len(fair), "balanced pairs are kept"
    assert surface_accuracy(labelled_texts(pairs[:24])) is None


@pytest.mark.slow
def test_an_audit_refuses_pairs_that_form_gives_away(built: Any, tmp_path: Path) -> None:
    make(built, "dpo", tmp_path, PairsConfig(balance_surface=False))
    (sample, *_) = read_records(tmp_path / "train.jsonl", PairRow)
    rows: list[Row] = []
    tables = {f"t{number}": built.tables["gapminder"] for number in range(6)}
    for number, pair in enumerate(pairs_with_cue(0.95, 260)):
        said = [[{"role": "assistant", "content": f"{text} {number}"}] for text in pair[:2]]
        rows.append(msgspec.structs.replace(sample, table=f"t{number % 6}", chosen=said[0], rejected=said[1]))
    write_records(tmp_path / "train.jsonl", rows)
    write_records(tmp_path / "validation.jsonl", [])
    changed = built._replace(tables=tables, splits=dict.fromkeys(tables, "train"))
    with pytest.raises(ValueError, match=r"form alone predicts 9\d% of chosen and rejected texts"):
        audit(changed, "dpo", tmp_path)
