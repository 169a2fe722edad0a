"""`reward`: an outcome reward model from pairs of attempts (Bradley-Terry), by TRL: one number for a whole attempt."""

from tabletutor.config.training import RewardConfig
from tabletutor.rows.row import PairRow
from tabletutor.training.reward_model import load_judge
from tabletutor.training.run import TrainingRun
from tabletutor.training.trl import TrainerSpec, begin, fit, read_rows

CONFIG = RewardConfig
COLUMNS = ("prompt", "chosen", "rejected")


def train(run: TrainingRun, config: RewardConfig) -> None:
    """Train a run on pairs and write its checkpoint folder. Raises ValueError for rows that are none or too long."""
    from trl.trainer.reward_config import RewardConfig as Arguments
    from trl.trainer.reward_trainer import RewardTrainer

    tokenizer = begin(run, config)
    train, validation = read_rows(run, config, PairRow, COLUMNS, tokenizer)
    options = {"center_rewards_coefficient": config.center_rewards, "max_length": None}
    model = load_judge(run, config, tokenizer, "outcome")
    fit(run, config, tokenizer, TrainerSpec(RewardTrainer, Arguments, options, model, train, validation, answers=False))
