"""`dpo`: direct preference optimisation (Rafailov et al., 2023) by TRL. The reference model is the run's start."""

from tabletutor.config.training import DpoConfig
from tabletutor.rows.row import PairRow
from tabletutor.training.completion_mask import completion_masks, with_masks
from tabletutor.training.run import TrainingRun
from tabletutor.training.trainable import load_trainable_student
from tabletutor.training.trl import TrainerSpec, read_trl_rows, run_trainer, setup_trainer

CONFIG = DpoConfig
COLUMNS = ("prompt", "chosen", "rejected")


def train(run: TrainingRun, config: DpoConfig) -> None:
    """Train a run on pairs and write its checkpoint folder.

    Raises ValueError for a row of another kind, or if all rows of a file are too long.
    """
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DataCollatorForPreference, DPOTrainer

    tokenizer = setup_trainer(run, config)
    train, validation = read_trl_rows(run, config, PairRow, COLUMNS, tokenizer)
    pairs = ((row["prompt"], row[side]) for row in train + validation for side in ("chosen", "rejected"))
    collator = with_masks(
        DataCollatorForPreference(tokenizer.pad_token_id),
        completion_masks(tokenizer, pairs),
        {"completion_mask": ("chosen_ids", "rejected_ids")},
    )
    spec = TrainerSpec(
        trainer=DPOTrainer,
        arguments=DPOConfig,
        options={"beta": config.beta, "loss_type": [config.loss], "max_length": None},
        model=load_trainable_student(run, config),
        train=train,
        validation=validation,
        prompts=PairRow,
        trainer_kwargs={"data_collator": collator},
    )
    run_trainer(run, config, tokenizer, spec)
