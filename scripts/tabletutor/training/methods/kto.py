"""`kto`: Kahneman-Tversky optimisation (Ethayarajh et al., 2024) by TRL; the reference is the model it starts from.

TRL takes the rows in the order they have, and a row's neighbour for the mismatched pair of its KL term. So they are
shuffled here: a file has all rows of a table, and of a question, together.
"""

from tabletutor.config.training import KtoConfig
from tabletutor.records.identity import rng
from tabletutor.rows.row import LabelledRow
from tabletutor.training.completion_mask import completion_masks, masked
from tabletutor.training.run import TrainingRun
from tabletutor.training.student import load_trained
from tabletutor.training.trl import TrainerSpec, begin, fit, read_rows

CONFIG = KtoConfig
COLUMNS = ("prompt", "completion", "label")


def train(run: TrainingRun, config: KtoConfig) -> None:
    """Train a run on labelled completions and write its checkpoint folder. Raises ValueError for rows that are none or
    too long.
    """
    from trl.trainer.kto_config import KTOConfig
    from trl.trainer.kto_trainer import DataCollatorForUnpairedPreference, KTOTrainer

    tokenizer = begin(run, config)
    train, validation = read_rows(run, config, LabelledRow, COLUMNS, tokenizer)
    rng(run.seed, "order").shuffle(train)
    options = {
        "beta": config.beta, "desirable_weight": config.desirable_weight,
        "undesirable_weight": config.undesirable_weight, "max_length": None,
    }  # fmt: skip
    pairs = ((row["prompt"], row["completion"]) for row in train + validation)
    collator = masked(
        DataCollatorForUnpairedPreference(tokenizer.pad_token_id),
        completion_masks(tokenizer, pairs),
        {"completion_mask": ("completion_ids",), "KL_completion_mask": ("KL_completion_ids",)},
    )
    more = {"data_collator": collator}
    plan = TrainerSpec(
        trainer=KTOTrainer,
        arguments=KTOConfig,
        options=options,
        model=load_trained(run, config),
        train=train,
        validation=validation,
        more=more,
    )
    fit(run, config, tokenizer, plan)
