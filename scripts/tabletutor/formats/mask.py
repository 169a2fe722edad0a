"""The mask check: what a run's tokenizer and loss mask make of a format, read back as text.

It holds for every row: the trained tokens, decoded, are exactly the assistant turns that are to be learnt, each with
its stop token; so none of them is untrained, no observation is trained and nothing is truncated. Rows too long for the
run are counted.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import AutoTokenizer

from tabletutor.formats.row import ConversationRow
from tabletutor.models.chat import Tokenizer, encode
from tabletutor.models.prompt import is_trained
from tabletutor.records.record import Record, read_records, write_record


class SplitMask(Record, frozen=True):
    """Token counts of one split as a run sees it; `too_long` rows are dropped whole by the run."""

    split: str
    rows: int
    too_long: int
    tokens: int
    trained_tokens: int
    longest: int


class MaskCheck(Record, frozen=True):
    """The content of `mask.json`: the check of one run passed, with these counts."""

    run: str
    max_tokens: int
    splits: tuple[SplitMask, ...]


def check_mask(run: str, model: Path, splits: Mapping[str, Path], max_tokens: int, output: Path) -> MaskCheck:
    """Check every row of each split and write the counts. Raises ValueError naming the file and row that fails."""
    tokenizer: Tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True)  # pyright: ignore[reportUnknownMemberType]
    counts: list[SplitMask] = []
    for split, path in splits.items():
        lengths: list[int] = []
        trained = 0
        for number, row in enumerate(read_records(path, ConversationRow), start=1):
            ids, mask = encode(tokenizer, row.messages)
            if fault := mask_fault(tokenizer, row, ids, mask):
                raise ValueError(f"{path}:{number}: question {row.question_id}: {fault}")
            lengths.append(len(ids))
            trained += sum(mask)
        too_long = sum(length > max_tokens for length in lengths)
        if too_long == len(lengths):
            raise ValueError(
                f"{path}: every row is longer than training.max_tokens = {max_tokens} of run {run}; raise it"
            )
        counts.append(SplitMask(split, len(lengths), too_long, sum(lengths), trained, max(lengths)))
    result = MaskCheck(run, max_tokens, tuple(counts))
    write_record(output, result)
    return result


def mask_fault(tokenizer: Tokenizer, row: ConversationRow, ids: Sequence[int], mask: Sequence[bool]) -> str | None:
    """What is wrong with the mask of one row, or None: trained spans must decode to the assistant turns and stops."""
    expected = [message["content"] + tokenizer.eos_token for message in row.messages if is_trained(message)]
    spans: list[list[int]] = []
    before = False
    for token, trained in zip(ids, mask, strict=True):
        if trained and not before:
            spans.append([])
        if trained:
            spans[-1].append(token)
        before = trained
    if len(spans) != len(expected):
        return f"{len(spans)} trained spans for {len(expected)} assistant turns to learn"
    for index, (span, text) in enumerate(zip(spans, expected, strict=True)):
        decoded = tokenizer.decode(span, clean_up_tokenization_spaces=False)
        if decoded != text:
            return f"assistant turn {index} is trained as {decoded!r}, but says {text!r}"
    return None
