"""What a configuration names outside itself and must be there before anything runs: families, models, folders."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tabletutor.config.models import LocalModelConfig, PackagedModelConfig
from tabletutor.config.nearest import near, nearest
from tabletutor.config.references import Fault
from tabletutor.config.schema import Config
from tabletutor.config.table_list import ListedTable
from tabletutor.models.gguf import packaged_file
from tabletutor.models.local import local_folder
from tabletutor.questions.registry import all_families
from tabletutor.workflow.provenance.cache import VARIABLE, cache_folder


def outside_faults(config: Config) -> Iterator[Fault]:
    """Every family that does not exist, model that is not there, and folder that cannot be one."""
    families = sorted(family.name for family in all_families())
    for name in config.questions.program.heldout_families:
        if name not in families:
            key = ("questions", "program", "heldout_families")
            yield Fault(key, f"no family {name!r}; {nearest(name, families)}")
    for name, model in config.models.items():
        try:
            if isinstance(model, LocalModelConfig):
                local_folder(model)
            elif isinstance(model, PackagedModelConfig):
                packaged_file(model)
        except (FileNotFoundError, ValueError) as error:
            key = "path" if isinstance(model, LocalModelConfig) else "package"
            yield Fault(("models", name, key), f"{error}{_beside(model)}")
    cache = "cache" if os.environ.get(VARIABLE) is None else f"cache ({VARIABLE})"
    folders = {"results": Path(config.results), cache: cache_folder(config.cache), "logs": Path("logs")}
    for key, folder in folders.items():
        if told := _no_folder(folder):
            yield Fault((key,), told)


def split_faults(config: Config, entries: Sequence[ListedTable]) -> Iterator[Fault]:
    """What lacks a table where the list pins every one, so that nothing is left to the hash."""
    pinned = {entry.split for entry in entries}
    if None in pinned:
        return
    for split in ("train", "test"):
        if split not in pinned:
            told = f"{config.table_list} pins no table to {split}; give one the value {split!r} in the column 'split'"
            yield Fault(("table_list",), told)
    if "validation" in pinned:
        return
    for name, run in config.runs.items():
        for key in ("keep", "patience"):
            if run.training is not None and getattr(run.training, key) not in ("last", None):
                yield Fault(
                    ("runs", name, "training", key),
                    f"{getattr(run.training, key)} goes by the loss on validation rows, but {config.table_list} pins "
                    "no table to validation; pin one, or leave this out",
                )


def _beside(model: object) -> str:
    """The folder of like name beside one that is not there."""
    folder = Path(model.path).expanduser() if isinstance(model, LocalModelConfig) else Path()
    if not isinstance(model, LocalModelConfig) or folder.is_dir() or not folder.parent.is_dir():
        return ""
    close = near(folder.name, (path.name for path in folder.parent.iterdir() if path.is_dir()))
    return f"; did you mean {folder.parent / close}?" if close else ""


def _no_folder(folder: Path) -> str | None:
    """Why a folder that jobs write to cannot be made."""
    for place in (*reversed(folder.parents), folder):
        if place.is_symlink() and not place.exists():
            return (
                f"{place} is a link to {place.readlink()}, which is not there; make that folder, remove the link, or "
                "name another folder"
            )
        if place.exists() and not place.is_dir():
            return f"{place} is a file; remove it, or name another folder"
    return None
