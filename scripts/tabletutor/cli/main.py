"""The `tabletutor` command. Each subcommand is a thin layer over a library function; only `serve` loads a model."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tabletutor.cli import cache, cassette, export, sandbox
from tabletutor.telemetry.terminal import escape_controls

app = typer.Typer(
    help="Teach small language models to analyse tables, reproducibly. Snakemake does the work: "
    "`snakemake --profile local`. This command explains and checks it.",
    epilog="Example: tabletutor explain results/scores/tuned/test.jsonl:1",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cache.app, name="cache")
app.add_typer(cassette.app, name="cassette")
app.add_typer(export.app, name="export")
app.add_typer(sandbox.app, name="sandbox")
console = Console(width=None if sys.stdout.isatty() else 1000)  # do not wrap lines in a pipe


@app.command(epilog="Example: tabletutor explain results/predictions/tuned/test.jsonl:12")
def explain(
    target: Annotated[str, typer.Argument(metavar="FILE[:ROW]", help="An artefact, or one row of it, counted from 1.")],
) -> None:
    """Show how a file was built (rule, code, parameters, inputs, hashes), or every stage of a row's question."""
    from tabletutor.cli.explain import explain as explain_target

    try:
        tree = explain_target(target)
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
            mark,
            finding.subject,
            Text(escape_controls(finding.seen if finding.good else f"{finding.seen}\n→ {finding.remedy}")),
        )
    console.print(table)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@app.command(epilog="Example: tabletutor arms --config config/experiments/interleaved.yaml")
def arms(
    config: Annotated[Path, typer.Option(help="The project's configuration.")] = Path("config/config.yaml"),
) -> None:
    """Print the comparison of a project's arms as Markdown tables: figures by group, and differences with p-values."""
    from tabletutor.cli.arms import tables

    try:
        compared = tables(config)
    except ValueError as error:
        _stop(str(error))
    console.print(*compared)


@app.command(epilog="Example: tabletutor triangulate results --replay")
def triangulate(
    results: Annotated[Path, typer.Argument(help="A results folder with episodes and verdicts.")],
    replay: Annotated[bool, typer.Option("--replay", help="Replay the votes with every smaller number.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how independent traces vote, and the share of questions that n of them would verify, to choose their number.

    Runs nothing: it reads the traces on file.
    """
    from tabletutor.cli.triangulate import tables, triangulation
    from tabletutor.records.record import encode

    try:
        found = triangulation(results, replay)
    except (OSError, ValueError) as error:
        _stop(str(error))
    if as_json:
        typer.echo(encode(found).decode())
    else:
        console.print(*tables(found), sep="\n")


@app.command(epilog="Example: tabletutor schema > config/config.schema.json")
def schema() -> None:
    """Print the JSON Schema of the configuration."""
    from tabletutor.config.jsonschema import schema_text

    typer.echo(schema_text(), nl=False)


@app.command(epilog="Example: tabletutor code episodes --diff HEAD~5")
def code(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule's name, which is also its script's name.")],
    explain: Annotated[
        bool, typer.Option("--explain", help="List everything that is reached, and from where.")
    ] = False,
    diff: Annotated[str | None, typer.Option(metavar="REV", help="Show what has changed since a git revision.")] = None,
) -> None:
    """Show the code that a rule's results depend on: functions, constants, data files and package versions."""
    from tabletutor.cli.code import differences, explanation, script_of, summary
    from tabletutor.workflow.identity.code import SCRIPTS, closure

    try:
        reached = closure(script_of(rule))
        lines = list(explanation(reached) if explain else [] if diff else summary(reached))
        if diff is not None:
            lines += list(differences(rule, diff, SCRIPTS.parent)) or [f"{rule}: nothing has changed since {diff}"]
    except ValueError as error:
        _stop(str(error))
    for line in lines:
        typer.echo(escape_controls(line))


@app.command(epilog="Example: tabletutor reproduce --config config/smoke.yaml")
def reproduce(
    config: Annotated[Path, typer.Option(help="The project's configuration.")] = Path("config/config.yaml"),
) -> None:
    """Build a project here, if needed, and again in a second checkout, and compare the SHA-256 of every artefact.

    The second build has a different path, hash seed, umask, locale, time zone, number of cores and job order, and an
    empty cache. The digests are written to MANIFEST.sha256 in the results folder.
    """
    from tabletutor.workflow.reproduce import reproduce as build_twice

    try:
        first, differing, second = build_twice(Path.cwd(), config)
    except (RuntimeError, ValueError) as error:
        _stop(str(error))
    for name, digest in first.items():
        typer.echo(escape_controls(f"{digest}  {name}"))
    if differing:
        _stop("\n".join([*(f"differs: {name}" for name in differing), f"the second build is kept in {second}"]))
    typer.echo(f"{len(first)} artefacts, identical in both builds")


@app.command(epilog="Example: tabletutor serve tuned --port 8000")
def serve(
    target: Annotated[
        str,
        typer.Argument(
            metavar="RUN|MODEL|FOLDER", help="A run or a model of the project, or a folder with transformers weights."
        ),
    ],
    config: Annotated[Path, typer.Option(help="The project's configuration.")] = Path("config/config.yaml"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = 8000,
    batch: Annotated[int, typer.Option(min=1, help="Replies that are decoded together; others wait.")] = 16,
    max_context: Annotated[
        int | None, typer.Option(min=2, help="Maximum number of tokens per conversation. Default: the model's.")
    ] = None,
) -> None:
    """Serve a trained run or a model as an OpenAI-compatible chat endpoint (`docs/serving.md`)."""
    from tabletutor.cli.serve import find_weights, open_server
    from tabletutor.serving.server import is_loopback

    try:
        try:
            weights = find_weights(target, config)
            server = open_server(weights, host, port, batch, max_context)
        except (OSError, ValueError) as error:
            _stop(str(error))
        if not is_loopback(host):
            _warn(
                f"{host} can be reached from other machines, and there is no authentication: anyone can use the model"
            )
        typer.echo(f"serving {escape_controls(weights.name)} at {server.address}")
        server.run()
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _warn(message: str) -> None:
    Console(stderr=True, soft_wrap=True).print(Text(escape_controls(message), style="yellow"))


def _stop(message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(Text(escape_controls(message), style="red"))
    raise typer.Exit(1)
