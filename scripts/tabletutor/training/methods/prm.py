"""`prm`: a process reward model, by transformers' trainer: whether a step is right, told at the separator after it.

TRL's own trainer for it ended with 1.13; tokens and labels are those it made (steps joined by a separator, a label at
its last token). The loss is cross-entropy over the separators.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabletutor.config.training import PrmConfig
from tabletutor.models.chat import Tokenizer
from tabletutor.records.record import read_records
from tabletutor.rows.prm_steps import step_ids
from tabletutor.rows.row import StepsRow
from tabletutor.training.reward_model import load_judge
from tabletutor.training.rows import none_fits
from tabletutor.training.run import TrainingRun
from tabletutor.training.trl import Rows, TrainerSpec, begin, fit

CONFIG = PrmConfig
UNLABELLED = -100  # what cross-entropy passes over


def train(run: TrainingRun, config: PrmConfig) -> None:
    """Train a run on labelled steps and write its checkpoint folder. Raises ValueError where no row is short enough."""
    from transformers import DataCollatorForTokenClassification, Trainer, TrainingArguments

    tokenizer = begin(run, config)
    train, validation = (_read(path, config, tokenizer) for path in (run.files.train, run.files.validation))
    more = {"data_collator": DataCollatorForTokenClassification(tokenizer), "compute_metrics": _accuracy}
    model = load_judge(run, config, tokenizer, "process")
    fit(
        run,
        config,
        tokenizer,
        TrainerSpec(
            trainer=Trainer,
            arguments=TrainingArguments,
            options={},
            model=model,
            train=train,
            validation=validation,
            more=more,
            answers=False,
        ),
    )


def _read(path: Path, config: PrmConfig, tokenizer: Tokenizer) -> Rows:
    rows: Rows = []
    for row in read_records(path, StepsRow):
        ids, ends = step_ids(tokenizer, row.prompt, row.completions)
        if len(ids) > config.max_tokens:
            continue
        labels = [UNLABELLED] * len(ids)
        for end, label in zip(ends, row.labels, strict=True):
            labels[end] = int(label)
        rows.append({"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels})
    if not rows and (path.name == "train.jsonl" or path.stat().st_size):
        raise none_fits(path, config.max_tokens)
    return rows


def _accuracy(predicted: Any) -> dict[str, float]:
    """The share of steps whose likelier label is the right one, and that of the wrong steps that are found."""
    logits, labels = predicted.predictions, predicted.label_ids
    said, right = logits.argmax(-1)[labels != UNLABELLED], labels[labels != UNLABELLED]
    wrong: Sequence[int] = said[right == 0]
    found = float((said[right == 0] == 0).mean()) if len(wrong) else float("nan")
    return {"accuracy": float((said == right).mean()), "found": found}
