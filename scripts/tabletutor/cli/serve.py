"""`tabletutor serve`: find the weights of a run, a model or a folder, and serve them."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from tabletutor.config.load import load, plain
from tabletutor.config.nearest import closest
from tabletutor.config.schema import Config
from tabletutor.models.load import MODEL_FILES
from tabletutor.models.local import missing_files
from tabletutor.serving.app import ChatApp
from tabletutor.serving.server import ChatServer
from tabletutor.workflow.runs import Runs


class Weights(NamedTuple):
    """The weights to serve: their name, the folder of the model, and the checkpoint folder of a trained run."""

    name: str
    model: Path
    trained: Path | None = None


def find_weights(target: str, config: Path) -> Weights:
    """Return the weights of `target`: a run or a model of the project, or else a folder.

    Raises ValueError that says what to build or to write if there are none.
    """
    project = load(config) if config.is_file() else None
    if project and target in project.runs:
        return _run_weights(target, project, config)
    if project and target in project.models:
        return Weights(target, _built([f"{project.results}/models/{target}/{name}" for name in MODEL_FILES], config))
    folder = Path(target)
    if folder.is_dir():
        if (folder / "adapter_config.json").is_file():
            raise ValueError(f"{folder}: holds an adapter without its model; name the run that trained it instead")
        if missing := missing_files(folder):
            raise ValueError(f"{folder}: not a model folder, it holds no {', '.join(missing)}")
        return Weights(folder.resolve().name, folder)
    if not project:
        raise ValueError(f"{target}: no such folder; a run or a model needs its project, and {config} does not exist")
    known = [*project.runs, *project.models]
    close = closest(target, known)
    raise ValueError(
        f"{target}: no run or model of {config}, and no folder; "
        + (f"did you mean {close}?" if close else f"there are: {', '.join(known)}")
    )


def _run_weights(run: str, project: Config, config: Path) -> Weights:
    settings = project.runs[run]
    if not settings.decodes:
        source = settings.lenient_of or (settings.best_of.run if settings.best_of else None)
        reason = (
            f"reads the attempts of {source}; serve that run" if source else "trains a judge, which does not answer"
        )
        raise ValueError(f"{run}: this run {reason}")
    runs, job = Runs(plain(project)), SimpleNamespace(run=run)
    trained = runs.weights(job)
    return Weights(run, _built(runs.model(job), config), _built(trained, config) if trained else None)


def _built(files: list[str], config: Path) -> Path:
    """Return the folder of files that the workflow makes. Raises ValueError if one of them does not exist."""
    for file in files:
        if not Path(file).is_file():
            command = f"snakemake --profile local {file} --configfile {config}"
            raise ValueError(f"{file}: no such file; build it with: {command}")
    return Path(files[0]).parent


def open_server(weights: Weights, host: str, port: int, batch: int, max_context: int | None) -> ChatServer:
    """Load the weights and return a server that listens.

    Raises ValueError if the model has no room for `max_context` tokens, and OSError if the address cannot be used.
    """
    from tabletutor.models.load import load_student, load_tokenizer, make_repeatable
    from tabletutor.models.mkldnn_linear import use_packed_linears
    from tabletutor.serving.engine import Engine

    threads = len(os.sched_getaffinity(0))
    make_repeatable(threads)
    model = load_student(weights.model, weights.trained, "bfloat16")
    use_packed_linears(model)
    positions = int(model.config.max_position_embeddings)
    if max_context and max_context > positions:
        raise ValueError(f"--max-context {max_context}: the model {weights.name} has {positions} positions")
    # One tokenizer for each thread that uses it, because they are not thread-safe.
    engine = Engine(model, load_tokenizer(weights.model), batch, threads)
    app = ChatApp(engine, load_tokenizer(weights.model), weights.name, max_context or positions)
    return ChatServer(app.starlette(), engine, host, port)
