"""The weights a run trains: a model with an adapter on it, or all of a model; fresh, or those of another run."""

from tabletutor.config.training import MethodConfig
from tabletutor.models.load import Model, load_model
from tabletutor.training.adapter import add_adapter, load_adapter
from tabletutor.training.run import TrainingRun


def load_trained(run: TrainingRun, config: MethodConfig) -> Model:
    """The student of a run, ready to be trained: what is trained requires a gradient, and is float32."""
    files = run.files
    if config.lora is None:
        model = load_model(files.start or files.model, "float32")
        return model.requires_grad_(True)
    model = load_model(files.model, config.dtype)
    if files.start is not None:
        return load_adapter(model, files.start)
    return add_adapter(model, config.lora, run.seed, files.model.name)
