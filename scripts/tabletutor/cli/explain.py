"""`tabletutor explain`: the provenance of a file or a row, as a tree."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.tree import Tree

from tabletutor.records.files import sha256_file
from tabletutor.rows.row import OWN
from tabletutor.telemetry.terminal import escape_controls
from tabletutor.workflow.identity.code import closure
from tabletutor.workflow.provenance.artefact import path_in_results
from tabletutor.workflow.provenance.cutoff import REUSED
from tabletutor.workflow.provenance.trace import (
    Provenance,
    Sighting,
    containing_output,
    folder_with_identities,
    provenance_by_output,
    read_row,
    results_folder,
    sightings,
)


def explain(target: str) -> Tree:
    """Return the provenance of `FILE` or `FILE:ROW` (rows are counted from 1), relative to the checkout's root.

    Raises ValueError if the file or the row does not exist.
    """
    name, _, line = target.rpartition(":")
    if name and line.isdecimal() and not Path(target).exists():
        tree = _row(Path(name), int(line))
    else:
        tree = _file(Path(target))
    return _escape_labels(tree)


def _escape_labels(tree: Tree) -> Tree:
    """Escape control characters in all labels of a tree, in place, and return it."""
    tree.label = escape_controls(str(tree.label))
    for branch in tree.children:
        _escape_labels(branch)
    return tree


def _file(path: Path) -> Tree:
    if not path.exists():
        raise ValueError(f"{path}: no such file; give a file of the results, or FILE:ROW for one row")
    tree = Tree(_headline(path))
    _grow(tree, path)
    return tree


def _grow(tree: Tree, path: Path) -> None:
    """Add the chain of jobs that produced a file."""
    results = folder_with_identities(path)
    _add_job(tree, str(path), results, provenance_by_output(results) if results else {}, set())


def _add_job(tree: Tree, path: str, results: str | None, outputs: dict[str, Provenance], seen: set[str]) -> None:
    output = containing_output(path, outputs)
    if output is None or results is None:
        tree.add("source file, not built by a rule")
        return
    job = outputs[output]
    tree.add(f"rule [bold]{escape(job.artefact.rule)}[/bold], scripts/{escape(job.script)}, {_code(job)}")
    reused = f"; {REUSED[job.source]}" if job.source else ""
    tree.add(f"identity {job.artefact.identity[:16]}{reused}")
    for name, value in job.settings.items():
        tree.add(f"parameter {escape(name)} = {escape(value)}")
    for name in job.files:
        parent = path_in_results(name, results)
        branch = tree.add(_headline(Path(parent)))
        if parent in seen:
            branch.add("see above")
            continue
        seen.add(parent)
        if containing_output(parent, outputs):
            _add_job(branch, parent, results, outputs, seen)


def _code(job: Provenance) -> str:
    now = closure(job.script).digest()
    return f"code {job.code[:16]} ({'unchanged since' if now == job.code else 'changed since'})"


def _headline(path: Path) -> str:
    if path.is_file():
        return f"{escape(str(path))}  sha256 {sha256_file(path)[:16]}"
    return f"{escape(str(path))}{'/' if path.is_dir() else '  (no longer exists)'}"


def _row(path: Path, line: int) -> Tree:
    if not path.is_file():
        raise ValueError(f"{path}: no such file; give a file of the results, or FILE:ROW for one row")
    row = read_row(path, line)
    tree = Tree(f"{escape(str(path))}:{line}")
    results = results_folder(path)
    if str(row.get("table", "")).startswith(OWN):
        tree.add(f"a row of your own, from the file {escape(str(row['table']).removeprefix(OWN))} of own_rows")
        return tree
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
    """Return what a stage records about a question. `marks` has a suffix for the ids of the traces to point out."""
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
