"""Models of the Hugging Face hub: read from the local cache; fetched only where the configuration allows it."""

import os
import subprocess
import sys
from pathlib import Path

from loguru import logger

from tabletutor.config.models import HubModelConfig
from tabletutor.models.local import missing_files

# The files to fetch: no pickled weights, no code.
_FILES = ("*.safetensors", "*.json", "*.jinja", "*.txt", "tokenizer*")
# Only the process that fetches goes online; every job runs offline (`workflow/context.py`).
_ONLINE = {"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "0", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


def hub_folder(config: HubModelConfig) -> Path:
    """Return the folder of a model in the local cache of the hub (`HF_HOME`). With `config.download`, fetch it first
    if it is missing or incomplete.

    Raises FileNotFoundError where files are missing: the message names them, the cache and the ways to get them.
    Raises ConnectionError where the model could not be fetched.
    """
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE).expanduser()
    missing = _missing(config, cache)
    if missing and config.download:
        _fetch(config, cache)
        missing = _missing(config, cache)
    if missing:
        name = f"models--{config.id.replace('/', '--')}"
        raise FileNotFoundError(
            f"the model {config.id} at revision {config.revision} is not in the local cache {cache} (missing: "
            f"{missing}). Three ways to get it: run `hf download {config.id} --revision {config.revision}` on a "
            f"machine with a network and copy the folder {name} of its cache into {cache} (HF_HOME names another "
            "cache); set models.<name>.download: true to fetch it from here; or put the model's files into any folder "
            "and use `source: local` with its `path`"
        )
    return _snapshot(config, cache)


def _snapshot(config: HubModelConfig, cache: Path) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            config.id, revision=config.revision, cache_dir=cache, local_files_only=True, allow_patterns=list(_FILES)
        )
    )


def _missing(config: HubModelConfig, cache: Path) -> str:
    """Return the names of the model's files that the cache lacks, separated by commas; empty if it lacks none."""
    from huggingface_hub.errors import IncompleteSnapshotError, LocalEntryNotFoundError

    try:
        return ", ".join(missing_files(_snapshot(config, cache)))
    except IncompleteSnapshotError as error:
        return ", ".join(missing_files(Path(error.snapshot_path))) or str(error)
    except LocalEntryNotFoundError:
        return "all of it"


def _fetch(config: HubModelConfig, cache: Path) -> None:
    """Fetch a model into the cache, in a separate process: this one was started in offline mode."""
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
