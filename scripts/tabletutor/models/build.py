"""Build a model folder from its configuration, for every source. Writes are atomic: all files or none."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tabletutor.config.models import HubModelConfig, LocalModelConfig, ModelConfig, PackagedModelConfig
from tabletutor.models.gguf import convert_packaged
from tabletutor.models.hub import hub_folder
from tabletutor.models.load import MODEL_FILES
from tabletutor.models.local import convert_folder, local_folder
from tabletutor.models.scratch import make_scratch
from tabletutor.records.files import PARTIAL, naming, sync_folder
from tabletutor.records.record import each_record


def make_model(config: ModelConfig, rows: Sequence[Path], seed: int, folder: Path) -> None:
    """Write the files `MODEL_FILES` of a model to `folder` and replace the folder if it exists.

    A scratch model trains its tokenizer on `rows`, files of training rows, and draws its weights from `seed`; other
    sources use neither. Raises FileNotFoundError if the source is missing, ConnectionError if it could not be fetched,
    and ValueError if it is not a chat model.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=PARTIAL, dir=folder.parent))
    try:
        with naming(folder):
            if isinstance(config, PackagedModelConfig):
                convert_packaged(config, work)
            elif isinstance(config, LocalModelConfig):
                convert_folder(local_folder(config), work)
            elif isinstance(config, HubModelConfig):
                convert_folder(hub_folder(config), work)
            else:
                make_scratch(config, [text for path in rows for text in _texts(path)], seed, work)
        for path in list(work.iterdir()):
            if path.name not in MODEL_FILES:
                path.unlink()  # such as sampling defaults, which this project does not read
            else:
                path.chmod(0o644)
        missing = [name for name in MODEL_FILES if not (work / name).exists()]
        if missing:
            raise ValueError(
                f"the model for {folder} has no {', '.join(missing)}: it must be a chat model with a fast tokenizer"
            )
        work.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        work.replace(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


class _Message(msgspec.Struct):
    content: str


class _Conversation(msgspec.Struct):
    """The part of a training row from which the tokenizer of a scratch model is trained."""

    messages: list[_Message]


def _texts(path: Path) -> list[str]:
    """Return the contents of all messages in a file of training rows."""
    return [message.content for row in each_record(path, _Conversation) for message in row.messages]
