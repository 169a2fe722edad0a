"""Export traces in the Agent Data Protocol (arXiv:2510.24702): observations and actions in turn, one object per line.

Each trajectory is the complete trace behind a row of `sft-standard`: the question, then code cells and their output. A
user's own rows have no trace and are left out.
The schema version is 1.5.0 (github.com/neulab/agent-data-protocol, `schema/`), which links each action to its
observation.
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
    """Write `{split}.jsonl` files and return their names. Raises ValueError if the project lacks `sft-standard`."""
    exported = next((each for each in project.formats if each.name == "sft-standard"), None)
    if exported is None:
        raise ValueError(
            "the project has no format sft-standard, whose rows select the traces to export; add it to formats, then "
            "build it"
        )
    results = Path(project.config.results)
    names: list[str] = []
    for split, path in exported.rows().items():
        rows = [row for row in read_records(path, ConversationRow) if not row.is_own()]
        traces = {
            trace.trace_id: trace
            for table in sorted({row.table for row in rows})
            for episode in read_records(results / f"episodes/{project.config.questions.folder}/{table}.jsonl", Episode)
            for trace in episode.traces
        }
        write_lines(folder / f"{split}.jsonl", [json_line(trajectory(row, traces[row.trace_id])) for row in rows])
        names.append(f"{split}.jsonl")
    return names


def trajectory(row: ConversationRow, trace: Trace) -> dict[str, Any]:
    """Return one trace as a trajectory. The row's first two messages are the system message and the user's question."""
    content = [_observation(row.messages[1]["content"], "user")]
    for turn in trace.turns:
        action = {"class_": "code_action", "language": "python", "content": turn.code, "description": turn.reasoning}
        # The last action submits; it has no observation and therefore no id.
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
