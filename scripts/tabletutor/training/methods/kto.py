"""`kto`: Kahneman-Tversky optimisation (Ethayarajh et al., 2024) by TRL; the reference is the model it starts from."""

from tabletutor.config.training import KtoConfig
from tabletutor.formats.row import LabelledRow
from tabletutor.training.run import TrainingRun
from tabletutor.training.student import load_trained
from tabletutor.training.trl import Plan, begin, fit, read_rows

CONFIG = KtoConfig
COLUMNS = ("prompt", "completion", "label")


def train(run: TrainingRun, config: KtoConfig) -> None:
    """Train a run on labelled completions and write its checkpoint folder. Raises ValueError for rows that are none or
    too long.
    """
    from trl.trainer.kto_config import KTOConfig
    from trl.trainer.kto_trainer import KTOTrainer

    tokenizer = begin(run, config)
    train, validation = read_rows(run, config, LabelledRow, COLUMNS, tokenizer)
    options = {
        "beta": config.beta, "desirable_weight": config.desirable_weight,
        "undesirable_weight": config.undesirable_weight, "max_length": None,
    }  # fmt: skip
    plan = Plan(KTOTrainer, KTOConfig, options, load_trained(run, config), train, validation)
    fit(run, config, tokenizer, plan)
