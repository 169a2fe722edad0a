"""Checks before a run: what the configuration refers to outside itself, and before the first job, writable folders."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from loguru import logger
from snakemake_interface_common.exceptions import WorkflowError

from tabletutor.config.formats import OwnRows
from tabletutor.config.models import LocalModelConfig, PackagedModelConfig
from tabletutor.config.nearest import closest, suggestion
from tabletutor.config.references import Fault, enabled_formats
from tabletutor.config.schema import Config
from tabletutor.config.table_list import ListedTable
from tabletutor.config.teachers import LocalTeacherConfig
from tabletutor.formats.registry import load_format
from tabletutor.models.gguf import packaged_file
from tabletutor.models.load import model_files
from tabletutor.models.local import local_folder
from tabletutor.questions.pair_files import PAIR_SUFFIXES
from tabletutor.questions.registry import all_families
from tabletutor.records.files import PARTIAL
from tabletutor.telemetry.terminal import escape_controls
from tabletutor.workflow.job import describe
from tabletutor.workflow.provenance.cache import VARIABLE, cache_folder


def external_faults(config: Config) -> Iterator[Fault]:
    """Yield a fault for each unknown question family, faulty converter, missing file or model, and unusable folder."""
    families = sorted(family.name for family in all_families())
    for name in config.questions.program.heldout_families:
        if name not in families:
            key = ("questions", "program", "heldout_families")
            yield Fault(key, f"no family {name!r}; {suggestion(name, families)}")
    for name in sorted(enabled_formats(config.formats)):
        try:
            load_format(name)
        except ValueError as error:
            yield Fault(("formats", name), str(error))
        own: Sequence[OwnRows] = getattr(getattr(config.formats, name.replace("-", "_")), "own_rows", ())
        for place, path in enumerate(Path(each.path) for each in own):
            if not path.is_file():
                key = ("formats", name, "own_rows", str(place), "path")
                yield Fault(key, f"{path}: no such file{_neighbour(path)}")
    for name, model in config.models.items():
        try:
            if isinstance(model, LocalModelConfig):
                local_folder(model)
            elif isinstance(model, PackagedModelConfig):
                packaged_file(model)
        except (FileNotFoundError, ValueError) as error:
            key = "path" if isinstance(model, LocalModelConfig) else "package"
            yield Fault(("models", name, key), f"{error}{_suggestion(model)}")
    for name, teacher in config.teachers.items():
        folder = teacher.checkpoint if isinstance(teacher, LocalTeacherConfig) else None
        if folder is not None and not model_files(Path(folder)):
            message = f"{folder} holds no checkpoint; name a folder such as results/checkpoints/tuned"
            yield Fault(("teachers", name, "checkpoint"), message)
    cache = "cache" if os.environ.get(VARIABLE) is None else f"cache ({VARIABLE})"
    folders = {"results": Path(config.results), cache: cache_folder(config.cache), "logs": Path("logs")}
    for key, folder in folders.items():
        if message := _folder_fault(folder):
            yield Fault((key,), message)


def split_faults(config: Config, entries: Sequence[ListedTable]) -> Iterator[Fault]:
    """Yield a fault for each split that is needed but gets no table, if the table list pins every table to a split."""
    pinned = {entry.split for entry in entries}
    if None in pinned:
        return
    for split in ("train", "test"):
        if split not in pinned:
            yield Fault(
                ("table_list",),
                f"{config.table_list} pins no table to {split}; set the column 'split' of one table to {split!r}",
            )
    if "validation" in pinned:
        return
    for name, run in config.runs.items():
        if "validation" in run.splits:
            message = f"{config.table_list} pins no table to validation; pin one, or remove validation from splits"
            yield Fault(("runs", name, "splits"), message)
        for key in ("keep", "patience"):
            if run.training is not None and getattr(run.training, key) not in ("last", None):
                yield Fault(
                    ("runs", name, "training", key),
                    f"{getattr(run.training, key)} needs the loss on validation rows, but {config.table_list} pins no "
                    f"table to validation; pin one, or remove {key!r}",
                )


def pairs_faults(config: Config, entries: Sequence[ListedTable]) -> Iterator[Fault]:
    """Yield a fault for each file of `questions.pairs` that is missing, has no known suffix, or has no table."""
    tables = [entry.table for entry in entries]
    for table, name in config.questions.pairs.items():
        path, key = Path(name), ("questions", "pairs", table)
        if table not in tables:
            yield Fault(key, f"no table {table!r} in {config.table_list}; {suggestion(table, tables)}")
        if not path.is_file():
            yield Fault(key, f"{path}: no such file{_neighbour(path)}")
        elif path.suffix.lower() not in PAIR_SUFFIXES:
            yield Fault(key, f"{path}: the name of a file of pairs ends in {', '.join(PAIR_SUFFIXES)}; rename it")


def check_folders(config: dict[str, Any]) -> None:
    """Check, before the first job, that jobs can write to their folders, and reset artefacts dated in the future.

    Snakemake creates a job's folders itself, and stops with a traceback where it cannot. Raises WorkflowError with a
    message that says what to do.
    """
    for folder in (Path(config["results"]), Path("logs"), Path(config["cache"])):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(prefix=".probe.", suffix=PARTIAL, dir=folder) as stream:
                stream.write(b"x")
        except OSError as error:
            error.filename = str(folder)  # more useful than the probe's name; a full disk gives no name at all
            raise WorkflowError(escape_controls(describe(error))) from None
    _reset_future_times(Path(config["results"]))


def _reset_future_times(results: Path) -> None:
    """Set the modification time of files in `results` that are dated in the future to now.

    Such files come from archives or machines with a fast clock. Snakemake removes an output that is older than its
    input, so it would rebuild that output on every run. Times are not part of an artefact's identity, so they can be
    changed. No other process may be using the folder. Raises WorkflowError if a time cannot be set.
    """
    now = time.time()
    future = [path for path in results.rglob("*") if not path.is_symlink() and path.stat().st_mtime > now]
    for path in future:
        try:
            os.utime(path)
        except OSError as error:
            raise WorkflowError(
                f"{escape_controls(str(path))}: dated in the future, and its time cannot be set ({error.strerror}), "
                "so nothing can be built from it. "
                f"Run `touch` on the files in {results} as their owner, or copy the folder without times (`cp -r`)."
            ) from None
    if future:
        logger.info("{} files in {} were dated in the future; their time is now the current time", len(future), results)


def _suggestion(model: object) -> str:
    """Return a hint naming the sibling folder with the most similar name, if the folder of a local model is missing."""
    folder = Path(model.path).expanduser() if isinstance(model, LocalModelConfig) else Path()
    return "" if not isinstance(model, LocalModelConfig) or folder.is_dir() else _neighbour(folder)


def _neighbour(missing: Path) -> str:
    """Return a hint naming the file or folder beside a missing one with the most similar name, if there is one."""
    if not missing.parent.is_dir():
        return ""
    close = closest(missing.name, (path.name for path in missing.parent.iterdir()))
    return f"; did you mean {missing.parent / close}?" if close else ""


def _folder_fault(folder: Path) -> str | None:
    """Return why a folder that jobs write to cannot be created, or None if it can."""
    for place in (*reversed(folder.parents), folder):
        if place.is_symlink() and not place.exists():
            return (
                f"{place} is a link to {place.readlink()}, which does not exist; create that folder, remove the link, "
                "or use another folder"
            )
        if place.exists() and not place.is_dir():
            return f"{place} is a file; remove it, or use another folder"
    return None
