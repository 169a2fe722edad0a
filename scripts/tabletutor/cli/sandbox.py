"""`tabletutor sandbox`: run a cell as teachers and students do."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from loguru import logger

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host import image as images
from tabletutor.sandbox.host.pool import Sandbox, SandboxError
from tabletutor.telemetry.terminal import escape_controls, escape_message

app = typer.Typer(no_args_is_help=True, help="Run code in the sandbox.")


@app.callback()
def sandbox() -> None:
    """Run code in the sandbox."""


@app.command()
def run(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A Python file, run as one cell.")],
    table: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A `table.parquet`, available as `df`.")
    ] = None,
    backend: Annotated[
        Literal["process", "docker"], typer.Option(help="A process, or a container of the engine at DOCKER_HOST.")
    ] = "process",
) -> None:
    """Run FILE as one cell of a new session, and print its output, then its answer or its error.

    The exit status is 1 if the cell raised an error or ended its session, else 0.

    Example: tabletutor sandbox run cell.py --table results/tables/penguins/table.parquet
    """
    try:
        code = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not UTF-8 text: {error}") from error
    logger.remove()
    logger.configure(patcher=escape_message)
    logger.add(sys.stderr, level="WARNING", format="{message}")
    try:
        with Sandbox(table, SandboxConfig(backend=backend)) as warm, warm.session() as session:
            result = session.run(code)
    except (SandboxError, OSError) as error:
        raise typer.BadParameter(escape_controls(str(error))) from error
    typer.echo(escape_controls(result.stdout), nl=False)
    if result.submitted:
        typer.echo(escape_controls(f"submitted: {result.answer!r}"))
    if result.error is not None:
        typer.echo(escape_controls(result.error), err=True)
        raise typer.Exit(1)


@app.command()
def image() -> None:
    """Build the image of the `docker` backend from this environment, without a registry, and print its name.

    The image is kept. Otherwise, a workflow run builds one when it first needs it, and removes it at its end.

    Example: tabletutor sandbox image
    """
    print(images.build(_engine(), {}))  # noqa: T201


@app.command()
def sweep() -> None:
    """Remove the containers and images that killed runs left behind, and print their names.

    Every start of the `docker` backend does this too.

    Example: tabletutor sandbox sweep
    """
    for name in images.sweep(_engine()):
        print(name)  # noqa: T201


def _engine() -> Any:
    try:
        return images.connect()
    except OSError as error:
        raise typer.BadParameter(escape_controls(str(error))) from error
