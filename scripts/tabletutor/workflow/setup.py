"""The set-up of a workflow run: the right checkout, a pinned environment, a checked configuration, the table list."""

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from loguru import logger
from snakemake_interface_common.exceptions import WorkflowError

from tabletutor.config.load import ConfigError, examine, line_of, plain
from tabletutor.config.references import Fault
from tabletutor.config.schema import Config
from tabletutor.config.section import counted
from tabletutor.config.table_list import ListedTable, TableListError, read_table_list
from tabletutor.records.files import PARTIAL
from tabletutor.sandbox.host.process_label import RUN, owner
from tabletutor.telemetry.terminal import escape_controls, escape_message
from tabletutor.workflow.adopt import adopt
from tabletutor.workflow.clock import date_back
from tabletutor.workflow.environment import ENVIRONMENT
from tabletutor.workflow.job import CheckoutError, check_checkout, describe
from tabletutor.workflow.lock import enter_run
from tabletutor.workflow.preflight import outside_faults, split_faults
from tabletutor.workflow.provenance.cache import cache_folder
from tabletutor.workflow.provenance.contents import contents

Listing = dict[str, dict[str, str]]


class Project(NamedTuple):
    """What rules read beside the configuration.

    `settings`: that part of the configuration which results depend on. `tables`: for each table its `path`, its pinned
    `split` (or ""), and the `content` digest of its CSV, which rules put into `params`: that is what a CSV counts by
    (`contents.py`). `sources`: `licence` and `title` of each table, apart, so that a better title makes nothing again
    but the report.
    """

    settings: dict[str, Any]
    tables: Listing
    sources: Listing


def set_up(workflow: Any, config: dict[str, Any]) -> Project:
    """Prepare a run of the workflow. Called once, at the top of `rules/common.smk`.

    Fills every default into `config`, in place; its `cache` is the folder that is used.

    Raises WorkflowError where the installed package is another checkout's, or the configuration or the table list
    cannot be used; the message names file, line and key of all that is wrong.
    """
    logger.configure(patcher=escape_message)
    try:
        check_checkout(Path(workflow.basedir) / "scripts")
        os.environ.update(ENVIRONMENT)
        os.environ.setdefault(RUN, owner())  # jobs inherit it, and what they make in an engine goes with this run
        checked, entries = _check(workflow, config)
        tables, sources = list_tables(entries)
        if workflow.is_main_process:
            if not workflow.output_settings.dryrun:
                enter_run(checked.results)
            adopt(checked.results)
    except (CheckoutError, ValueError, OSError) as error:
        raise WorkflowError(escape_controls(str(error))) from None
    config.clear()
    config.update({**plain(checked), "cache": str(cache_folder(checked.cache))})
    return Project(counted(checked), tables, sources)


def _check(workflow: Any, raw: dict[str, Any]) -> tuple[Config, Sequence[ListedTable]]:
    """The configuration and its table list. Raises ConfigError with a line for each fault of both."""
    found = examine(raw)
    faults, others = list(found.faults), list[str]()
    entries: Sequence[ListedTable] = ()
    if found.config is not None:
        outside = list(outside_faults(found.config)) if workflow.is_main_process else []
        try:
            entries = read_table_list(Path(found.config.table_list))
            outside += split_faults(found.config, entries)
        except TableListError as error:
            others = [] if found.concerns(Fault(("table_list",), "")) else [str(error)]
        faults += [fault for fault in outside if not found.concerns(fault)]
    origin = ", ".join(relative(Path(name)) for name in workflow.configfiles) or "--config"
    lines = [line_of(fault, origin, workflow.config_settings.config) for fault in faults]
    if found.config is None or lines or others:
        raise ConfigError("\n".join(dict.fromkeys([*lines, *others])))
    return found.config, entries


def check_folders(config: dict[str, Any]) -> None:
    """Before the first job: every folder that jobs write to takes a file, and no artefact is dated in the future.
    Raises WorkflowError that says what to do.

    Snakemake prepares a job's folders itself, and stops with a traceback where it cannot.
    """
    for folder in (Path(config["results"]), Path("logs"), Path(config["cache"])):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(prefix=".probe.", suffix=PARTIAL, dir=folder) as stream:
                stream.write(b"x")
        except OSError as error:
            error.filename = str(folder)  # the probe's name helps nobody, and a full disk names nothing
            raise WorkflowError(escape_controls(describe(error))) from None
    date_back(Path(config["results"]))


def column_of(tables: Listing) -> Callable[[str], Callable[[Any], str]]:
    """`listed` of the rules: a column of the table list for the table of the job, `listed("path")`.

    Snakemake's own `lookup` tries every path within a mapping, at every job: quadratic in the number of tables.
    """

    def listed(column: str) -> Callable[[Any], str]:
        def value(wildcards: Any) -> str:
            if wildcards.table not in tables:
                raise WorkflowError(f"{wildcards.table}: the table list has no such table. Add a line, or correct it.")
            return tables[wildcards.table][column]

        return value

    return listed


def clear_up(config: dict[str, Any]) -> None:
    """After the run, however it ended: remove the images its jobs made in a container engine.

    What a killed run leaves, the next one removes.
    """
    if config["sandbox"]["backend"] == "docker":
        from tabletutor.sandbox.host import image

        for name in image.sweep(image.connect(), also=os.environ[RUN]):
            logger.info("removed from the engine: {}", name)


def list_tables(entries: Sequence[ListedTable]) -> tuple[Listing, Listing]:
    """The table list as JSON types, in its own order; see `Project`."""
    digests = contents(Path(entry.path) for entry in entries)
    tables = {
        entry.table: {"path": entry.path, "split": entry.split or "", "content": digests[str(Path(entry.path))]}
        for entry in entries
    }
    return tables, {entry.table: {"licence": entry.licence, "title": entry.title} for entry in entries}


def relative(path: Path) -> str:
    """A path as seen from the working directory, for messages; unchanged if it lies elsewhere."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
