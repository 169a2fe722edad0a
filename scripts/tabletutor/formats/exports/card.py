"""The data card of an exported dataset: its content, source tables and licences, verification, and limitations."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from tabletutor.formats.audit import SplitAudit
from tabletutor.formats.exports.columns import features
from tabletutor.formats.exports.project import Exported, Project
from tabletutor.formats.own_rows import FAMILY
from tabletutor.formats.registry import load_format
from tabletutor.rows.row import OWN

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|<>&~$-])")


def card(project: Project) -> str:
    """Return the text of `README.md`, with the hub's metadata at its head."""
    environment = Environment(
        loader=PackageLoader("tabletutor.formats.exports", "templates"),
        autoescape=False,  # noqa: S701 - it is Markdown: text from tables goes through `plain`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = escape_markdown
    used = {table for exported in project.formats for split in exported.stats.splits for table in split.by_table}
    tables = [
        {"name": entry.table, "title": entry.title, "licence": entry.licence, "split": project.splits.of(entry.table)}
        for entry in project.tables
        if entry.table in used
    ]
    return environment.get_template("card.md.j2").render(
        head=yaml.safe_dump(_metadata(project), sort_keys=False, allow_unicode=True),
        project=project.config.project,
        formats=[_format(exported) for exported in project.formats],
        tables=tables,
        own=sorted(
            {Path(own.path).name for each in project.formats for split in each.stats.splits for own in split.own_rows}
        ),
        licences=sorted(Counter(table["licence"] for table in tables).items()),
        tolerance=project.config.verdicts.relative_tolerance,
    )


def escape_markdown(text: str) -> str:
    """Return text from a table as one line of Markdown with all markup escaped."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _metadata(project: Project) -> dict[str, Any]:
    rows = sum(split.rows for exported in project.formats for split in exported.stats.splits)
    size = next((name for limit, name in _SIZES if rows < limit), "n>1M")
    return {
        "pretty_name": f"{project.config.project}: questions about tables, worked through and verified",
        "language": ["en"],
        "license": "other",
        "license_name": "per-table",
        "license_link": "README.md",
        "task_categories": ["table-question-answering", "text-generation"],
        "tags": ["code", "agent", "tabular", "synthetic", "tabletutor"],
        "size_categories": [size],
        "configs": [
            {
                "config_name": exported.name,
                "data_files": [
                    {"split": split, "path": f"data/{exported.name}/{split}.jsonl"} for split in exported.rows()
                ],
            }
            for exported in project.formats
        ],
        "dataset_info": [
            {"config_name": exported.name, "features": features(load_format(exported.name).row)}
            for exported in project.formats
        ],
    }


def _format(exported: Exported) -> dict[str, Any]:
    audits = {split.split: split for split in exported.audit.splits}
    return {
        "name": exported.name,
        "read_as": load_format(exported.name).row.READ_AS,
        "splits": [
            {"split": split.split, "rows": split.rows}
            | {"tables": sum(not name.startswith(OWN) for name in split.by_table)}
            | {"families": sum(name != FAMILY for name in split.by_family)}
            | _figures(audits[split.split])
            for split in exported.stats.splits
        ],
    }


def _figures(audit: SplitAudit) -> dict[str, Any]:
    return {"right": audit.right, "surface": audit.surface_accuracy, "likelier": audit.likelier_label}
