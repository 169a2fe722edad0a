"""Trajectories in the Agent Data Protocol (arXiv:2510.24702): observations and actions by turns, one object a line.

A trajectory is a trace that a row of `sft-standard` is from, whole: what the user asks, then code and what it printed.
Of the protocol's schema this is version 1.5.0 (github.com/neulab/agent-data-protocol, `schema/`), which links each
action to the observation it led to.
"""

from pathlib import Path
from typing import Any

from tabletutor.formats.exports.project import Project
from tabletutor.models.prompt import observation
from tabletutor.records.episode import Episode, Trace
from tabletutor.records.record import json_line, read_records, write_lines
from tabletutor.rows.row import ConversationRow

SCHEMA_VERSION = "1.5.0"


def export_adp(project: Project, folder: Path) -> list[str]:
    """Write `{split}.jsonl` files; returns their names. Raises ValueError where `sft-standard` is not made."""
    exported = next((each for each in project.formats if each.name == "sft-standard"), None)
    if exported is None:
        raise ValueError("sft-standard is not made in this project; its rows say which traces to export")
    results = Path(project.config.results)
    names: list[str] = []
    for split, path in exported.rows().items():
        rows = read_records(path, ConversationRow)
        traces = {
            trace.trace_id: trace
            for table in sorted({row.table for row in rows})
            for episode in read_records(results / f"episodes/program/{table}.jsonl", Episode)
            for trace in episode.traces
        }
        write_lines(folder / f"{split}.jsonl", [json_line(trajectory(row, traces[row.trace_id])) for row in rows])
        names.append(f"{split}.jsonl")
    return names


def trajectory(row: ConversationRow, trace: Trace) -> dict[str, Any]:
    """One trace as a trajectory; what the user asks is the row's second message."""
    content = [_observation(row.messages[1]["content"], "user")]
    for turn in trace.turns:
        action = {"class_": "code_action", "language": "python", "content": turn.code, "description": turn.reasoning}
        # The last one submits; an action without an observation has no id.
        link = {"tool_call_id": f"turn-{turn.index}"} if turn.index < len(trace.turns) - 1 else {}
        content.append(action | link)
        if link:
            content.append(_observation(observation(turn)["content"], "environment") | link)
    return {
        "schema_version": SCHEMA_VERSION,
        "id": trace.trace_id,
        "content": content,
        "available_code_languages": ["python"],
        "details": {"question_id": row.question_id, "table": row.table, "system": row.messages[0]["content"]},
    }


def _observation(content: str, source: str) -> dict[str, Any]:
    return {"class_": "text_observation", "content": content, "source": source}
