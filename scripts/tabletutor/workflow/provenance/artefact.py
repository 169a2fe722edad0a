"""The identity of an artefact, stored beside it: `<results>/identity/<rule>/<wildcards>.json`, one file per job.

Identity files travel with the results. Jobs with equal identities produce equal bytes, so a job has nothing to do if
the existing artefact has its identity (`cutoff.py`). Paths inside the results folder begin with `<results>`, so the
folder may have a different name elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tabletutor.records.files import sha256_file
from tabletutor.records.identity import digest
from tabletutor.records.record import Record, read_record, write_record
from tabletutor.workflow.provenance.reads import Reads, select_reads

FOLDER = "identity"
_RESULTS = "<results>"


class Artefact(Record, frozen=True):
    """The outputs of a finished job.

    Attributes:
        rule: The name of its rule.
        wildcards: The job's wildcards by name.
        identity: SHA-256 over everything that determines the outputs: rule, wildcards, parameters (including the code
            digest), and the content of what the script reads.
        parameters: All parameters by name, as Python literals.
        inputs: SHA-256 of every input, by path. Includes gates and tables of other splits, which are not part of the
            identity.
        outputs: SHA-256 of every output, by path.
    """

    rule: str
    wildcards: dict[str, str]
    identity: str
    parameters: dict[str, str]
    inputs: dict[str, str]
    outputs: dict[str, str]


class Plan(NamedTuple):
    """The outputs of a job that has not run: an artefact whose output digests are not known yet.

    `reads` is what its script is given; `outputs` are its output files, sorted.
    """

    reads: Reads
    results: str
    rule: str
    wildcards: dict[str, str]
    identity: str
    parameters: dict[str, str]
    inputs: dict[str, str]
    outputs: tuple[str, ...]

    @property
    def file(self) -> Path:
        """The path of the identity file."""
        return identity_file(self.results, self.rule, self.wildcards.values())

    @property
    def subject(self) -> str:
        """The wildcards joined into one word; `all` if there are none."""
        return "~".join(self.wildcards.values()) or "all"

    @property
    def output_names(self) -> list[str]:
        """The outputs' paths as identity files have them."""
        return [relative_to_results(name, self.results) for name in self.outputs]

    def to_artefact(self) -> Artefact:
        """Return the artefact, with digests of the outputs as they are on disk."""
        digests = [sha256_file(Path(name)) for name in self.outputs]
        return self.with_outputs(dict(zip(self.output_names, digests, strict=True)))

    def with_outputs(self, outputs: dict[str, str]) -> Artefact:
        """Return the artefact with the given output digests."""
        return Artefact(self.rule, self.wildcards, self.identity, self.parameters, self.inputs, outputs)

    def matches(self, artefact: Artefact, files: Sequence[Path]) -> bool:
        """Return whether an existing artefact has this identity and `files` are its outputs, unchanged."""
        same = artefact.identity == self.identity and list(artefact.outputs) == self.output_names
        return same and is_intact(artefact.outputs, files)


def plan(snakemake: Any, results: str) -> Plan:
    """Return what a job will produce, from the object Snakemake puts into its script. Reads every input once."""
    inputs = inputs_by_name(snakemake.input)
    params = dict(snakemake.params.items())
    wildcards = dict(snakemake.wildcards.items())
    reads = select_reads(inputs, params, wildcards)
    digests = {str(path): sha256_file(Path(path)) for path in sorted({*map(str, snakemake.input)})}
    content = {
        name: [(relative_to_results(str(path), results), digests[str(path)]) for path in paths]
        for name, paths in reads.files.items()
    }
    identity = digest(
        snakemake.rule, wildcards, {name: repr(value) for name, value in reads.counted.items()}, content, reads.splits
    )
    return Plan(
        reads=reads,
        results=results,
        rule=snakemake.rule,
        wildcards=wildcards,
        identity=identity,
        parameters={name: repr(value) for name, value in params.items()},
        inputs={relative_to_results(path, results): content for path, content in digests.items()},
        outputs=tuple(sorted(map(str, snakemake.output))),
    )


def inputs_by_name(files: Any) -> dict[str, Any]:
    """Return a job's inputs by name; unnamed inputs are listed together under the empty name."""
    named: dict[str, Any] = dict(files.items())
    paths = {path for value in named.values() for path in ([value] if isinstance(value, str) else value)}
    unnamed = [path for path in files if path not in paths]
    return {**named, "": unnamed} if unnamed else named


def identity_file(results: str, rule: str, wildcards: Iterable[str]) -> Path:
    """Return the path of a job's identity file."""
    subject = "~".join(wildcards)
    folder = Path(results) / FOLDER
    return folder / rule / f"{subject}.json" if subject else folder / f"{rule}.json"


def write_artefact(path: Path, artefact: Artefact) -> None:
    """Write an identity file. A file with the same content is not touched."""
    if not path.exists() or read_artefact(path) != artefact:
        write_record(path, artefact)


def read_artefact(path: Path) -> Artefact | None:
    """Return the artefact that an identity file describes; None if the file is missing or has an unknown format."""
    try:
        return read_record(path, Artefact)
    except (FileNotFoundError, ValueError):
        return None


def is_intact(outputs: Mapping[str, str], files: Sequence[Path]) -> bool:
    """Return whether the files, in the order of `outputs`, exist and have these digests."""
    return len(outputs) == len(files) and all(
        path.is_file() and sha256_file(path) == content for path, content in zip(files, outputs.values(), strict=True)
    )


def relative_to_results(path: str, results: str) -> str:
    """Return a path as identity files have it: `<results>/splits.json` for a file in the results folder."""
    prefix = results.rstrip("/") + "/"
    return f"{_RESULTS}/{path.removeprefix(prefix)}" if path.startswith(prefix) else path


def path_in_results(name: str, results: str) -> str:
    """Return the path that `relative_to_results` shortened to `name`."""
    prefix = f"{_RESULTS}/"
    return f"{results.rstrip('/')}/{name.removeprefix(prefix)}" if name.startswith(prefix) else name
