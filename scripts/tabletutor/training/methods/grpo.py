"""`grpo`: group-relative policy optimisation (Shao et al., 2024) by TRL: answers are sampled, run in the sandbox and
rewarded.

A student says one turn here, which has to submit; a cell that runs earns a little even so.
"""

from tabletutor.config.training import GrpoConfig
from tabletutor.formats.reward import Rewards
from tabletutor.formats.row import TaskRow
from tabletutor.training.run import TrainingRun
from tabletutor.training.student import load_trained
from tabletutor.training.trl import Plan, begin, fit, read_rows

CONFIG = GrpoConfig
COLUMNS = ("prompt", "answer", "info")


def train(run: TrainingRun, config: GrpoConfig) -> None:
    """Train a run on questions and write its checkpoint folder. Raises ValueError for rows that are none or too long,
    FileNotFoundError where a table is missing.
    """
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    tokenizer = begin(run, config)
    train, validation = (
        read_rows(path, TaskRow, COLUMNS, tokenizer, config.max_tokens)
        for path in (run.files.train, run.files.validation)
    )
    options = {
        "num_generations": config.generations, "max_completion_length": config.max_new_tokens, "beta": config.beta,
        "temperature": config.temperature, "reward_weights": [config.right_weight, config.runs_weight],
    }  # fmt: skip
    if run.files.results is None:
        raise ValueError("grpo runs answers on tables: give the results folder they are in")
    with Rewards(run.files.results) as rewards:
        more = {"reward_funcs": [rewards.answers_right, rewards.runs]}
        model = load_trained(run, config)
        plan = Plan(GRPOTrainer, GRPOConfig, options, model, train, validation, more, "-reward")
        fit(run, config, tokenizer, plan)
