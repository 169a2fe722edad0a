"""Where an artefact came from: what identifies it, and the way of one question through all files.

A file is traced by the identities beside it (`artefact.py`). A row is traced by its question's id through the JSON
Lines files of the results folder, in the order in which data flows.
"""

from ast import literal_eval
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tabletutor.workflow.provenance.artefact import FOLDER, Artefact, in_results, read_artefact
from tabletutor.workflow.provenance.cutoff import Source, how_made

STAGES = ("questions", "episodes", "verdicts", "formats", "predictions", "scores")


class Made(NamedTuple):
    """An artefact, and how the last job that was to make it came by it: None if it did the work."""

    artefact: Artefact
    spared: Source | None

    @property
    def script(self) -> str:
        """The name of the rule's script. A variant of a rule, `whole_checkpoint`, has the script of that rule."""
        return f"{self.artefact.rule.removeprefix('whole_')}.py"

    @property
    def code(self) -> str:
        """The digest of the code that made it."""
        return literal_eval(self.artefact.parameters["code"])

    @property
    def files(self) -> list[str]:
        """What the job read, as noted: its inputs, and the raw CSV, which is a parameter (`contents.py`)."""
        csv = self.artefact.parameters.get("path")
        return [*self.artefact.inputs, *([literal_eval(csv)] if csv else [])]

    @property
    def settings(self) -> dict[str, str]:
        """The other parameters by name."""
        return {name: value for name, value in self.artefact.parameters.items() if name != "code"}


@dataclass(frozen=True)
class Sighting:
    """A line of a JSON Lines file that belongs to a question."""

    stage: str
    path: Path
    line: int
    row: dict[str, Any]


def made_in(results: str) -> dict[str, Made]:
    """All that is known of the artefacts in a results folder, by the path of each output."""
    found: dict[str, Made] = {}
    for path in sorted((Path(results) / FOLDER).rglob("*.json")):
        if artefact := read_artefact(path):
            made = Made(artefact, how_made(path))
            found |= {in_results(name, results): made for name in artefact.outputs}
    return found


def origin(path: str, made: dict[str, Made]) -> str | None:
    """The output that `path` is or lies in (a file inside a folder that a rule makes), or None if no rule made it."""
    candidates = [path, *(str(parent) for parent in Path(path).parents)]
    return next((candidate for candidate in candidates if candidate in made), None)


def row_of(path: Path, line: int) -> dict[str, Any]:
    """The object in one line (from 1) of a JSON Lines file. Raises ValueError where there is none."""
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
    """The results folder that `path` lies in, told by the identities in it; None if there is none."""
    return next((str(parent) for parent in path.parents if (parent / FOLDER).is_dir()), None)


def results_folder(path: Path) -> Path:
    """The results folder `path` lies in: the one above its stage's folder. Raises ValueError if it lies in none."""
    for parent in path.parents:
        if parent.name in (*STAGES, "tables"):
            return parent.parent
    raise ValueError(f"{path}: not in a folder of results; there, a row lies below one of {', '.join(STAGES)}")


def sightings(results: Path, question_id: str) -> Iterator[Sighting]:
    """Every line about a question, stage by stage in the order of the data, files by name."""
    needle = question_id.encode()
    for stage in STAGES:
        for path in sorted((results / stage).rglob("*.jsonl")):
            with path.open("rb") as stream:
                for number, text in enumerate(stream, start=1):
                    if needle in text:
                        row: Any = msgspec.json.decode(text)
                        if isinstance(row, dict) and row.get("question_id") == question_id:
                            yield Sighting(stage, path, number, row)
