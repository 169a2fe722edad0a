"""The mask check: the build fails unless the trained tokens are exactly the assistant turns with their stop tokens."""

import subprocess
import sys
from pathlib import Path

import pytest

from tabletutor.config.models import ScratchModelConfig
from tabletutor.formats.mask import MaskCheck, SplitMask, check_mask, mask_fault
from tabletutor.models.chat import encode
from tabletutor.models.load import load_tokenizer
from tabletutor.models.scratch import make_scratch
from tabletutor.records.record import write_records
from tabletutor.rows.prm_steps import step_ids
from tabletutor.rows.row import ConversationRow, LabelledRow, StepsRow

ROW = ConversationRow(
    question_id="q",
    table="t",
    trace_id="g",
    messages=(
        {"role": "system", "content": "Be brief.", "weight": 0},
        {"role": "user", "content": "Table <|im_end|> with wind?", "weight": 0},
        {"role": "assistant", "content": "Look.\n```python\ndf.head(3)\n```", "weight": 1},
        {"role": "user", "content": "wind = 1", "weight": 0},
        {"role": "assistant", "content": "Done.\n```python\nsubmit(1)\n```", "weight": 1},
    ),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    texts = [message["content"] for message in ROW.messages] * 20
    make_scratch(ScratchModelConfig(source="scratch", vocabulary=300, hidden=8, layers=1, heads=1), texts, 0, folder)
    return folder


def check_train(name: str, model: Path, folder: Path, max_length: int) -> MaskCheck:
    """Check the file `train.jsonl` of a folder and write `mask.json` beside it."""
    rows, output = {"train": folder / "train.jsonl"}, folder / "mask.json"
    return check_mask("tuned", name, model=model, rows=rows, max_length=max_length, output=output)


def test_a_sound_file_passes_with_its_counts(model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "train.jsonl", [ROW, ROW])
    result = check_train("sft-standard", model, tmp_path, max_length=4096)
    (split,) = result.splits
    assert (split.rows, split.too_long) == (2, 0)
    assert 0 < split.trained_tokens < split.tokens
    assert (tmp_path / "mask.json").exists()


def test_a_turn_of_weight_0_is_not_trained(model: Path) -> None:
    messages = [{**ROW.messages[2], "weight": 0} if index == 2 else each for index, each in enumerate(ROW.messages)]
    tokenizer = load_tokenizer(model)
    ids, mask = encode(tokenizer, messages)  # type: ignore[arg-type]
    assert mask_fault(tokenizer, messages, ids, mask) is None
    assert tokenizer.decode([token for token, trained in zip(ids, mask, strict=True) if trained]).startswith("Done.")
    assert mask_fault(tokenizer, messages, *encode(tokenizer, ROW.messages))


def test_spaces_before_marks_are_kept_and_a_mask_has_a_value_for_every_token(model: Path) -> None:
    tokenizer = load_tokenizer(model)
    messages = [*ROW.messages[:2], {"role": "assistant", "content": "Is it so ? Yes , it is .", "weight": 1}]
    ids, mask = encode(tokenizer, messages)  # type: ignore[arg-type]
    assert mask_fault(tokenizer, messages, ids, mask) is None  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shorter"):
        mask_fault(tokenizer, messages, ids, mask[:-1])  # type: ignore[arg-type]


def test_what_was_said_in_a_prompt_is_not_trained(model: Path, tmp_path: Path) -> None:
    """In a row that continues an earlier turn, only the completion is trained."""
    ids = {"question_id": "q", "table": "t", "trace_id": "g"}
    row = LabelledRow(**ids, prompt=ROW.messages[:4], completion=ROW.messages[4:], label=True)
    write_records(tmp_path / "train.jsonl", [row])
    result = check_train("kto", model, tmp_path, max_length=4096)
    tokenizer = load_tokenizer(model)
    completion = tokenizer.encode(ROW.messages[4]["content"], add_special_tokens=False)
    assert result.splits[0].trained_tokens == len(completion) + 1


def test_rows_of_steps_are_measured_and_rows_too_long_are_counted(model: Path, tmp_path: Path) -> None:
    ids = {"question_id": "q", "table": "t", "trace_id": "g"}
    rows = [
        StepsRow(**ids, prompt="Be brief.", completions=("Look.", "Done." * size), labels=(True, False))
        for size in (1, 30)
    ]
    write_records(tmp_path / "train.jsonl", rows)
    write_records(tmp_path / "validation.jsonl", [])
    tokenizer = load_tokenizer(model)
    lengths = [len(step_ids(tokenizer, row.prompt, row.completions)[0]) for row in rows]
    files = {split: tmp_path / f"{split}.jsonl" for split in ("train", "validation")}
    result = check_mask("tuned", "prm", model=model, rows=files, max_length=lengths[0], output=tmp_path / "mask.json")
    assert result == MaskCheck(
        "tuned",
        lengths[0],
        (SplitMask("train", 2, 1, sum(lengths), 0, lengths[1]), SplitMask("validation", 0, 0, 0, 0, 0)),
    )


def test_a_file_without_rows_is_named(model: Path, tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").touch()
    with pytest.raises(ValueError, match=r"train\.jsonl: the file has no rows, so run tuned cannot train on dpo"):
        check_train("dpo", model, tmp_path, max_length=16)


def test_rows_that_are_all_too_long_fail_the_build(model: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "train.jsonl", [ROW])
    with pytest.raises(ValueError, match=r"every row is longer than training\.max_length = 16 of run tuned"):
        check_train("sft-standard", model, tmp_path, max_length=16)
    assert not (tmp_path / "mask.json").exists()


@pytest.mark.parametrize("fault", ["observation trained", "turn untrained", "stop untrained"])
def test_a_wrong_mask_is_named(model: Path, fault: str) -> None:
    tokenizer = load_tokenizer(model)
    ids, mask = encode(tokenizer, ROW.messages)
    assert mask_fault(tokenizer, ROW.messages, ids, mask) is None
    first, last = mask.index(True), len(mask) - 1 - mask[::-1].index(True)
    wrong = list(mask)
    if fault == "observation trained":
        wrong[first:last] = [True] * (last - first)
    elif fault == "turn untrained":
        wrong[: mask.index(False, first)] = [False] * mask.index(False, first)
    else:
        wrong[last] = False
    assert mask_fault(tokenizer, ROW.messages, ids, wrong)


@pytest.mark.slow
def test_the_check_needs_no_torch(model: Path, tmp_path: Path) -> None:
    """Importing torch takes longer than checking a small project."""
    write_records(tmp_path / "train.jsonl", [ROW])
    script = (
        "import sys; from pathlib import Path; from tabletutor.formats.mask import check_mask; "
        "model, rows, mask = map(Path, sys.argv[1:]); "
        "check_mask('tuned', 'sft-standard', model=model, rows={'train': rows}, max_length=4096, output=mask); "
        "sys.exit('torch' in sys.modules)"
    )
    paths = [model, tmp_path / "train.jsonl", tmp_path / "mask.json"]
    assert subprocess.run([sys.executable, "-c", script, *paths]).returncode == 0
