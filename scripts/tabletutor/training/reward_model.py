"""Models that judge: a model with a head for one number an attempt, or for two a token, in place of its words."""

from tabletutor.config.training import TrlConfig
from tabletutor.models.chat import Tokenizer
from tabletutor.models.load import Model
from tabletutor.models.reward_model import TASKS, Kind, load_head
from tabletutor.training.adapter import add_adapter
from tabletutor.training.run import TrainingRun


def load_judge(run: TrainingRun, config: TrlConfig, tokenizer: Tokenizer, kind: Kind) -> Model:
    """The judge of a run, ready to be trained: its head is drawn from torch's random state and trained whole."""
    model = load_head(run.files.model, tokenizer, kind, config.dtype)
    if config.lora is None:
        return model.requires_grad_(True)
    return add_adapter(model, config.lora, run.seed, run.files.model.name, TASKS[kind])
