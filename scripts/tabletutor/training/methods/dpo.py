"""`dpo`: direct preference optimisation (Rafailov et al., 2023) by TRL; the reference is the model it starts from."""

from tabletutor.config.training import DpoConfig
from tabletutor.rows.row import PairRow
from tabletutor.training.completion_mask import completion_masks, masked
from tabletutor.training.run import TrainingRun
from tabletutor.training.student import load_trained
from tabletutor.training.trl import TrainerSpec, begin, fit, read_rows

CONFIG = DpoConfig
COLUMNS = ("prompt", "chosen", "rejected")


def train(run: TrainingRun, config: DpoConfig) -> None:
    """Train a run on pairs and write its checkpoint folder. Raises ValueError for rows that are none or too long."""
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DataCollatorForPreference, DPOTrainer

    tokenizer = begin(run, config)
    train, validation = read_rows(run, config, PairRow, COLUMNS, tokenizer)
    options = {"beta": config.beta, "loss_type": [config.loss], "max_length": None}
    pairs = ((row["prompt"], row[side]) for row in train + validation for side in ("chosen", "rejected"))
    collator = masked(
        DataCollatorForPreference(tokenizer.pad_token_id),
        completion_masks(tokenizer, pairs),
        {"completion_mask": ("chosen_ids", "rejected_ids")},
    )
    more = {"data_collator": collator}
    plan = TrainerSpec(
        trainer=DPOTrainer,
        arguments=DPOConfig,
        options=options,
        model=load_trained(run, config),
        train=train,
        validation=validation,
        more=more,
    )
    fit(run, config, tokenizer, plan)
