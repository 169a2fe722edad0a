"""The report as one self-contained HTML file: no network, no script, everything from outside escaped."""

import unicodedata
from collections.abc import Mapping
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

LONGEST_TEXT = 4000  # characters of one cell, output or answer; the cut is marked
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


def build_report(inputs: ReportInputs) -> str:
    """The report's HTML. Pure: the same inputs give the same text."""
    environment = Environment(
        loader=PackageLoader("tabletutor.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
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
    style = resources.files("tabletutor.reporting").joinpath("templates/style.css").read_text("utf-8")
    return environment.get_template("report.html.j2").render(context(inputs), style=Markup(style))


def write_report(
    files: ReportFiles,
    title: str,
    project: str,
    entries: Mapping[str, Mapping[str, str]],
    settings: Mapping[str, Any],
    out: Path,
) -> None:
    """Read all artefacts and write the report to `out` (`{results}/report/index.html`).

    Args:
        files: The artefacts.
        title: Title of the report.
        project: Name of the project.
        entries: The table list by table; `licence` and `title` are shown.
        settings: The configuration behind the result, nested as it is.
        out: The page; artefacts are named relative to the folder two above it.

    Raises:
        ValueError: Naming the file and line that does not fit its record.
    """
    shown = {table: TableEntry(entry.get("licence", ""), entry.get("title", "")) for table, entry in entries.items()}
    versions = {package: version(package) for package in PACKAGES}
    inputs = read_inputs(
        files=files,
        title=title,
        project=project,
        entries=shown,
        settings=settings,
        versions=versions,
        root=out.parent.parent,
    )
    write_atomic(out, build_report(inputs).encode())


def visible(value: Any) -> Any:
    """Text with what cannot be seen made visible (control and direction characters, lone surrogates), cut if long."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return "" if value is None else value
    cut = value[:LONGEST_TEXT]
    plain = "".join(
        character
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        else _code(character)
        for character in cut
    )
    return plain + (f" … ({len(value) - LONGEST_TEXT:,} more characters)" if len(value) > LONGEST_TEXT else "")


def _code(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"


def percent(share: float | None) -> str:
    """A share of 1 as a percentage with one decimal; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f}\u202f%"


def signed(points: float) -> str:
    """Percentage points with their sign, a true minus."""
    return f"{points:+.1f}".replace("-", "−")


def p_value(p: float | None) -> str:
    """A p-value to two significant digits; tiny ones as a power of ten."""
    if p is None:
        return "–"
    if p == 0:
        return "<\u202f10⁻³⁰⁰"
    if p >= 0.001:
        return f"{p:.2g}"
    mantissa, exponent = f"{p:.1e}".split("e")
    return f"{mantissa}\u202f×\u202f10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def answer(value: Any) -> str:
    """An answer as JSON."""
    return msgspec.json.encode(value, order="sorted").decode()


def thousands(value: int) -> str:
    """A count with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")
