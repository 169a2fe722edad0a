"""Trace where an artefact came from, and follow one question through all files.

A file is traced by the identity files beside it (`artefact.py`). A row is traced by its question's id through the JSON
Lines files of the results folder, in the order in which data flows.
"""

from ast import literal_eval
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tabletutor.workflow.provenance.artefact import FOLDER, Artefact, path_in_results, read_artefact
from tabletutor.workflow.provenance.cutoff import Source, reuse_source

STAGES = ("questions", "episodes", "verdicts", "formats", "rounds", "predictions", "scores")
# Rules that use the script of another rule.
VARIANTS = {"whole_checkpoint": "checkpoint", "round_predictions": "predictions", "round_audit": "audit"}


class Provenance(NamedTuple):
    """An artefact, and where its last job took it from; `source` is None if the job did the work itself."""

    artefact: Artefact
    source: Source | None

    @property
    def script(self) -> str:
        """The name of the rule's script. A variant of a rule, such as `whole_checkpoint`, uses that rule's script."""
        return f"{VARIANTS.get(self.artefact.rule, self.artefact.rule)}.py"

    @property
    def code(self) -> str:
        """The digest of the code that produced it."""
        return literal_eval(self.artefact.parameters["code"])

    @property
    def files(self) -> list[str]:
        """The recorded paths of what the job read: inputs, and the raw CSV, which is a parameter (`contents.py`)."""
        csv = self.artefact.parameters.get("path")
        return [*self.artefact.inputs, *([literal_eval(csv)] if csv else [])]

    @property
    def settings(self) -> dict[str, str]:
        """All parameters except the code digest, by name."""
        return {name: value for name, value in self.artefact.parameters.items() if name != "code"}


@dataclass(frozen=True)
class Sighting:
    """A line of a JSON Lines file that belongs to a question."""

    stage: str
    path: Path
    line: int
    row: dict[str, Any]


def provenance_by_output(results: str) -> dict[str, Provenance]:
    """Return the provenance of all artefacts in a results folder, by the path of each output."""
    found: dict[str, Provenance] = {}
    for path in sorted((Path(results) / FOLDER).rglob("*.json")):
        if artefact := read_artefact(path):
            provenance = Provenance(artefact, reuse_source(path))
            found |= {path_in_results(name, results): provenance for name in artefact.outputs}
    return found


def containing_output(path: str, outputs: dict[str, Provenance]) -> str | None:
    """Return the output that `path` is, or is inside (for a folder that a rule makes); None if no rule made it."""
    candidates = [path, *(str(parent) for parent in Path(path).parents)]
    return next((candidate for candidate in candidates if candidate in outputs), None)


def read_row(path: Path, line: int) -> dict[str, Any]:
    """Return the object in one line (from 1) of a JSON Lines file. Raises ValueError if there is none."""
    lines = path.read_bytes().splitlines()
    if not 1 <= line <= len(lines):
        raise ValueError(f"{path}:{line}: no such row; the file has {len(lines)} rows, counted from 1")
    try:
        row: Any = msgspec.json.decode(lines[line - 1])
    except msgspec.DecodeError as error:
        raise ValueError(f"{path}:{line}: not JSON: {error}") from error
    if not isinstance(row, dict):
        raise ValueError(f"{path}:{line}: not a JSON object")
    return row


def folder_with_identities(path: Path) -> str | None:
    """Return the closest folder above `path` that has identity files; None if there is none."""
    return next((str(parent) for parent in path.parents if (parent / FOLDER).is_dir()), None)


def results_folder(path: Path) -> Path:
    """Return the results folder of `path`, the parent of its stage's folder. Raises ValueError if there is none."""
    for parent in path.parents:
        if parent.name in (*STAGES, "tables"):
            return parent.parent
    raise ValueError(f"{path}: not in a results folder; expected a file below one of {', '.join(STAGES)}")


def sightings(results: Path, question_id: str) -> Iterator[Sighting]:
    """Yield every line about a question, by stage in the order in which data flows, then by file name."""
    needle = question_id.encode()
    for stage in STAGES:
        for path in sorted((results / stage).rglob("*.jsonl")):
            with path.open("rb") as stream:
                for number, text in enumerate(stream, start=1):
                    if needle in text:
                        row: Any = msgspec.json.decode(text)
                        if isinstance(row, dict) and row.get("question_id") == question_id:
                            yield Sighting(stage, path, number, row)
