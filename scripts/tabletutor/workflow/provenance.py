"""Where an artefact came from: what Snakemake noted of its job, and the way of one question through all files.

A file is traced by Snakemake's own metadata in the checkout (`.snakemake/metadata`). A row is traced by its question's
id through the JSON Lines files of the results folder, in the order in which data flows.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

METADATA = Path(".snakemake") / "metadata"
STAGES = ("questions", "episodes", "verdicts", "formats", "predictions", "scores")
_DIGEST = re.compile(r"^'([0-9a-f]{64})'$")
_SCRIPT = re.compile(r"([A-Za-z0-9_]+\.py)\"")


class Made(msgspec.Struct, frozen=True):
    """What Snakemake noted when a job finished: its rule, its inputs, and its parameters as Python literals."""

    rule: str
    input: list[str]
    params: list[str]
    code: str | None = None

    @property
    def script(self) -> str | None:
        """The name of the rule's script."""
        match = _SCRIPT.search(self.code or "")
        return match[1] if match else None

    @property
    def digests(self) -> list[str]:
        """Parameters that are digests: the code's, and that of a raw CSV."""
        return [match[1] for match in map(_DIGEST.match, self.params) if match]

    @property
    def files(self) -> list[str]:
        """What the job read: its inputs, and files that a parameter names; a raw CSV is no input (`contents.py`)."""
        named = [value[1:-1] for value in self.settings if re.fullmatch(r"'[^'\\]+'", value)]
        return [*self.input, *(name for name in named if Path(name).is_file())]

    @property
    def settings(self) -> list[str]:
        """The other parameters."""
        return [value for value in self.params if not _DIGEST.match(value)]


@dataclass(frozen=True)
class Sighting:
    """A line of a JSON Lines file that belongs to a question."""

    stage: str
    path: Path
    line: int
    row: dict[str, Any]


def notes(metadata: Path) -> dict[str, Made]:
    """Snakemake's notes by output path, as it spells the path. Empty where nothing has been run yet."""
    found: dict[str, Made] = {}
    for file in sorted(metadata.rglob("*")) if metadata.is_dir() else []:
        if file.is_file():
            parts = file.relative_to(metadata).parts
            name = urlsafe_b64decode("".join(part.removeprefix("@") for part in parts)).decode()
            found[name] = msgspec.json.decode(file.read_bytes(), type=Made)
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
