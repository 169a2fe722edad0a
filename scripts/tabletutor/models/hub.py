"""A model of the Hugging Face hub: from the local cache of it, and from the network only where that is wanted."""

import os
import subprocess
import sys
from pathlib import Path

from loguru import logger

from tabletutor.config.models import HubModelConfig
from tabletutor.models.local import lacking

# What a model is made of here: no pickled weights, no code.
_FILES = ("*.safetensors", "*.json", "*.jinja", "*.txt", "tokenizer*")
# For the one process that fetches; every job has them on (`workflow/context.py`).
_ONLINE = {"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "0", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


def hub_folder(config: HubModelConfig) -> Path:
    """The folder of a model in the local cache of the hub (`HF_HOME`), fetched before where `download` says so.

    Raises FileNotFoundError that says what was looked for where and how to get it, and ConnectionError where it could
    not be fetched.
    """
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE).expanduser()
    absent = _absent(config, cache)
    if absent and config.download:
        _fetch(config, cache)
        absent = _absent(config, cache)
    if absent:
        kept = f"models--{config.id.replace('/', '--')}"
        raise FileNotFoundError(
            f"the model {config.id} at revision {config.revision} is not in the local cache {cache} (missing: {absent})"
            f". Either run `hf download {config.id} --revision {config.revision}` where there is a network and put the "
            f"folder {kept} of that machine's cache into {cache} (HF_HOME names another cache; models.<name>.download: "
            "true fetches it from here), or put the model's files into any folder and name it: `source: local` with "
            "`path`"
        )
    return _snapshot(config, cache)


def _snapshot(config: HubModelConfig, cache: Path) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            config.id, revision=config.revision, cache_dir=cache, local_files_only=True, allow_patterns=list(_FILES)
        )
    )


def _absent(config: HubModelConfig, cache: Path) -> str:
    """What the cache lacks of a model, in words; empty where it has all."""
    from huggingface_hub.errors import IncompleteSnapshotError, LocalEntryNotFoundError

    try:
        return ", ".join(lacking(_snapshot(config, cache)))
    except IncompleteSnapshotError as error:
        return ", ".join(lacking(Path(error.snapshot_path))) or str(error)
    except LocalEntryNotFoundError:
        return "all of it"


def _fetch(config: HubModelConfig, cache: Path) -> None:
    """Fetch a model into the cache, in a process of its own: this one was told at its start to use no network."""
    logger.info("fetching {} at revision {} into {}", config.id, config.revision, cache)
    command = ["download", config.id, "--revision", config.revision, "--cache-dir", str(cache), "--quiet"]
    patterns = [word for pattern in _FILES for word in ("--include", pattern)]
    done = subprocess.run(
        [sys.executable, "-m", "huggingface_hub.cli.hf", *command, *patterns],
        env={**os.environ, **_ONLINE},
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise ConnectionError(
            f"the model {config.id} at revision {config.revision} could not be fetched (`hf download`, exit code "
            f"{done.returncode}): {done.stderr.strip()}"
        )
