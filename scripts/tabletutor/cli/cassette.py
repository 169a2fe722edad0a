"""`tabletutor cassette`: merge recorded responses of teachers, and count them."""

from collections import defaultdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tabletutor.teachers.cassette import Cassette, merge
from tabletutor.telemetry.terminal import escape_controls

app = typer.Typer(
    no_args_is_help=True,
    help="Merge and count recorded responses of teachers.",
    epilog="Example: tabletutor cassette show cassettes/episodes/mpg.jsonl.gz",
)


@app.command("merge")
def merge_files(
    output: Annotated[Path, typer.Argument(help="The file to write; it may also be one of the inputs.")],
    inputs: Annotated[list[Path], typer.Argument(help="The cassettes to merge.")],
) -> None:
    """Merge cassettes into one, sorted and well compressed. Two different responses to one request are an error.

    Example: tabletutor cassette merge all.jsonl.gz mine.jsonl.gz yours.jsonl.gz
    """
    try:
        count = merge(inputs, output)
    except (OSError, ValueError) as error:
        _stop(str(error))
    typer.echo(f"{count} responses in {escape_controls(str(output))}")


@app.command()
def show(file: Annotated[Path, typer.Argument(help="A cassette.")]) -> None:
    """Count the requests and tokens of each model on a cassette. `zcat` shows the requests and responses themselves.

    Example: tabletutor cassette show cassettes/episodes/mpg.jsonl.gz
    """
    if not file.is_file():
        _stop(f"{file}: no such file; name a cassette, such as cassettes/episodes/mpg.jsonl.gz")
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    try:
        for entry in Cassette(file):
            count = counts[entry.request.model, entry.request.revision]
            count[0] += 1
            count[1] += entry.response.prompt_tokens
            count[2] += entry.response.completion_tokens
    except (OSError, ValueError) as error:
        _stop(str(error))
    rows = Table(box=None)
    for name in ("model", "revision"):
        rows.add_column(name)
    for name in ("requests", "prompt tokens", "answer tokens"):
        rows.add_column(name, justify="right")
    for (model, revision), numbers in sorted(counts.items()):
        rows.add_row(*(Text(escape_controls(name)) for name in (model, revision)), *(f"{each:,}" for each in numbers))
    Console(soft_wrap=True).print(rows)


def _stop(message: str) -> NoReturn:
    typer.secho(escape_controls(message), fg="red", err=True)
    raise typer.Exit(1)
