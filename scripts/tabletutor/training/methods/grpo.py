"""`grpo`: group-relative policy optimisation (Shao et al., 2024) by TRL: answers are sampled, run in the sandbox and
rewarded.

A student takes its turns as when it is evaluated (`rollout_func.py`), so that it may look before it submits.
"""

import warnings
from typing import Any

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.training import GrpoConfig
from tabletutor.rows.row import TaskRow
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.rollout import Student
from tabletutor.training.rollout_func import Attempts, answers_right, runs
from tabletutor.training.run import TrainingRun
from tabletutor.training.student import load_trained
from tabletutor.training.trl import TrainerSpec, begin, fit, read_rows

CONFIG = GrpoConfig
COLUMNS = ("prompt", "answer", "info")


def train(run: TrainingRun, config: GrpoConfig) -> None:
    """Train a run on questions and write its checkpoint folder. Raises ValueError for rows that are none or too long,
    FileNotFoundError where a table is missing.
    """
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    warnings.filterwarnings("ignore", message="You are using 'rollout_func'")  # which may change: TRL is pinned
    if run.answering is None:
        raise ValueError(f"run {run.name}: grpo runs answers on tables; say how they are run (TrainingRun.answering)")
    tokenizer = begin(run, config)
    train, validation = read_rows(run, config, TaskRow, COLUMNS, tokenizer)
    options = {
        "num_generations": config.generations, "temperature": config.temperature, "beta": config.beta,
        "reward_weights": [config.right_weight, config.runs_weight],
        "per_device_eval_batch_size": config.batch_size,  # whole groups, however a batch is parted in training
        "use_cpu": True,  # attempts are decoded there
    }  # fmt: skip
    with Sandboxes(SandboxConfig.model_validate(run.answering.sandbox)) as sandboxes:
        student = Student(run.name, tokenizer, run.seed)
        attempts = Attempts(train + validation, student, config, run.answering, sandboxes)
        more = {"reward_funcs": [answers_right, runs], "rollout_func": attempts}
        plan = TrainerSpec(
            trainer=_drawn_by_epoch(GRPOTrainer, run.seed),
            arguments=GRPOConfig,
            options=options,
            model=load_trained(run, config),
            train=train,
            validation=validation,
            more=more,
            metric="-reward",
            step_rows=config.batch_size // config.generations,
            drops_last=True,
        )
        fit(run, config, tokenizer, plan)


def _drawn_by_epoch(trainer: type[Any], seed: int) -> type[Any]:
    """The trainer's class, whose order of questions follows from seed and epoch. TRL's own sampler goes on with one
    random source from epoch to epoch, which a run that is resumed begins anew.
    """

    class ByEpoch(trainer):
        def _get_train_sampler(self, *arguments: Any) -> Any:
            sampler = super()._get_train_sampler(*arguments)
            sampler.set_epoch = lambda epoch: sampler.generator.manual_seed(seed + epoch)  # accelerate calls it
            return sampler

    ByEpoch.__name__ = trainer.__name__
    return ByEpoch
