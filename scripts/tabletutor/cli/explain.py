"""`tabletutor explain`: how a file or a row came to be, drawn as a tree."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.tree import Tree

from tabletutor.records.files import sha256_file
from tabletutor.telemetry.terminal import escape_controls
from tabletutor.workflow.identity.code import closure
from tabletutor.workflow.provenance.artefact import in_results
from tabletutor.workflow.provenance.trace import (
    Made,
    Sighting,
    folder_with_identities,
    made_in,
    origin,
    results_folder,
    row_of,
    sightings,
)

_SPARED = {
    None: "",
    "kept": "; the last run kept it: code, parameters and the content of all that is read were the same",
    "cache": "; taken from the cache, where it was made before by the same code from the same content",
}


def explain(target: str) -> Tree:
    """The provenance of `FILE` or `FILE:ROW` (rows are counted from 1), as seen from the checkout's root.

    Raises ValueError where the file or the row does not exist.
    """
    name, _, line = target.rpartition(":")
    if name and line.isdecimal() and not Path(target).exists():
        tree = _row(Path(name), int(line))
    else:
        tree = _file(Path(target))
    return _shown(tree)


def _shown(tree: Tree) -> Tree:
    """The tree with all its labels as `escape_controls` has them."""
    tree.label = escape_controls(str(tree.label))
    for branch in tree.children:
        _shown(branch)
    return tree


def _file(path: Path) -> Tree:
    if not path.exists():
        raise ValueError(f"{path}: no such file; name a file of the results, and for one row FILE:ROW")
    tree = Tree(_headline(path))
    _grow(tree, path)
    return tree


def _grow(tree: Tree, path: Path) -> None:
    """Add the chain of jobs behind a file."""
    results = folder_with_identities(path)
    _add_job(tree, str(path), results, made_in(results) if results else {}, set())


def _add_job(tree: Tree, path: str, results: str | None, made: dict[str, Made], seen: set[str]) -> None:
    output = origin(path, made)
    if output is None or results is None:
        tree.add("source: no rule made it")
        return
    job = made[output]
    tree.add(f"rule [bold]{escape(job.artefact.rule)}[/bold], scripts/{escape(job.script)}, {_code(job)}")
    tree.add(f"identity {job.artefact.identity[:16]}{_SPARED[job.spared]}")
    for name, value in job.settings.items():
        tree.add(f"parameter {escape(name)} = {escape(value)}")
    for noted in job.files:
        parent = in_results(noted, results)
        branch = tree.add(_headline(Path(parent)))
        if parent in seen:
            branch.add("as above")
            continue
        seen.add(parent)
        if origin(parent, made):
            _add_job(branch, parent, results, made, seen)


def _code(job: Made) -> str:
    now = closure(job.script).digest()
    return f"code {job.code[:16]} ({'as it is now' if now == job.code else 'the code has changed since'})"


def _headline(path: Path) -> str:
    if path.is_file():
        return f"{escape(str(path))}  sha256 {sha256_file(path)[:16]}"
    return f"{escape(str(path))}{'/' if path.is_dir() else '  (not there any more)'}"


def _row(path: Path, line: int) -> Tree:
    if not path.is_file():
        raise ValueError(f"{path}: no such file; name a file of the results, and for one row FILE:ROW")
    row = row_of(path, line)
    tree = Tree(f"{escape(str(path))}:{line}")
    results = results_folder(path)
    if row.get("table"):
        _grow_table(tree, results / "tables" / str(row["table"]))
    if row.get("question_id") is None:
        tree.add("this row belongs to no question")
        return tree
    marks = {row.get("trace_id"): " ← this row", row.get("rejected_id"): " ← rejected by this row"}
    for sighting in sightings(results, str(row["question_id"])):
        branch = tree.add(f"[bold]{sighting.stage}[/bold] {escape(str(sighting.path))}:{sighting.line}")
        for fact in _facts(sighting, marks):
            branch.add(escape(fact))
    return tree


def _grow_table(tree: Tree, folder: Path) -> None:
    table = folder / "table.parquet"
    if table.exists():
        branch = tree.add(f"[bold]tables[/bold] {_headline(table)}")
        _grow(branch, table)


def _facts(sighting: Sighting, marks: Mapping[str | None, str]) -> list[str]:
    """What a stage has about a question; the traces that a row is of are marked (`marks`, by id)."""
    row = sighting.row
    match sighting.stage:
        case "questions":
            return [f"{row['text']}", f"answer {row['answer']!r} ({row['answer_type']}), family {row['family']}"]
        case "episodes":
            return [f"trace {_trace(trace)}{marks.get(trace['trace_id'], '')}" for trace in row["traces"]]
        case "verdicts":
            wrong = [trace for trace, correct in sorted(row["trace_correct"].items()) if not correct]
            return [
                f"{row['taxonomy']}, answer {row['answer']!r}, engines {row['engines']!r}",
                f"wrong traces: {', '.join(wrong) or 'none'}",
            ]
        case "predictions":
            return [
                f"run {row['run']}, sample {row['sample']}, {row['tokens']} tokens",
                f"trace {_trace(row['trace'])}",
            ]
        case "scores":
            return [f"run {row['run']}: {'correct' if row['correct'] else 'wrong, ' + str(row['error_kind'])}"]
        case _:
            return [f"{key} {value!r}" for key, value in sorted(row.items()) if isinstance(value, str | int | float)]


def _trace(trace: dict[str, Any]) -> str:
    return (
        f"{trace['trace_id']}: {trace['role']} by {trace['teacher']}, {len(trace['turns'])} turns, ended by "
        f"{trace['ended']}, answer {trace['answer']!r}{', mistake ' + trace['mistake'] if trace.get('mistake') else ''}"
    )
