"""Render the report as one self-contained HTML file without scripts or external resources. All text is escaped."""

import unicodedata
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tabletutor.records.files import write_atomic
from tabletutor.reporting.context import context
from tabletutor.reporting.inputs import ReportFiles, ReportInputs, TableEntry, read_inputs

LONGEST_TEXT = 4000  # characters of one cell, output or answer; longer text is cut and marked
PACKAGES = (
    "pandas",
    "duckdb",
    "polars",
    "torch",
    "transformers",
    "peft",
    "snakemake",
    "scipy",
    "statsmodels",
    "altair",
)


def templates() -> Environment:
    """Return the report's templates. They escape all values."""
    environment = Environment(
        loader=PackageLoader("tabletutor.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=make_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "p_value": p_value,
        "signed": signed,
        "answer": answer,
        "thousands": thousands,
    }
    return environment


def build_report(inputs: ReportInputs) -> str:
    """Return the report's HTML. The same inputs always give the same text."""
    style = resources.files("tabletutor.reporting").joinpath("templates/style.css").read_text("utf-8")
    return templates().get_template("report.html.j2").render(context(inputs), style=Markup(style))


def write_report(
    files: ReportFiles,
    title: str,
    project: str,
    entries: Mapping[str, Mapping[str, str]],
    settings: Mapping[str, Any],
    out: Path,
    *,
    other_looks: Sequence[str] = (),
) -> None:
    """Read all artefacts and write the report to `out` (`{results}/report/index.html`).

    Args:
        files: The artefacts.
        title: Title of the report.
        project: Name of the project.
        entries: The table list by table. The report shows `licence` and `title`.
        settings: The configuration to show, nested.
        out: The page. Artefacts are named relative to the folder two levels above it.
        other_looks: Lines of the ledgers of runs that the report does not show.

    Raises:
        ValueError: If a file does not fit its record. Names the file, and the line if there is one.
    """
    known_entries = {
        table: TableEntry(entry.get("licence", ""), entry.get("title", "")) for table, entry in entries.items()
    }
    versions = {package: version(package) for package in PACKAGES}
    inputs = read_inputs(
        files=files,
        title=title,
        project=project,
        entries=known_entries,
        settings=settings,
        versions=versions,
        root=out.parent.parent,
        other_looks=other_looks,
    )
    write_atomic(out, build_report(inputs).encode())


def make_visible(value: Any) -> Any:
    """Return text with invisible characters written as code points and long text cut; None becomes "".

    Applies to control and format characters and to lone surrogates. Markup and other values are returned unchanged.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return "" if value is None else value
    cut = value[:LONGEST_TEXT]
    plain = "".join(
        character
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else _code_point(character)
        for character in cut
    )
    return plain + (f" … ({len(value) - LONGEST_TEXT:,} more characters)" if len(value) > LONGEST_TEXT else "")


def _code_point(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"


def percent(share: float | None) -> str:
    """Return a share of 1 as a percentage with one decimal, or a dash for None."""
    return "–" if share is None else f"{100 * share:.1f}\u202f%"


def signed(points: float) -> str:
    """Return percentage points with one decimal and a sign, using U+2212 as minus."""
    return f"{points:+.1f}".replace("-", "−")


def p_value(p: float | None) -> str:
    """Return a p-value with two significant digits. Values below 0.001 use a power of ten; None gives a dash."""
    if p is None:
        return "–"
    if p == 0:
        return "<\u202f10⁻³⁰⁰"
    if p >= 0.001:
        return f"{p:.2g}"
    mantissa, exponent = f"{p:.1e}".split("e")
    return f"{mantissa}\u202f×\u202f10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def answer(value: Any) -> str:
    """Return an answer as JSON."""
    return msgspec.json.encode(value, order="sorted").decode()


def thousands(value: int) -> str:
    """Return a count with narrow no-break spaces between groups of thousands."""
    return f"{value:,}".replace(",", "\u202f")
