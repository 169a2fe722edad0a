"""`tabletutor sandbox`: try a cell the way teachers and students run theirs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tabletutor.config.schema import SandboxConfig
from tabletutor.sandbox.pool import Sandbox

app = typer.Typer(no_args_is_help=True, help="Run code in the sandbox.")


@app.callback()
def sandbox() -> None:
    """Run code in the sandbox."""


@app.command()
def run(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A Python file, run as one cell.")],
    table: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A `table.parquet`, there as `df`.")
    ] = None,
) -> None:
    """Run FILE as one cell of a fresh session; print its output, then its answer or its error.

    The exit status is 0 when the cell ended well and 1 when it raised, or when it ended its session.

    Example: tabletutor sandbox run cell.py --table results/tables/penguins/table.parquet
    """
    try:
        code = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not UTF-8 text: {error}") from error
    with Sandbox(table, SandboxConfig()) as warm, warm.session() as session:
        result = session.run(code)
    _print(result.stdout)
    if result.submitted:
        _print(f"submitted: {result.answer!r}\n")
    if result.error is not None:
        print(_safe(result.error), file=sys.stderr)  # noqa: T201
        raise typer.Exit(1)


def _print(text: str) -> None:
    sys.stdout.write(_safe(text))


def _safe(text: str) -> str:
    """Without control characters, so that output cannot drive the reader's terminal."""
    return "".join(char if char.isprintable() or char in "\n\t" else repr(char)[1:-1] for char in text)
