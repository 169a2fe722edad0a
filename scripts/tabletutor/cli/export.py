"""`tabletutor export`: write a project's training rows in the formats of other tools."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from tabletutor.formats.exports.project import Project, read_project
from tabletutor.telemetry.terminal import escape_controls

app = typer.Typer(help="Write a project's training rows in the formats of other tools.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The output folder; new or empty.")]
Config = Annotated[Path, typer.Option(help="The project's configuration.")]
DEFAULT = Path("config/config.yaml")


@app.command(epilog="Example: tabletutor export hf /tmp/dataset")
def hf(folder: Folder, config: Config = DEFAULT) -> None:
    """Write a dataset folder for the Hugging Face hub: rows, data card, Croissant metadata, checksums."""
    from tabletutor.formats.exports.hub import export_hub

    _export(export_hub, folder=folder, config=config)


@app.command(epilog="Example: tabletutor export llama-factory /tmp/data")
def llama_factory(folder: Folder, config: Config = DEFAULT) -> None:
    """Write a data folder for LLaMA-Factory, with `dataset_info.json`."""
    from tabletutor.formats.exports.llama_factory import export_llama_factory

    _export(export_llama_factory, folder=folder, config=config)


@app.command(epilog="Example: tabletutor export adp /tmp/trajectories")
def adp(folder: Folder, config: Config = DEFAULT) -> None:
    """Write whole traces in the Agent Data Protocol."""
    from tabletutor.formats.exports.adp import export_adp

    _export(export_adp, folder=folder, config=config)


def _export(write: Callable[[Project, Path], list[str]], *, folder: Path, config: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        typer.secho(escape_controls(f"{folder}: not empty; use a new folder, or remove this one"), fg="red", err=True)
        raise typer.Exit(1)
    try:
        names = write(read_project(config), folder)
    except ValueError as error:
        typer.secho(escape_controls(str(error)), fg="red", err=True)
        raise typer.Exit(1) from None
    for name in names:
        typer.echo(escape_controls(name))
