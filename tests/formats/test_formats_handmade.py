"""Formats built and audited from cases made by hand: every count and every message is known."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from loguru import logger

from tabletutor.config.formats import ConversationConfig, FormatConfig, PairsConfig
from tabletutor.formats.audit import Audit, SplitAudit, audit_format
from tabletutor.formats.build import SPLITS, EpisodeFiles, SplitFiles, build_format
from tabletutor.formats.converter import Case
from tabletutor.formats.converters import orm_pairs, sft_standard
from tabletutor.formats.hint_leak import hint_leak
from tabletutor.formats.select import to_candidate
from tabletutor.formats.shortcut import Pair
from tabletutor.formats.turns import training_turns, with_weights
from tabletutor.models.prompt import Message
from tabletutor.records.record import read_records, write_record, write_records
from tabletutor.records.table import Split
from tabletutor.rows.row import ConversationRow, LabelledRow, Note, PairRow, Row, SplitStats, TaskRow
from tests.support.cases import GOLD, MENDED, PROFILE, SLIP, above, every_kind, question

STANDARD = ConversationConfig()


def project(folder: Path, cases: Sequence[Case], table: str = "t") -> EpisodeFiles:
    """The files of a table with these cases."""
    named = [msgspec.structs.replace(case.question, table=table) for case in cases]
    profile, questions, episodes, verdicts = (folder / f"{table}-{number}" for number in range(4))
    write_record(profile, msgspec.structs.replace(PROFILE, table=table))
    write_records(questions, named)
    write_records(episodes, [msgspec.structs.replace(case.episode, table=table) for case in cases])
    write_records(verdicts, [msgspec.structs.replace(case.verdict, table=table) for case in cases])
    return EpisodeFiles(profile, questions, episodes, verdicts)


def build(
    folder: Path, name: str, tables: dict[str, EpisodeFiles], splits: dict[str, Split], config: FormatConfig
) -> tuple[SplitStats, ...]:
    outputs: dict[Split, SplitFiles] = {
        split: SplitFiles(folder / f"{split}.jsonl", folder / f"{split}-notes.jsonl") for split in SPLITS
    }
    return build_format(name, tables, splits, config, 0, outputs, folder / "stats.json").splits


def test_a_format_is_built_with_its_counts(tmp_path: Path) -> None:
    unverified = above(3)
    unverified = unverified._replace(verdict=msgspec.structs.replace(unverified.verdict, verified=False))
    tables = {
        "t": project(tmp_path, [unverified, above(2), every_kind()]),
        "u": project(tmp_path, [above(1)], "u"),
        "v": project(tmp_path, [above(4)], "v"),
    }
    splits: dict[str, Split] = {"v": "validation", "u": "train", "t": "train"}
    train, validation = build(tmp_path, "kto", tables, splits, FormatConfig())
    assert train == SplitStats(
        split="train",
        rows=17,
        by_table={"t": 12, "u": 5},
        by_family={"aggregate": 17},
        by_turns={"1": 4, "2": 7, "3": 6},
        by_label={"right": 12, "wrong": 5},
        dropped={"duplicate": 8, "not_verified": 1},
    )
    assert (validation.split, validation.rows, validation.by_table) == ("validation", 5, {"v": 5})
    rows = read_records(tmp_path / "train.jsonl", LabelledRow)
    notes = read_records(tmp_path / "train-notes.jsonl", Note)
    assert len(rows) == len(notes) == train.rows
    order = [(row.table, row.question_id, row.trace_id) for row in rows]
    assert order == sorted(order)
    assert train.by_label == {"right": sum(row.label for row in rows), "wrong": sum(not row.label for row in rows)}


def test_a_split_without_a_verified_episode_is_an_error_but_for_validation_without_tables(tmp_path: Path) -> None:
    case = every_kind()
    unverified = case._replace(verdict=msgspec.structs.replace(case.verdict, verified=False))
    good, bad = project(tmp_path, [case]), project(tmp_path, [unverified], "v")
    train, validation = build(tmp_path, "sft-standard", {"t": good}, {"t": "train"}, STANDARD)
    assert (train.rows, validation.rows) == (2, 0)
    with pytest.raises(ValueError, match="sft-standard: no table of the train split has a verified episode"):
        build(tmp_path, "sft-standard", {}, {}, STANDARD)
    with pytest.raises(ValueError, match="no table of the validation split has a verified episode"):
        build(tmp_path, "sft-standard", {"t": good, "v": bad}, {"t": "train", "v": "validation"}, STANDARD)


def test_a_case_without_a_row_is_counted_and_no_error(tmp_path: Path) -> None:
    case = every_kind()
    alone = case._replace(episode=msgspec.structs.replace(case.episode, traces=(GOLD,)))
    said: list[str] = []
    sink = logger.add(lambda message: said.append(message.record["message"]), level="WARNING")
    tables = {"t": project(tmp_path, [alone]), "v": project(tmp_path, [case], "v")}
    splits: dict[str, Split] = {"t": "train", "v": "validation"}
    train, validation = build(tmp_path, "dpo", tables, splits, PairsConfig())
    logger.remove(sink)
    assert (train.rows, train.dropped, validation.rows > 0) == (0, {"no_row": 1}, True)
    assert (tmp_path / "train.jsonl").read_bytes() == b""
    assert [text.split(";")[0] for text in said] == ["dpo: the train split has no row"]


def test_a_question_that_is_held_out_is_not_trained_on(tmp_path: Path) -> None:
    case = every_kind()
    held = case._replace(question=msgspec.structs.replace(case.question, novelty="new_wording"))
    files, other = project(tmp_path, [held]), project(tmp_path, [held], "v")
    with pytest.raises(ValueError, match="question q is held out from training, but table t is in the train split"):
        build(tmp_path, "sft-standard", {"t": files}, {"t": "train"}, STANDARD)
    splits: dict[str, Split] = {"t": "train", "v": "validation"}
    tables = {"t": project(tmp_path, [case]), "v": other}
    assert [split.rows for split in build(tmp_path, "sft-standard", tables, splits, STANDARD)] == [2, 2]


IDS = {"question_id": "q", "table": "t", "trace_id": "g"}


def said(*roles: str, text: str = "word", number: int = 0) -> Row:
    """A row whose messages have these roles."""
    messages: list[Any] = [{"role": role, "content": f"{text} {number}"} for role in roles]
    return TaskRow(**IDS, prompt=messages, answer="1", info="{}")


def labelled(number: int, label: bool, text: str = "word", table: str = "t") -> Row:
    prompt: list[Message] = [{"role": "user", "content": "ask"}]
    told: list[Message] = [{"role": "assistant", "content": f"{text} {number}"}]
    return LabelledRow(**{**IDS, "table": table}, prompt=prompt, completion=told, label=label)


def audited(folder: Path, name: str, rows: Sequence[Row], splits: dict[str, Split] | None = None) -> Audit:
    write_records(folder / "train.jsonl", rows)
    tables = sorted({row.table for row in rows})
    for table in tables:
        write_records(folder / f"{table}.jsonl", [msgspec.structs.replace(question(), table=table)])
    questions = {table: folder / f"{table}.jsonl" for table in tables}
    return audit_format(
        name,
        rows={"train": folder / "train.jsonl"},
        questions=questions,
        splits=dict.fromkeys(tables, "train") if splits is None else splits,
        output=folder / "audit.json",
    )


@pytest.mark.parametrize(
    "roles",
    ["user", "user assistant", "user assistant user", "system user", "system user assistant user assistant"],
)
def test_roles_that_alternate_pass(tmp_path: Path, roles: str) -> None:
    assert audited(tmp_path, "rl", [said(*roles.split())]).splits == (SplitAudit("train", 1, None, None, None),)


@pytest.mark.parametrize(
    "roles",
    ["", "system", "assistant", "user user", "user assistant assistant", "system system user", "user system assistant"],
)
def test_roles_that_do_not_alternate_are_named(tmp_path: Path, roles: str) -> None:
    listed = ", ".join(roles.split())
    with pytest.raises(ValueError, match=f":2: question q: the roles do not alternate: {listed}$"):
        audited(tmp_path, "rl", [said("user"), said(*roles.split(), number=1)])


def test_a_fault_is_named_by_file_and_row(tmp_path: Path) -> None:
    empty: list[Any] = [{"role": "user", "content": "ask"}, {"role": "assistant", "content": " \n"}]
    empty.append({"role": "user", "content": ""})
    with pytest.raises(ValueError, match=r"train\.jsonl:1: question q: message 1 is empty"):
        audited(tmp_path, "rl", [TaskRow(**IDS, prompt=empty, answer="1", info="{}")])
    with pytest.raises(ValueError, match=r"train\.jsonl:3: the row has the same content as .*train\.jsonl:1$"):
        audited(tmp_path, "rl", [said("user"), said("user", number=1), said("user")])
    with pytest.raises(ValueError, match=r"train\.jsonl:1: the row belongs to table 't', which is not a table"):
        audited(tmp_path, "rl", [said("user")], {})
    with pytest.raises(ValueError, match=r"train\.jsonl:1: the row belongs to table 't', which is in the test split"):
        audited(tmp_path, "rl", [said("user")], {"t": "test"})
    with pytest.raises(ValueError, match=r"train\.jsonl: no row to train on"):
        audited(tmp_path, "rl", [])
    with pytest.raises(ValueError, match="all 2 rows are labelled wrong"):
        audited(tmp_path, "orm", [labelled(0, False), labelled(1, False)])
    with pytest.raises(ValueError, match="all 1 rows are labelled right"):
        audited(tmp_path, "orm", [labelled(0, True)])
    assert not (tmp_path / "audit.json").exists()


def test_a_validation_split_may_be_empty(tmp_path: Path) -> None:
    write_records(tmp_path / "v.jsonl", [])
    audit = audit_format(
        "rl", rows={"validation": tmp_path / "v.jsonl"}, questions={}, splits={}, output=tmp_path / "audit.json"
    )
    assert audit.splits == (SplitAudit("validation", 0, None, None, None),)


def test_labels_are_counted_and_form_is_measured_where_there_is_enough(tmp_path: Path) -> None:
    few = audited(tmp_path, "orm", [labelled(0, True), labelled(1, False), labelled(2, False)])
    assert few.splits == (SplitAudit("train", 3, 1, None, None),)
    rows = [labelled(number, number % 3 != 0, "a" if number % 3 else "b", f"t{number % 5}") for number in range(90)]
    many = audited(tmp_path, "orm", rows)
    assert many.splits == (SplitAudit("train", 90, 60, 1.0, 0.667),), "of labels, form may tell all"


def pairs(count: int) -> list[Row]:
    """Pairs that a word gives away."""
    prompt: list[Message] = [{"role": "user", "content": "ask"}]

    def side(word: str, number: int) -> list[Message]:
        return [{"role": "assistant", "content": f"{word} of row {number}"}]

    return [
        PairRow(
            question_id="q",
            table=f"t{number % 5}",
            trace_id="g",
            rejected_id="r",
            prompt=prompt,
            chosen=side("mean", number),
            rejected=side("sum", number),
        )
        for number in range(count)
    ]


def test_pairs_that_form_gives_away_are_refused_where_they_are_many(tmp_path: Path) -> None:
    assert audited(tmp_path, "dpo", pairs(199)).splits == (SplitAudit("train", 199, None, 1.0, 0.5),)
    with pytest.raises(ValueError, match=r"form alone predicts 100% of .* texts; below 65% is required"):
        audited(tmp_path, "dpo", pairs(200))


def test_a_quotation_of_six_words_is_a_leak_and_of_five_is_none() -> None:
    asked = msgspec.structs.replace(question(), hint="Zeta keep rows where wind blows, then sum.", text="Then sum?")

    def leak(text: str) -> str | None:
        row = ConversationRow(**IDS, messages=[{"role": "user", "content": text, "weight": 0}])
        return hint_leak(row, asked)

    assert leak("so KEEP rows where wind blows then stop") == "keep rows where wind blows then"
    assert leak("zeta keep rows where wind, blows then sum") == "keep rows where wind blows then", "the first by name"
    assert leak("rows where wind blows then sum") == "rows where wind blows then sum", "the last six"
    assert leak("where wind blows then sum") is None
    assert leak("keep rows where wind blows") is None
    assert leak("rows where wind blows; where wind blows then") is None
    assert (
        hint_leak(
            ConversationRow(**IDS, messages=[{"role": "user", "content": "", "weight": 0}]),
            msgspec.structs.replace(asked, hint="", text=""),
        )
        is None
    )


def test_how_much_of_a_trace_is_taught_goes_by_seed_and_trace() -> None:
    case = every_kind()
    one, other = training_turns(case, ConversationConfig(first_turn_share=0.0), 0)
    assert [trace for trace, *_ in (one, other)] == [GOLD, MENDED]
    assert [(len(turns), weights) for _, turns, weights in (one, other)] == [(3, [1, 1, 1]), (3, [1, 0, 1])]
    short, _ = training_turns(case, ConversationConfig(first_turn_share=1.0), 0)
    assert (len(short[1]), short[2]) == (1, [1])
    nothing = case._replace(
        verdict=msgspec.structs.replace(
            case.verdict, step_labels={**case.verdict.step_labels, "mended": ("wrong", "correctable", "wrong")}
        )
    )
    assert [trace for trace, *_ in training_turns(nothing, STANDARD, 0)] == [GOLD], (
        "nothing of the other is to be trained"
    )
    half = ConversationConfig(first_turn_share=0.5)
    lengths = [len(turns) for seed in range(12) for _, turns, _ in training_turns(case, half, seed)]
    assert lengths[::2] == [1, 3, 1, 1, 3, 1, 3, 3, 1, 1, 3, 1]


def test_weights_are_those_of_the_assistant() -> None:
    messages: list[Message] = [
        {"role": role, "content": role}  # type: ignore[typeddict-item]
        for role in ("system", "user", "assistant", "user", "assistant")
    ]
    assert [each["weight"] for each in with_weights(messages, [1, 0])] == [0, 0, 1, 0, 0]
    assert [each["weight"] for each in with_weights(messages, [0, 1])] == [0, 0, 0, 0, 1]


def test_a_case_knows_its_traces_and_conversations() -> None:
    case = every_kind()
    assert case.gold is GOLD
    assert [trace.trace_id for trace in case.right_traces] == ["gold", "mended"]
    assert [trace.trace_id for trace in case.wrong_traces] == ["slip", "misled"]
    timed_out = msgspec.structs.replace(SLIP, ended="time")
    stopped = case._replace(episode=msgspec.structs.replace(case.episode, traces=(GOLD, timed_out)))
    assert stopped.wrong_traces == []
    assert case.prompt_before(GOLD, 0) == case.prompt()
    assert [message["role"] for message in case.prompt_before(GOLD, 2)[len(case.prompt()) :]] == [
        "assistant",
        "user",
    ] * 2
    assert case.prompt() + case.completion(GOLD) == case.prompt_before(GOLD, 2) + case.completion(GOLD)[-1:]


def test_a_candidate_has_the_texts_of_a_pair_and_of_no_other_row() -> None:
    case = every_kind()
    (row, *_) = orm_pairs.rows(case, PairsConfig(), 0)
    chosen, rejected = row.texts()
    assert to_candidate(row, case).pair == Pair(chosen, rejected, "t")
    (other, *_) = sft_standard.rows(case, STANDARD, 0)
    assert to_candidate(other, case).pair is None
