"""`tabletutor cache`: list, measure, verify and remove finished work."""

import time
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tabletutor.config.load import ConfigError, load
from tabletutor.telemetry.terminal import escape_controls
from tabletutor.workflow.provenance.cache import CacheEntry, CacheFilter, cache_entries, cache_folder, faults, remove

app = typer.Typer(
    no_args_is_help=True,
    help="Manage finished work: journals, training states, whole artefacts.",
    epilog="Example: tabletutor cache list --stage episodes",
)
console = Console(soft_wrap=True)

Stage = Annotated[str | None, typer.Option(help="Only this stage or rule: episodes, training, checkpoint …")]
Subject = Annotated[str | None, typer.Option("--table", help="Only this table or run.")]
Days = Annotated[float | None, typer.Option("--older-than", help="Only entries unchanged for this many days.")]
Folder = Annotated[
    Path | None, typer.Option(help="The cache folder. Default: $TABLETUTOR_CACHE, or the configuration's.")
]
Config = Annotated[Path, typer.Option(help="The configuration, which may set the cache folder.")]
DEFAULT_CONFIG = Path("config/config.yaml")


@app.command("list")
def list_works(
    stage: Stage = None,
    table: Subject = None,
    older_than: Days = None,
    folder: Folder = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """List cache entries, one line for each stage, table or run, and identity.

    Example: tabletutor cache list --stage episodes
    """
    rows = Table(box=None)
    for name in ("stage", "table or run", "identity", "units", "MB", "days old"):
        rows.add_column(name, justify="right" if name in ("units", "MB", "days old") else "left")
    now = time.time()
    place, entries = _select(CacheFilter(stage, table, older_than), folder, config, now)
    for entry in entries:
        numbers = (str(entry.units), f"{entry.bytes / 1e6:.1f}", f"{entry.days_old(now):.1f}")
        rows.add_row(*(Text(escape_controls(name)) for name in (entry.stage, entry.subject, entry.identity)), *numbers)
    console.print(rows if entries else Text(f"no matching entries in {place}"))


@app.command()
def size(
    stage: Stage = None,
    table: Subject = None,
    older_than: Days = None,
    folder: Folder = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Show the size of the cache by stage.

    Example: tabletutor cache size --older-than 30
    """
    place, entries = _select(CacheFilter(stage, table, older_than), folder, config, time.time())
    total: dict[str, int] = defaultdict(int)
    for entry in entries:
        total[entry.stage] += entry.bytes
    for name, amount in sorted(total.items()):
        typer.echo(f"{escape_controls(name):<12} {amount / 1e6:>10.1f} MB")
    typer.echo(f"{'all':<12} {sum(total.values()) / 1e6:>10.1f} MB in {place}")


@app.command()
def verify(
    stage: Stage = None,
    table: Subject = None,
    older_than: Days = None,
    folder: Folder = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Check the checksums of all stored units. The exit status is 1 if one is damaged; such units are never used.

    Example: tabletutor cache verify
    """
    _, entries = _select(CacheFilter(stage, table, older_than), folder, config, time.time())
    found = [fault for entry in entries for fault in faults(entry)]
    for fault in found:
        typer.echo(escape_controls(fault))
    typer.echo(f"{sum(entry.units for entry in entries)} intact units, {len(found)} damaged files")
    if found:
        raise typer.Exit(1)


@app.command()
def clear(
    stage: Stage = None,
    table: Subject = None,
    older_than: Days = None,
    folder: Folder = None,
    config: Config = DEFAULT_CONFIG,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove cache entries. Results are never touched; without the cache, the same bytes are built again.

    Example: tabletutor cache clear --older-than 30 --yes
    """
    place, entries = _select(CacheFilter(stage, table, older_than), folder, config, time.time())
    megabytes = sum(entry.bytes for entry in entries) / 1e6
    if entries and not yes:
        typer.confirm(f"Remove {len(entries)} entries ({megabytes:.1f} MB) from {place}?", abort=True)
    for entry in entries:
        remove(entry)
    typer.echo(f"removed {len(entries)} entries ({megabytes:.1f} MB) from {place}")


def _select(selection: CacheFilter, folder: Path | None, config: Path, now: float) -> tuple[str, list[CacheEntry]]:
    """Return the cache folder in use, for display, and its selected entries."""
    try:
        place = folder or cache_folder(load(config).cache if config.exists() else None)
    except ConfigError as error:
        raise typer.BadParameter(escape_controls(str(error))) from error
    return escape_controls(str(place)), list(cache_entries(place, selection, now))
