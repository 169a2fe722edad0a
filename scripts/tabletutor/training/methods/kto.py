"""`kto`: Kahneman-Tversky optimisation (Ethayarajh et al., 2024) by TRL. The reference model is the run's start.

TRL keeps the order of the rows, and uses a neighbouring row for the mismatched pair of its KL term. A file has the rows
of a table, and of a question, next to each other, so the rows are shuffled here.
"""

from tabletutor.config.training import KtoConfig
from tabletutor.records.identity import rng
from tabletutor.rows.row import LabelledRow
from tabletutor.training.completion_mask import completion_masks, with_masks
from tabletutor.training.run import TrainingRun
from tabletutor.training.trainable import load_trainable_student
from tabletutor.training.trl import TrainerSpec, read_trl_rows, run_trainer, setup_trainer

CONFIG = KtoConfig
COLUMNS = ("prompt", "completion", "label")


def train(run: TrainingRun, config: KtoConfig) -> None:
    """Train a run on labelled completions and write its checkpoint folder.

    Raises ValueError for a row of another kind, or if all rows of a file are too long.
    """
    from trl.trainer.kto_config import KTOConfig
    from trl.trainer.kto_trainer import DataCollatorForUnpairedPreference, KTOTrainer

    tokenizer = setup_trainer(run, config)
    train, validation = read_trl_rows(run, config, LabelledRow, COLUMNS, tokenizer)
    rng(run.seed, "order").shuffle(train)
    options = {
        "beta": config.beta, "desirable_weight": config.desirable_weight,
        "undesirable_weight": config.undesirable_weight, "max_length": None,
    }  # fmt: skip
    pairs = ((row["prompt"], row["completion"]) for row in train + validation)
    collator = with_masks(
        DataCollatorForUnpairedPreference(tokenizer.pad_token_id),
        completion_masks(tokenizer, pairs),
        {"completion_mask": ("completion_ids",), "KL_completion_mask": ("KL_completion_ids",)},
    )
    spec = TrainerSpec(
        trainer=KTOTrainer,
        arguments=KTOConfig,
        options=options,
        model=load_trainable_student(run, config),
        train=train,
        validation=validation,
        prompts=LabelledRow,
        trainer_kwargs={"data_collator": collator},
    )
    run_trainer(run, config, tokenizer, spec)
