"""What identifies an artefact, written beside it: `<results>/identity/<rule>/<wildcards>.json`, one file a job.

It travels with the results. Two jobs of one identity make the same bytes, so a job whose identity is that of the
artefact that is there has nothing to do (`cutoff.py`). Paths in the results folder begin with `<results>`, so that the
folder may have another name elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tabletutor.records.files import sha256_file
from tabletutor.records.identity import digest
from tabletutor.records.record import Record, read_record, write_record
from tabletutor.workflow.provenance.reads import Reads, reads

FOLDER = "identity"
_RESULTS = "<results>"


class Artefact(Record, frozen=True):
    """What a job made.

    Attributes:
        rule: The name of its rule.
        wildcards: The job's wildcards by name.
        identity: SHA-256 over all that counts: rule, wildcards, parameters (the code's digest is one), and the content
            of what the script reads.
        parameters: All parameters by name, as Python literals.
        inputs: SHA-256 of every input, by path; gates and tables of other splits too, which do not count.
        outputs: SHA-256 of every output, by path.
    """

    rule: str
    wildcards: dict[str, str]
    identity: str
    parameters: dict[str, str]
    inputs: dict[str, str]
    outputs: dict[str, str]


class Plan(NamedTuple):
    """What a job is going to make: an artefact whose outputs are not known yet. `reads` is what its script is given,
    `outputs` are its files, sorted.
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
        """Where its identity is noted."""
        return identity_file(self.results, self.rule, self.wildcards.values())

    @property
    def subject(self) -> str:
        """What it is of: the wildcards in one word; `all` where there are none."""
        return "~".join(self.wildcards.values()) or "all"

    @property
    def noted_outputs(self) -> list[str]:
        """The paths of the outputs as they are noted."""
        return [relative_to_results(name, self.results) for name in self.outputs]

    def made(self) -> Artefact:
        """The artefact, its outputs read."""
        digests = [sha256_file(Path(name)) for name in self.outputs]
        return self.with_outputs(dict(zip(self.noted_outputs, digests, strict=True)))

    def with_outputs(self, outputs: dict[str, str]) -> Artefact:
        """The artefact with outputs of these digests."""
        return Artefact(self.rule, self.wildcards, self.identity, self.parameters, self.inputs, outputs)

    def is_made_of(self, noted: Artefact, files: Sequence[Path]) -> bool:
        """Whether `noted` is this artefact, made before, and `files` are its outputs, unchanged."""
        same = noted.identity == self.identity and list(noted.outputs) == self.noted_outputs
        return same and is_whole(noted.outputs, files)


def plan(snakemake: Any, results: str) -> Plan:
    """What a job is going to make, from the object Snakemake puts into its script. Reads every input once."""
    inputs = named(snakemake.input)
    params = dict(snakemake.params.items())
    wildcards = dict(snakemake.wildcards.items())
    read = reads(inputs, params, wildcards)
    digests = {str(path): sha256_file(Path(path)) for path in sorted({*map(str, snakemake.input)})}
    content = {
        name: [(relative_to_results(str(path), results), digests[str(path)]) for path in paths]
        for name, paths in read.files.items()
    }
    identity = digest(
        snakemake.rule, wildcards, {name: repr(value) for name, value in read.counted.items()}, content, read.splits
    )
    return Plan(
        reads=read,
        results=results,
        rule=snakemake.rule,
        wildcards=wildcards,
        identity=identity,
        parameters={name: repr(value) for name, value in params.items()},
        inputs={relative_to_results(path, results): content for path, content in digests.items()},
        outputs=tuple(sorted(map(str, snakemake.output))),
    )


def named(files: Any) -> dict[str, Any]:
    """A job's inputs by name; those without a name are together under the empty one."""
    found: dict[str, Any] = dict(files.items())
    told = {path for value in found.values() for path in ([value] if isinstance(value, str) else value)}
    rest = [path for path in files if path not in told]
    return {**found, "": rest} if rest else found


def identity_file(results: str, rule: str, wildcards: Iterable[str]) -> Path:
    """Where the identity of what a job made is noted."""
    subject = "~".join(wildcards)
    folder = Path(results) / FOLDER
    return folder / rule / f"{subject}.json" if subject else folder / f"{rule}.json"


def write_artefact(path: Path, artefact: Artefact) -> None:
    """Note what a job made. A file that says so already is left as it is."""
    if not path.exists() or read_artefact(path) != artefact:
        write_record(path, artefact)


def read_artefact(path: Path) -> Artefact | None:
    """What a job made, as noted in `path`; None where nothing is noted, or not in a form that we know."""
    try:
        return read_record(path, Artefact)
    except (FileNotFoundError, ValueError):
        return None


def is_whole(outputs: Mapping[str, str], files: Sequence[Path]) -> bool:
    """Whether the files are the outputs with these digests, in the order of their names."""
    return len(outputs) == len(files) and all(
        path.is_file() and sha256_file(path) == content for path, content in zip(files, outputs.values(), strict=True)
    )


def relative_to_results(path: str, results: str) -> str:
    """A path as it is noted: `<results>/splits.json` for one in the results folder."""
    prefix = results.rstrip("/") + "/"
    return f"{_RESULTS}/{path.removeprefix(prefix)}" if path.startswith(prefix) else path


def in_results(noted: str, results: str) -> str:
    """The path of what `relative_to_results` noted."""
    prefix = f"{_RESULTS}/"
    return f"{results.rstrip('/')}/{noted.removeprefix(prefix)}" if noted.startswith(prefix) else noted
