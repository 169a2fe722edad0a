"""One model artefact from its configuration, whatever its source; written whole or not at all."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tabletutor.config.models import HubModelConfig, LocalModelConfig, ModelConfig, PackagedModelConfig
from tabletutor.models.gguf import convert_packaged
from tabletutor.models.hub import hub_folder
from tabletutor.models.load import MODEL_FILES
from tabletutor.models.local import convert_folder, local_folder
from tabletutor.models.scratch import make_scratch
from tabletutor.records.files import PARTIAL, naming, sync_folder


def make_model(config: ModelConfig, rows: Sequence[Path], seed: int, folder: Path) -> None:
    """Write the files `MODEL_FILES` of a model to `folder`, replacing what is there.

    `rows` are files of training rows, for the tokenizer of a scratch model, and `seed` draws its weights; other sources
    use neither. Raises FileNotFoundError where the source is missing, ConnectionError where it could not be fetched,
    and ValueError where it is no chat model.
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
                path.unlink()  # such as sampling defaults, which nothing here reads
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


def _texts(path: Path) -> list[str]:
    """The contents of all messages in a file of training rows."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return [message["content"] for row in rows for message in row["messages"]]
