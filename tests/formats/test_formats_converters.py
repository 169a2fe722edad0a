"""The rows each converter makes of a hand-made case."""

import json

import msgspec
import pytest

from tabletutor.config.formats import ConversationConfig, FormatConfig, LabelledConfig, MaskedConfig, PairsConfig
from tabletutor.formats.converter import Case
from tabletutor.formats.converters import dpo, kto, orm, orm_pairs, prm, rl, sft_interleaved, sft_masked, sft_standard
from tabletutor.formats.select import to_candidate
from tabletutor.models.hook_text import hook_line
from tabletutor.models.prompt import Message
from tabletutor.records.episode import Hook, Turn
from tabletutor.rows.row import SEPARATOR, SEPARATOR_SYMBOL

GOLD_ONLY = ConversationConfig(include_recovered=False)


def roles(messages: list[Message]) -> str:
    return " ".join(message["role"][0] for message in messages)


def code(message: Message) -> str:
    return message["content"].split("```python\n")[1].removesuffix("\n```")


def test_sft_standard_is_the_prompt_the_turns_and_true_observations(case: Case) -> None:
    (row,) = sft_standard.rows(case, GOLD_ONLY, 0)
    assert roles(list(row.messages)) == "s u a u a u a"
    assert row.messages[3]["content"] == "   wind\n0   1.5"
    assert row.messages[5]["content"] == "n1 = 1"
    assert code(row.messages[-1]) == "submit(rows['wind'].mean())"
    assert [message["weight"] for message in row.messages] == [0, 0, 1, 0, 1, 0, 1]


def test_sft_standard_keeps_what_mends_a_mistake_and_does_not_train_the_mistake(case: Case) -> None:
    _, mended = sft_standard.rows(case, ConversationConfig(), 0)
    assert mended.trace_id == "mended"
    assert [message["weight"] for message in mended.messages if message["role"] == "assistant"] == [1, 0, 1]


def test_a_share_of_the_rows_ends_after_the_first_turn(case: Case) -> None:
    def lengths(share: float) -> list[int]:
        config = ConversationConfig(first_turn_share=share, include_recovered=False)
        return [len(row.messages) for seed in range(60) for row in sft_standard.rows(case, config, seed)]

    assert set(lengths(0.0)) == {7}
    assert set(lengths(1.0)) == {3}
    assert 15 < lengths(0.5).count(3) < 45


def test_sft_interleaved_states_what_the_next_observation_shows(case: Case) -> None:
    (row,) = sft_interleaved.rows(case, GOLD_ONLY, 0)
    (standard,) = sft_standard.rows(case, GOLD_ONLY, 0)
    assert [message["role"] for message in row.messages] == [message["role"] for message in standard.messages]
    assert row.messages[2] == standard.messages[2], "nothing is stated after a cell without hooks"
    assert row.messages[4]["content"] == standard.messages[4]["content"] + "\nn1: int = 1"
    assert row.messages[6]["content"].endswith("```\nn2: int = 2")
    assert [message["weight"] for message in row.messages] == [message["weight"] for message in standard.messages]


@pytest.mark.parametrize(
    ("value", "stated"),
    [
        (3, "h: int = 3"),
        (True, "h: bool = true"),
        (None, "h: None = null"),
        (0.5, "h: float = 0.5"),
        ("Köln", 'h: str = "Köln"'),
        ([1, 2], "h: list[2] = [1, 2]"),
        ({"a": 1}, 'h: dict[1] = {"a": 1}'),
        ("x" * 100, 'h: str = "' + "x" * 58 + "…"),
        ({"type": "DataFrame", "shape": [344, 17], "head": []}, "h: DataFrame[344, 17]"),
        ({"type": "list", "length": 900, "head": []}, "h: list[900]"),
        ({"type": "object", "head": "<…>"}, "h: object"),
    ],
)
def test_a_state_is_compact_and_typed(value: object, stated: str) -> None:
    assert hook_line(Hook("h", value, "00")) == stated


def test_sft_masked_trains_the_right_steps_of_failed_traces(case: Case) -> None:
    rows = {row.trace_id: row for row in sft_masked.rows(case, MaskedConfig(include_right=False), 0)}
    assert set(rows) == {"slip"}, "a trace without a right step gives no row"
    assert roles(list(rows["slip"].messages)) == "s u a", "the conversation ends after the last right step"
    assert {row.trace_id for row in sft_masked.rows(case, MaskedConfig(), 0)} == {"gold", "mended", "slip"}
    late = case._replace(verdict=case.verdict.__class__(**{
        name: getattr(case.verdict, name) for name in case.verdict.__struct_fields__ if name != "step_labels"
    }, step_labels={**case.verdict.step_labels, "slip": ("correctable", "wrong", "correct")}))  # fmt: skip
    (row,) = sft_masked.rows(late, MaskedConfig(include_right=False), 0)
    assert [message["weight"] for message in row.messages if message["role"] == "assistant"] == [0, 0, 1]


def test_prm_labels_every_step_and_keeps_the_separator_out_of_them(case: Case) -> None:
    rows = {row.trace_id: row for row in prm.rows(case, LabelledConfig(), 0)}
    assert {name: row.labels for name, row in rows.items()} == {
        "gold": (True, True, True), "slip": (True, False, False), "misled": (False, False),
        "mended": (True, False, True), "lucky": (True, False, True),
    }  # fmt: skip
    assert "What is the mean wind?" in rows["gold"].prompt
    assert rows["gold"].completions[1].startswith("   wind\n0   1.5\n\nStep 1.\n```python\n")
    odd = case.gold.turns[0]
    holding = Turn(0, f"a{SEPARATOR}b", odd.code, f"c{SEPARATOR}d")
    changed = case._replace(episode=type(case.episode)("e", "q", "t", (type(case.gold)(
        "gold", "gold", "program", (holding, *case.gold.turns[1:]), "submit", 1.5),)))  # fmt: skip
    (row,) = prm.rows(changed, LabelledConfig(), 0)
    assert row.fault() is None
    assert f"a{SEPARATOR_SYMBOL}b" in row.completions[0]
    assert f"c{SEPARATOR_SYMBOL}d" in row.completions[1]


