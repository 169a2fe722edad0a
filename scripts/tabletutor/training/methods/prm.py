"""`prm`: a process reward model by transformers' trainer, which predicts for each step whether it is right.

TRL's own trainer for it ended with version 1.13. Tokens and labels are the ones that it made: steps are joined by a
separator, and the label of a step is at the last token of the separator after it. The loss is cross-entropy at these
tokens.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabletutor.config.training import PrmConfig
from tabletutor.models.chat import Tokenizer
from tabletutor.records.record import read_records
from tabletutor.rows.prm_steps import step_ids
from tabletutor.rows.row import StepsRow
from tabletutor.training.rows import too_long_error
from tabletutor.training.run import TrainingRun
from tabletutor.training.trainable import load_trainable_judge
from tabletutor.training.trl import Rows, TrainerSpec, run_trainer, setup_trainer

CONFIG = PrmConfig
UNLABELLED = -100  # ignored by cross-entropy


def train(run: TrainingRun, config: PrmConfig) -> None:
    """Train a run on labelled steps and write its checkpoint folder.

    Raises ValueError for a row of another kind, or if all rows of a file are too long.
    """
    from transformers import DataCollatorForTokenClassification, Trainer, TrainingArguments

    tokenizer = setup_trainer(run, config)
    train, validation = (_read(path, config, tokenizer) for path in (run.files.train, run.files.validation))
    spec = TrainerSpec(
        trainer=Trainer,
        arguments=TrainingArguments,
        options={},
        model=load_trainable_judge(run, config, tokenizer, "process"),
        train=train,
        validation=validation,
        trainer_kwargs={"data_collator": DataCollatorForTokenClassification(tokenizer), "compute_metrics": _accuracy},
    )
    run_trainer(run, config, tokenizer, spec)


def _read(path: Path, config: PrmConfig, tokenizer: Tokenizer) -> Rows:
    rows: Rows = []
    for row in read_records(path, StepsRow):
        ids, ends = step_ids(tokenizer, row.prompt, row.completions)
        if len(ids) > config.max_length:
            continue
        labels = [UNLABELLED] * len(ids)
        for end, label in zip(ends, row.labels, strict=True):
            labels[end] = int(label)
        rows.append({"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels})
    if not rows and (path.name == "train.jsonl" or path.stat().st_size):
        raise too_long_error(path, config.max_length)
    return rows


def _accuracy(predicted: Any) -> dict[str, float]:
    """Return the accuracy over steps, and `found`: the share of wrong steps that are predicted to be wrong."""
    logits, labels = predicted.predictions, predicted.label_ids
    predictions, right = logits.argmax(-1)[labels != UNLABELLED], labels[labels != UNLABELLED]
    wrong: Sequence[int] = predictions[right == 0]
    found = float((predictions[right == 0] == 0).mean()) if len(wrong) else float("nan")
    return {"accuracy": float((predictions == right).mean()), "found": found}
