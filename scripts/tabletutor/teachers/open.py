"""Open a teacher: load its model, or connect to its endpoint, when its first turn is wanted."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Protocol

from tabletutor.config.section import result_settings
from tabletutor.config.teachers import EndpointTeacherConfig, LocalTeacherConfig, Prompt, TeacherConfig
from tabletutor.models.load import model_files
from tabletutor.records.files import sha256_file
from tabletutor.students.rollout import TurnGenerator
from tabletutor.teachers.endpoint_turns import EndpointTurns
from tabletutor.teachers.teacher_thread import TeacherThread


class TeacherFiles(NamedTuple):
    """A teacher by name, and its files: model and checkpoint of a local one, the cassette of an endpoint."""

    name: str
    config: TeacherConfig
    model: Path | None = None
    checkpoint: Path | None = None
    cassette: Path = Path()
    max_context: int = 4096


class MakeTurns(Protocol):
    """Makes the generator of the turns of a group of conversations."""

    def __call__(
        self, temperature: float, rows: int, max_tokens: int | None = None, reserved: int = 0
    ) -> TurnGenerator:
        """Return a generator for `rows` conversations.

        `max_tokens` of a turn are those of the teacher's configuration unless given. Of a local teacher's context,
        `reserved` tokens stay free.
        """
        ...


class OpenTeacher(NamedTuple):
    """A teacher that can generate turns.

    `batches` says whether turns depend on the group. `note` is a short figure for the display: what has been spent.
    """

    name: str
    style: Prompt
    batches: bool
    turns: MakeTurns
    note: Callable[[], str]


def teacher_identity(files: TeacherFiles) -> Any:
    """Return everything that a teacher's turns depend on, as JSON types."""
    folders = [folder for folder in (files.model, files.checkpoint) if folder is not None]
    weights = [(path.name, sha256_file(path)) for folder in folders for path in model_files(folder)]
    return [files.name, result_settings(files.config), weights, files.max_context]


@contextmanager
def open_teacher(files: TeacherFiles) -> Generator[OpenTeacher]:
    """Provide a teacher. Nothing is loaded or connected before its first turn."""
    if isinstance(files.config, LocalTeacherConfig):
        yield _open_local(files, files.config)
    else:
        with TeacherThread(files.config, files.cassette) as endpoint:
            yield _open_endpoint(files.name, files.config, endpoint)


def _open_local(files: TeacherFiles, config: LocalTeacherConfig) -> OpenTeacher:
    weights: list[Any] = []
    lock = Lock()

    def turns(temperature: float, rows: int, max_tokens: int | None = None, reserved: int = 0) -> TurnGenerator:
        import torch

        from tabletutor.models.decoder import DecodeLimits, Decoder
        from tabletutor.models.load import load_student, load_tokenizer, make_repeatable
        from tabletutor.models.mkldnn_linear import use_packed_linears
        from tabletutor.students.decoder_turns import DecoderTurns

        if files.model is None:
            raise ValueError(f"teacher {files.name!r} has no model folder")
        with lock:
            if not weights:
                make_repeatable(threads=1)
                weights.append(load_student(files.model, files.checkpoint, "bfloat16"))
                use_packed_linears(weights[0])
        torch.set_num_threads(1)  # of the group's thread: the number of threads must not change a result
        tokenizer = load_tokenizer(files.model)  # tokenizers are not thread-safe
        limits = DecodeLimits(max_tokens or config.sampling.max_tokens, files.max_context - reserved, temperature)
        return DecoderTurns(Decoder(weights[0], tokenizer, rows, limits), tokenizer)

    return OpenTeacher(files.name, config.prompt, True, turns, lambda: "")


def _open_endpoint(name: str, config: EndpointTeacherConfig, endpoint: TeacherThread) -> OpenTeacher:
    def turns(temperature: float, rows: int, max_tokens: int | None = None, reserved: int = 0) -> TurnGenerator:
        return EndpointTurns(endpoint, config, temperature, max_tokens)

    return OpenTeacher(name, config.prompt, False, turns, lambda: str(endpoint.usage))