def test_orm_labels_attempts_by_their_answer_and_leaves_luck_out(case: Case) -> None:
    rows = {row.trace_id: row for row in orm.rows(case, LabelledConfig(), 0)}
    assert {name: row.label for name, row in rows.items()} == {
        "gold": True, "mended": True, "slip": False, "misled": False,
    }  # fmt: skip
    assert roles([*rows["gold"].prompt, *rows["gold"].completion]) == "s u a u a u a"
    assert len(rows["gold"].prompt) == 2


def test_orm_pairs_set_the_gold_trace_beside_each_wrong_one(case: Case) -> None:
    rows = list(orm_pairs.rows(case, PairsConfig(), 0))
    assert [(row.trace_id, row.rejected_id) for row in rows] == [("gold", "slip"), ("gold", "misled")]
    assert all(row.fault() is None for row in rows)


def test_dpo_compares_one_turn_after_the_same_conversation(case: Case) -> None:
    (slip,) = [row for row in dpo.rows(case, PairsConfig(), 0) if row.rejected_id == "slip"]
    assert roles(list(slip.prompt)) == "s u a u"
    assert code(slip.chosen[0]) == "rows = df[df['wind'] > 5]"
    assert code(slip.rejected[0]) == "rows = df[df['wind'] < 5]"
    (misled,) = [row for row in dpo.rows(case, PairsConfig(), 0) if row.rejected_id == "misled"]
    assert roles(list(misled.prompt)) == "s u"
    assert misled.rejected[0]["content"].startswith("Take the sum.")
    assert all(len(row.chosen) == len(row.rejected) == 1 for row in (slip, misled))


def test_dpo_leaves_out_pairs_that_differ_in_form(case: Case) -> None:
    hasty = trace_that_submits_at_once(case)
    assert [row.rejected_id for row in dpo.rows(hasty, PairsConfig(), 0)] == []


def test_dpo_passes_over_traces_without_a_wrong_turn_of_their_own(case: Case) -> None:
    """One ends where the gold trace goes on, one is right where it differs. The pair of the last one is made."""
    slip = next(trace for trace in case.episode.traces if trace.trace_id == "slip")
    ended = msgspec.structs.replace(slip, trace_id="ended", turns=case.gold.turns[:2])
    other = msgspec.structs.replace(slip, trace_id="other")
    labels = {**case.verdict.step_labels, "ended": ("correct", "wrong"), "other": ("correct", "correct", "wrong")}
    correct = {**case.verdict.trace_correct, "ended": False, "other": False}
    verdict = msgspec.structs.replace(case.verdict, trace_correct=correct, step_labels=labels)
    episode = msgspec.structs.replace(case.episode, traces=(case.gold, ended, other, slip))
    rows = dpo.rows(case._replace(episode=episode, verdict=verdict), PairsConfig(), 0)
    assert [row.rejected_id for row in rows] == ["slip"]


def trace_that_submits_at_once(case: Case) -> Case:
    slip = next(trace for trace in case.episode.traces if trace.trace_id == "slip")
    submitting = Turn(1, "Step 1.", "submit(3)", "")
    short = type(slip)("slip", "perturbed", "program", (slip.turns[0], submitting), "submit", 9, "wrong_end")
    labels = {**case.verdict.step_labels, "slip": ("correct", "wrong")}
    verdict = type(case.verdict)("q", "t", True, 1.5, (), {}, "verified", case.verdict.trace_correct, labels)  # type: ignore[arg-type]
    return case._replace(episode=type(case.episode)("e", "q", "t", (case.gold, short)), verdict=verdict)


def test_kto_labels_single_turns_up_to_the_first_wrong_one(case: Case) -> None:
    rows = [(row.trace_id, len(row.prompt), row.label) for row in kto.rows(case, LabelledConfig(), 0)]
    assert [row for row in rows if row[0] == "slip"] == [("slip", 2, True), ("slip", 4, False)]
    assert [row for row in rows if row[0] == "misled"] == [("misled", 2, False)]
    assert [row for row in rows if row[0] == "mended"] == [
        ("mended", 2, True),
        ("mended", 4, False),
        ("mended", 6, True),
    ]
    assert not [row for row in rows if row[0] == "lucky"]


def test_rl_carries_all_that_grading_needs(case: Case) -> None:
    (row,) = rl.rows(case, FormatConfig(), 0)
    assert roles(list(row.prompt)) == "s u"
    assert json.loads(row.answer) == 1.5
    info = json.loads(row.info)
    assert (info["question_id"], info["table"], info["answer_type"]) == ("q", "t", "number")


@pytest.mark.parametrize(
    ("field", "value"), [("question_id", "p"), ("table", "u"), ("trace_id", "t"), ("rejected_id", "t")]
)
def test_a_row_is_of_its_case(case: Case, field: str, value: str) -> None:
    (row, *_) = orm_pairs.rows(case, PairsConfig(), 0)
    assert to_candidate(row, case).note.trace_id == row.rejected_id
    with pytest.raises(ValueError, match="question q: the converter made a row with ids of another case"):
        to_candidate(msgspec.structs.replace(row, **{field: value}), case)
