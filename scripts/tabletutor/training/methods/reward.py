"""`reward`: an outcome reward model, trained on pairs of attempts (Bradley-Terry) by TRL. It rates whole attempts."""

from tabletutor.config.training import RewardConfig
from tabletutor.rows.row import PairRow
from tabletutor.training.run import TrainingRun
from tabletutor.training.trainable import load_trainable_judge
from tabletutor.training.trl import TrainerSpec, read_trl_rows, run_trainer, setup_trainer

CONFIG = RewardConfig
COLUMNS = ("prompt", "chosen", "rejected")


def train(run: TrainingRun, config: RewardConfig) -> None:
    """Train a run on pairs and write its checkpoint folder.

    Raises ValueError for a row of another kind, or if all rows of a file are too long.
    """
    from trl.trainer.reward_config import RewardConfig as Arguments
    from trl.trainer.reward_trainer import RewardTrainer

    tokenizer = setup_trainer(run, config)
    train, validation = read_trl_rows(run, config, PairRow, COLUMNS, tokenizer)
    spec = TrainerSpec(
        trainer=RewardTrainer,
        arguments=Arguments,
        options={"center_rewards_coefficient": config.center_rewards, "max_length": None},
        model=load_trainable_judge(run, config, tokenizer, "outcome"),
        train=train,
        validation=validation,
    )
    run_trainer(run, config, tokenizer, spec)
