"""Set up a workflow run: check the checkout and the configuration, pin the environment, read the table list."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from loguru import logger
from snakemake_interface_common.exceptions import WorkflowError

from tabletutor.config.load import ConfigError, examine, fault_line, plain
from tabletutor.config.references import Fault
from tabletutor.config.schema import Config
from tabletutor.config.section import result_settings
from tabletutor.config.table_list import ListedTable, TableListError, read_table_list
from tabletutor.models.local import local_files
from tabletutor.sandbox.host.process_label import RUN, process_label
from tabletutor.tables.dictionary.find import find_dictionary
from tabletutor.telemetry.terminal import escape_controls, escape_message
from tabletutor.workflow.adopt import adopt
from tabletutor.workflow.context import ENVIRONMENT
from tabletutor.workflow.job import CheckoutError, check_checkout
from tabletutor.workflow.lock import lock_run
from tabletutor.workflow.preflight import external_faults, pairs_faults, split_faults
from tabletutor.workflow.provenance.cache import cache_folder
from tabletutor.workflow.provenance.contents import content_digests

Listing = dict[str, dict[str, str]]


class Project(NamedTuple):
    """The values that rules read besides the configuration.

    Attributes:
        settings: The part of the configuration that results depend on.
        tables: For each table its `path`, its pinned `split` (or ""), the `content` digest of its CSV, and path and
            digest of its data dictionary (`dictionary` and `dictionary_content`, or ""). Rules put the digests into
            `params`, since these files count by their content (`contents.py`).
        sources: `licence` and `title` of each table. They are kept apart so that a new title rebuilds only the report.
    """

    settings: dict[str, Any]
    tables: Listing
    sources: Listing


def set_up(workflow: Any, config: dict[str, Any]) -> Project:
    """Prepare a run of the workflow. Called once, at the top of `rules/common.smk`.

    Fills every default into `config`, in place, and sets its `cache` to the folder in use.

    Raises WorkflowError if the installed package belongs to another checkout, or if the configuration or the table list
    is invalid. The message has file, line and key of every fault.
    """
    logger.configure(patcher=escape_message)
    try:
        check_checkout(Path(workflow.basedir) / "scripts")
        os.environ.update(ENVIRONMENT)
        os.environ.setdefault(RUN, process_label())  # inherited by jobs; labels what they create in a container engine
        checked, entries = _check(workflow, config)
        tables, sources = list_tables(entries)
        if workflow.is_main_process:
            if not workflow.output_settings.dryrun:
                lock_run(checked.results)
            adopt(checked.results)
    except (CheckoutError, ValueError, OSError) as error:
        raise WorkflowError(escape_controls(str(error))) from None
    config.clear()
    config.update({**plain(checked), "cache": str(cache_folder(checked.cache))})
    return Project(result_settings(checked), tables, sources)


def _check(workflow: Any, raw: dict[str, Any]) -> tuple[Config, Sequence[ListedTable]]:
    """Return the checked configuration and its table list. Raises ConfigError with a line for each fault of both."""
    examined = examine(raw)
    faults, others = list(examined.faults), list[str]()
    entries: Sequence[ListedTable] = ()
    if examined.config is not None:
        external = list(external_faults(examined.config)) if workflow.is_main_process else []
        try:
            entries = read_table_list(Path(examined.config.table_list))
            external += [*split_faults(examined.config, entries), *pairs_faults(examined.config, entries)]
        except TableListError as error:
            others = [] if examined.explains(Fault(("table_list",), "")) else [str(error)]
        faults += [fault for fault in external if not examined.explains(fault)]
    origin = ", ".join(relative(Path(name)) for name in workflow.configfiles) or "--config"
    lines = [fault_line(fault, origin, workflow.config_settings.config) for fault in faults]
    if examined.config is None or lines or others:
        raise ConfigError("\n".join(dict.fromkeys([*lines, *others])))
    return examined.config, entries


def entry_lookup(tables: Listing) -> Callable[[str], Callable[[Any], str]]:
    """Return `table_entry` of the rules: `table_entry("path")` is that column of the table list for the job's table.

    Snakemake's own `lookup` tries every path within a mapping for every job, which is quadratic in the number of
    tables.
    """

    def table_entry(column: str) -> Callable[[Any], str]:
        def value(wildcards: Any) -> str:
            if wildcards.table not in tables:
                raise WorkflowError(f"{wildcards.table}: not in the table list; add a line for it, or correct the name")
            return tables[wildcards.table][column]

        return value

    return table_entry


def model_file_lookup(models: Mapping[str, Any]) -> Callable[[Any], dict[str, str]]:
    """Return `local_model` of the rules: the files of the job's model with their digests; empty unless it is local.

    As a parameter of rule `model`, the digests make the model again when one of the files changes.
    """

    def local_model(wildcards: Any) -> dict[str, str]:
        model = models[wildcards.model]
        return content_digests(map(Path, local_files(model["path"]))) if model["source"] == "local" else {}

    return local_model


def own_rows_lookup(formats: Mapping[str, Any]) -> Callable[[Any], dict[str, str]]:
    """Return `own_rows` of the rules: the files of a user's own rows in the job's format, with their digests.

    As a parameter of rule `format`, the digests make its rows again when one of the files changes.
    """

    def own_rows(wildcards: Any) -> dict[str, str]:
        return content_digests(Path(own["path"]) for own in formats[wildcards.format].get("own_rows", ()))

    return own_rows


def clean_up(config: dict[str, Any]) -> None:
    """Remove the images that this run's jobs built in a container engine. Called after a run, whether it failed or not.

    Images of a killed run are removed by the next one.
    """
    if config["sandbox"]["backend"] == "docker":
        from tabletutor.sandbox.host import image

        for name in image.sweep(image.connect(), also=os.environ[RUN]):
            logger.info("removed from the engine: {}", name)


def list_tables(entries: Sequence[ListedTable]) -> tuple[Listing, Listing]:
    """Return `tables` and `sources` of `Project`: the table list as JSON types, in its order.

    Raises DictionaryError if a CSV has two data dictionaries beside it.
    """
    dictionaries = {entry.table: _dictionary(entry) for entry in entries}
    described = [path for path in dictionaries.values() if path is not None]
    digests = content_digests([*(Path(entry.path) for entry in entries), *described])
    tables: Listing = {}
    for entry in entries:
        dictionary = dictionaries[entry.table]
        tables[entry.table] = {
            "path": entry.path,
            "split": entry.split or "",
            "content": digests[str(Path(entry.path))],
            "dictionary": str(dictionary) if dictionary else "",
            "dictionary_content": digests[str(dictionary)] if dictionary else "",
        }
    return tables, {entry.table: {"licence": entry.licence, "title": entry.title} for entry in entries}


def _dictionary(entry: ListedTable) -> Path | None:
    """Return the data dictionary of a table: the listed one, else the one beside its CSV, if there is one."""
    return Path(entry.dictionary) if entry.dictionary else find_dictionary(Path(entry.path))


def relative(path: Path) -> str:
    """Return a path relative to the working directory, for messages; unchanged if it is elsewhere."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
