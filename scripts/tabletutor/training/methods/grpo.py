"""`grpo`: group-relative policy optimisation (Shao et al., 2024) by TRL. Answers are sampled, run in the sandbox and
rewarded.

A student takes several turns, as in evaluation (`rollout_func.py`), so it can look at the data before it submits.
"""

import warnings
from typing import Any

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.training import GrpoConfig
from tabletutor.rows.row import TaskRow
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.rollout import Answerer
from tabletutor.training.rollout_func import Attempts, answers_right, runs
from tabletutor.training.run import TrainingRun
from tabletutor.training.trainable import load_trainable_student
from tabletutor.training.trl import TrainerSpec, read_trl_rows, run_trainer, setup_trainer

CONFIG = GrpoConfig
COLUMNS = ("prompt", "answer", "info")


def train(run: TrainingRun, config: GrpoConfig) -> None:
    """Train a run on questions and write its checkpoint folder.

    Raises ValueError for a row of another kind, or if all rows of a file are too long; FileNotFoundError if a table is
    missing.
    """
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    warnings.filterwarnings("ignore", message="You are using 'rollout_func'")  # an experimental API, but TRL is pinned
    if run.answering is None:
        raise ValueError(f"run {run.name}: grpo runs answers in the sandbox, so TrainingRun.answering must be set")
    tokenizer = setup_trainer(run, config)
    train, validation = read_trl_rows(run, config, TaskRow, COLUMNS, tokenizer)
    options = {
        "num_generations": config.generations, "temperature": config.temperature, "beta": config.beta,
        "reward_weights": [config.correct_weight, config.execution_weight],
        "per_device_eval_batch_size": config.batch_size,  # whole groups, whatever `accumulation` is
        "use_cpu": True,  # the decoder of attempts runs on the CPU
    }  # fmt: skip
    with Sandboxes(SandboxConfig.model_validate(run.answering.sandbox)) as sandboxes:
        student = Answerer(run.name, "student", run.seed)
        attempts = Attempts(train + validation, student, tokenizer, config, run.answering, sandboxes)
        spec = TrainerSpec(
            trainer=_seed_by_epoch(GRPOTrainer, run.seed),
            arguments=GRPOConfig,
            options=options,
            model=load_trainable_student(run, config),
            train=train,
            validation=validation,
            prompts=TaskRow,
            trainer_kwargs={"reward_funcs": [answers_right, runs], "rollout_func": attempts},
            metric="-reward",
            step_rows=config.batch_size // config.generations,
            drops_last=True,
        )
        run_trainer(run, config, tokenizer, spec)


def _seed_by_epoch(trainer: type[Any], seed: int) -> type[Any]:
    """Return a subclass of `trainer` that shuffles questions by seed and epoch.

    TRL's own sampler uses one random source across epochs, which would restart when a run is resumed.
    """

    class ByEpoch(trainer):
        def _get_train_sampler(self, *arguments: Any) -> Any:
            sampler = super()._get_train_sampler(*arguments)
            sampler.set_epoch = lambda epoch: sampler.generator.manual_seed(seed + epoch)  # accelerate calls it
            return sampler

    ByEpoch.__name__ = trainer.__name__
    return ByEpoch
