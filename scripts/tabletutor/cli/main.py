"""The `tabletutor` command. Every verb is a thin layer over a library function; none of them loads a model."""

import difflib
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tabletutor.cli import sandbox

app = typer.Typer(
    help="Teach small language models to analyse tables, reproducibly. The work itself is done by Snakemake: "
    "`snakemake --profile local`; this command explains and checks it.",
    epilog="Example: tabletutor explain results/scores/tuned/test.jsonl:1",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(sandbox.app, name="sandbox")
console = Console(width=None if sys.stdout.isatty() else 1000)  # in a pipe, lines are left whole


@app.command(epilog="Example: tabletutor explain results/predictions/tuned/test.jsonl:12")
def explain(
    target: Annotated[str, typer.Argument(metavar="FILE[:ROW]", help="An artefact, or one row of it, counted from 1.")],
) -> None:
    """Show how a file or a row came to be: rule, code, parameters, inputs and hashes, or a question's whole way."""
    from tabletutor.cli.explain import explain as explained

    try:
        tree = explained(target)
    except ValueError as error:
        _stop(str(error))
    console.print(tree)


@app.command(epilog="Example: tabletutor doctor --config config/smoke.yaml")
def doctor(
    config: Annotated[Path, typer.Option(help="The configuration to check.")] = Path("config/config.yaml"),
) -> None:
    """Check this machine and checkout: Python, locked packages, profiles, configuration, disk, sandbox."""
    from tabletutor.cli.doctor import examine

    findings = list(examine(Path.cwd(), config))
    table = Table(box=None, show_header=False)
    for finding in findings:
        mark = "[green]ok[/green]" if finding.good else "[red]to do[/red]"
        table.add_row(
            mark, finding.subject, Text(finding.seen if finding.good else f"{finding.seen}\n→ {finding.remedy}")
        )
    console.print(table)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@app.command(epilog="Example: tabletutor schema > config/config.schema.json")
def schema() -> None:
    """Print the JSON Schema of the configuration."""
    from tabletutor.config.jsonschema import schema_text

    typer.echo(schema_text(), nl=False)


@app.command(epilog="Example: tabletutor code tables")
def code(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule, which is also the name of its script.")],
) -> None:
    """Print all the code a rule's results depend on: modules and data files it reaches, and versions of packages."""
    from tabletutor.workflow.code import SCRIPTS, closure

    known = sorted(path.stem for path in SCRIPTS.glob("*.py"))
    if rule not in known:
        close = difflib.get_close_matches(rule, known, n=1)
        _stop(f"no rule {rule!r}; " + (f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"))
    reached = closure(f"{rule}.py")
    for kind, name, value in reached.items():
        typer.echo(f"{kind:<8} {value if kind == 'version' else value[:16]:<18} {name}")
    typer.echo(f"{'digest':<8} {reached.digest()}")


def _stop(message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(Text(message, style="red"))
    raise typer.Exit(1)
