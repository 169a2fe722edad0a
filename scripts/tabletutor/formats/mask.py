"""The mask check: what a run's tokenizer and loss mask make of a format, read back as text.

It holds for every conversation of every row: the tokens taken for the assistant's, decoded, are exactly its turns that
are to be learnt, each with its stop token; so none of them is untrained, no observation is trained and nothing is
truncated. Of a row with a prompt, what was said in the prompt is not to be learnt. Rows too long for the run are
counted. Rows of plain steps have no mask: they are measured only.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tabletutor.formats.registry import find
from tabletutor.models.chat import Tokenizer, encode, prompt_length
from tabletutor.models.load import load_tokenizer
from tabletutor.models.prompt import Message, is_trained
from tabletutor.records.record import Record, read_records, write_record
from tabletutor.rows.prm_steps import step_ids
from tabletutor.rows.row import StepsRow


class SplitMask(Record, frozen=True):
    """Token counts of one split as a run sees it; `too_long` rows are dropped whole by the run. `trained_tokens` are
    what a student learns to say; a judge reads them.
    """

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


def check_mask(
    run: str, name: str, model: Path, splits: Mapping[str, Path], max_tokens: int, output: Path
) -> MaskCheck:
    """Check every row of each split of the format `name` and write the counts. Raises ValueError naming the file and
    row that fails.
    """
    tokenizer = load_tokenizer(model)
    counts: list[SplitMask] = []
    for split, path in splits.items():
        lengths: list[int] = []
        trained = 0
        for number, row in enumerate(read_records(path, find(name).row), start=1):
            sizes = [len(step_ids(tokenizer, row.prompt, row.completions)[0])] if isinstance(row, StepsRow) else []
            for messages in row.conversations():
                ids, mask = encode(tokenizer, messages)
                opened = row.opened()
                start = prompt_length(tokenizer, messages[:opened], ids) if opened else 0
                if fault := mask_fault(tokenizer, messages[opened:], ids[start:], mask[start:]):
                    raise ValueError(f"{path}:{number}: question {row.question_id}: {fault}")
                sizes.append(len(ids))
                trained += sum(mask[start:])
            lengths.append(max(sizes))
        if not lengths and split == "train":
            raise ValueError(f"{path}: no row; run {run} cannot be trained on {name}")
        too_long = sum(length > max_tokens for length in lengths)
        if lengths and too_long == len(lengths):
            raise ValueError(
                f"{path}: every row is longer than training.max_tokens = {max_tokens} of run {run}; raise it"
            )
        counts.append(SplitMask(split, len(lengths), too_long, sum(lengths), trained, max(lengths, default=0)))
    result = MaskCheck(run, max_tokens, tuple(counts))
    write_record(output, result)
    return result


def mask_fault(
    tokenizer: Tokenizer, messages: Sequence[Message], ids: Sequence[int], mask: Sequence[bool]
) -> str | None:
    """What is wrong with the mask of a conversation, or None: trained spans must decode to the assistant turns and
    stops.
    """
    expected = [message["content"] + tokenizer.eos_token for message in messages if is_trained(message)]
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
