"""The model that a run trains, ready for training: a student or a reward model, with a LoRA adapter or in full."""

from tabletutor.config.training import MethodConfig, TrlConfig
from tabletutor.models.chat import Tokenizer
from tabletutor.models.load import Model, load_model
from tabletutor.models.reward_model import TASKS, Kind, load_head
from tabletutor.training.adapter import add_adapter, load_adapter
from tabletutor.training.run import TrainingRun


def load_trainable_student(run: TrainingRun, config: MethodConfig) -> Model:
    """Load the student of a run: the run's model, or the checkpoint that it starts from.

    Trained parameters require gradients and are float32: the adapter with `config.lora`, else the whole model.
    """
    files = run.files
    if config.lora is None:
        model = load_model(files.start or files.model, "float32")
        return model.requires_grad_(True)
    model = load_model(files.model, config.dtype)
    if files.start is not None:
        return load_adapter(model, files.start)
    return add_adapter(model, config.lora, run.seed, files.model.name)


def load_trainable_judge(run: TrainingRun, config: TrlConfig, tokenizer: Tokenizer, kind: Kind) -> Model:
    """Load the reward model of a run. Its head is drawn from torch's global random state and fully trained."""
    model = load_head(run.files.model, tokenizer, kind, config.dtype)
    if config.lora is None:
        return model.requires_grad_(True)
    return add_adapter(model, config.lora, run.seed, run.files.model.name, TASKS[kind])
