"""`tabletutor cache`: what is kept of finished work, whether it is whole, and how to be rid of it."""

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
from tabletutor.workflow.provenance.cache import Choice, Kept, cache_folder, faults, kept_works, remove

app = typer.Typer(
    no_args_is_help=True,
    help="Finished work: journals, states of training, whole artefacts.",
    epilog="Example: tabletutor cache list --stage episodes",
)
console = Console(soft_wrap=True)

Stage = Annotated[str | None, typer.Option(help="Only of this stage or rule: episodes, training, checkpoint …")]
Subject = Annotated[str | None, typer.Option("--table", help="Only of this table, or run.")]
Days = Annotated[float | None, typer.Option("--older-than", help="Only what was not added to for so many days.")]
Folder = Annotated[Path | None, typer.Option(help="The cache; else $TABLETUTOR_CACHE, or what the configuration says.")]
Config = Annotated[Path, typer.Option(help="The configuration that says where the cache is.")]
DEFAULT_CONFIG = Path("config/config.yaml")


@app.command("list")
def list_works(
    stage: Stage = None,
    table: Subject = None,
    older_than: Days = None,
    folder: Folder = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """List what is kept, one line for each stage, table or run, and identity.

    Example: tabletutor cache list --stage episodes
    """
    listed = Table(box=None)
    for name in ("stage", "table or run", "identity", "units", "MB", "days old"):
        listed.add_column(name, justify="right" if name in ("units", "MB", "days old") else "left")
    now = time.time()
    place, works = _chosen(Choice(stage, table, older_than), folder, config, now)
    for kept in works:
        numbers = (str(kept.units), f"{kept.bytes / 1e6:.1f}", f"{kept.days_old(now):.1f}")
        listed.add_row(*(Text(escape_controls(name)) for name in (kept.stage, kept.subject, kept.identity)), *numbers)
    console.print(listed if works else Text(f"nothing is kept in {place}"))


@app.command()
def size(
    stage: Stage = None,
    table: Subject = None,
    older_than: Days = None,
    folder: Folder = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Say how much is kept, by stage.

    Example: tabletutor cache size --older-than 30
    """
    place, works = _chosen(Choice(stage, table, older_than), folder, config, time.time())
    total: dict[str, int] = defaultdict(int)
    for kept in works:
        total[kept.stage] += kept.bytes
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
    """Check every kept unit against its checksum. The exit status is 1 where one is torn or broken; none of these is
    ever served.

    Example: tabletutor cache verify
    """
    _, works = _chosen(Choice(stage, table, older_than), folder, config, time.time())
    found = [fault for kept in works for fault in faults(kept)]
    for fault in found:
        typer.echo(escape_controls(fault))
    typer.echo(f"{sum(kept.units for kept in works)} whole units, {len(found)} files with faults")
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
    """Remove what is kept. Results are never touched: without the cache the same bytes come out, later.

    Example: tabletutor cache clear --older-than 30 --yes
    """
    place, works = _chosen(Choice(stage, table, older_than), folder, config, time.time())
    megabytes = sum(kept.bytes for kept in works) / 1e6
    if works and not yes:
        typer.confirm(f"Remove {len(works)} works ({megabytes:.1f} MB) from {place}?", abort=True)
    for kept in works:
        remove(kept)
    typer.echo(f"removed {len(works)} works ({megabytes:.1f} MB) from {place}")


def _chosen(choice: Choice, folder: Path | None, config: Path, now: float) -> tuple[str, list[Kept]]:
    """The cache that is meant, as it is shown, and the works in it that are."""
    try:
        place = folder or cache_folder(load(config).cache if config.exists() else None)
    except ConfigError as error:
        raise typer.BadParameter(escape_controls(str(error))) from error
    return escape_controls(str(place)), list(kept_works(place, choice, now))
