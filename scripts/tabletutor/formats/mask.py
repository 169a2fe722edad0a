"""The mask check: tokenise a format with a run's tokenizer, and decode the trained tokens again.

In every conversation of every row, the decoded tokens must be exactly the assistant turns to learn, each with its stop
token. So every such turn is trained, no observation is trained, and nothing is truncated. Turns in the prompt of a row
are not trained. Rows too long for the run are counted. Rows of steps (`prm`) are only measured.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tabletutor.formats.registry import load_format
from tabletutor.models.chat import Tokenizer, encode, prompt_length
from tabletutor.models.load import load_tokenizer
from tabletutor.models.prompt import Message, is_trained
from tabletutor.records.record import Record, read_records, write_record
from tabletutor.rows.prm_steps import step_ids
from tabletutor.rows.row import StepsRow


class SplitMask(Record, frozen=True):
    """Token counts of one split as a run sees it. The run drops `too_long` rows whole. `trained_tokens` are the
    tokens a student learns to generate, or a judge learns to assess.
    """

    split: str
    rows: int
    too_long: int
    tokens: int
    trained_tokens: int
    longest: int


class MaskCheck(Record, frozen=True):
    """The content of `masks/{run}.json`, written if the check of the run passed."""

    run: str
    max_tokens: int
    splits: tuple[SplitMask, ...]


def check_mask(
    run: str, name: str, *, model: Path, rows: Mapping[str, Path], max_length: int, output: Path
) -> MaskCheck:
    """Check every row of the format `name`, write the token counts and return them.

    `rows` has the file of each split. Raises ValueError naming the file and row that fails, or the file without a row
    that the run can use.
    """
    tokenizer = load_tokenizer(model)
    counts: list[SplitMask] = []
    for split, path in rows.items():
        lengths: list[int] = []
        trained = 0
        for number, row in enumerate(read_records(path, load_format(name).row), start=1):
            sizes = [len(step_ids(tokenizer, row.prompt, row.completions)[0])] if isinstance(row, StepsRow) else []
            for messages in row.conversations():
                ids, mask = encode(tokenizer, messages)
                count = row.prompt_message_count()
                start = prompt_length(tokenizer, messages[:count], ids) if count else 0
                if fault := mask_fault(tokenizer, messages[count:], ids[start:], mask[start:]):
                    raise ValueError(f"{path}:{number}: question {row.question_id}: {fault}")
                sizes.append(len(ids))
                trained += sum(mask[start:])
            lengths.append(max(sizes, default=0))
        if not lengths and split == "train":
            raise ValueError(f"{path}: the file has no rows, so run {run} cannot train on {name}")
        too_long = sum(length > max_length for length in lengths)
        if lengths and too_long == len(lengths):
            raise ValueError(
                f"{path}: every row is longer than training.max_length = {max_length} of run {run}; increase max_length"
            )
        counts.append(SplitMask(split, len(lengths), too_long, sum(lengths), trained, max(lengths, default=0)))
    result = MaskCheck(run, max_length, tuple(counts))
    write_record(output, result)
    return result


def mask_fault(
    tokenizer: Tokenizer, messages: Sequence[Message], ids: Sequence[int], mask: Sequence[bool]
) -> str | None:
    """Return what is wrong with the mask of a conversation, or None.

    Each contiguous span of trained tokens must decode to an assistant turn to learn with its stop token.
    """
    expected = [message["content"] + tokenizer.eos_token for message in messages if is_trained(message)]
    spans: list[list[int]] = []
    previous = False
    for token, trained in zip(ids, mask, strict=True):
        if trained and not previous:
            spans.append([])
        if trained:
            spans[-1].append(token)
        previous = trained
    if len(spans) != len(expected):
        return f"{len(spans)} trained spans for {len(expected)} assistant turns to learn"
    for index, (span, text) in enumerate(zip(spans, expected, strict=True)):
        decoded = tokenizer.decode(span, clean_up_tokenization_spaces=False)
        if decoded != text:
            return f"assistant turn {index} is trained as {decoded!r}, but says {text!r}"
    return None
