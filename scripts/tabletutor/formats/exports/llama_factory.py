"""Rows as LLaMA-Factory loads them: a `dataset_info.json` with an entry for each file.

Conversations are in `messages`, without the weights, which it does not read. For preferences it wants the turns before
in `messages` and one message a side.
"""

import json
from pathlib import Path
from typing import Any

from tabletutor.formats.exports.project import Exported, Project
from tabletutor.formats.registry import find
from tabletutor.records.files import write_atomic
from tabletutor.records.record import json_line, read_records, write_lines
from tabletutor.rows.row import ConversationRow, LabelledRow, PairRow, Row

_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


def export_llama_factory(project: Project, folder: Path) -> list[str]:
    """Write the data folder of LLaMA-Factory (its `--dataset_dir`); returns a line on each dataset.

    Rows it has no place for are left out: those of `prm` and `rl`, labels and pairs of attempts of several turns, of
    which it would take the last turn alone, and conversations with a turn that is not to be trained.
    """
    entries: dict[str, Any] = {}
    told: list[str] = []
    for exported in project.formats:
        for split, path in exported.rows().items():
            rows = [_row(row) for row in read_records(path, find(exported.name).row)]
            taken = [row for row in rows if row is not None]
            name = f"tabletutor_{exported.name.replace('-', '_')}_{split}"
            told.append(f"{name}: {len(taken)} rows, {len(rows) - len(taken)} left out")
            if taken:
                write_lines(folder / f"{name}.jsonl", map(json_line, taken))
                entries[name] = _entry(f"{name}.jsonl", exported)
    write_atomic(folder / "dataset_info.json", (json.dumps(entries, indent=2, sort_keys=True) + "\n").encode())
    return told


def _row(row: Row) -> dict[str, Any] | None:
    match row:
        case ConversationRow() if all(message["weight"] for message in row.messages if message["role"] == "assistant"):
            return {"messages": [{"role": each["role"], "content": each["content"]} for each in row.messages]}
        case LabelledRow() if len(row.completion) == 1:
            return {"messages": [*row.prompt, *row.completion], "label": row.label}
        case PairRow() if len(row.chosen) == len(row.rejected) == 1:
            return {"messages": list(row.prompt), "chosen": row.chosen[0], "rejected": row.rejected[0]}
        case _:
            return None


def _entry(file: str, exported: Exported) -> dict[str, Any]:
    columns = {"messages": "messages"}
    entry: dict[str, Any] = {"file_name": file, "formatting": "sharegpt", "columns": columns, "tags": _TAGS}
    kind = find(exported.name).row
    if kind is PairRow:
        return {**entry, "ranking": True, "columns": columns | {"chosen": "chosen", "rejected": "rejected"}}
    if kind is LabelledRow:
        return {**entry, "columns": columns | {"kto_tag": "label"}}
    return entry
