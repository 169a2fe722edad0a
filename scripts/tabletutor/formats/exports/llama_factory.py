"""Export rows in LLaMA-Factory's layout: data files, and a `dataset_info.json` with an entry for each.

Conversations are in `messages`, without the weights, which LLaMA-Factory does not read. Preferences have the preceding
turns in `messages` and one message for each side.
"""

import json
from pathlib import Path
from typing import Any

from tabletutor.formats.exports.project import Exported, Project
from tabletutor.formats.registry import load_format
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
    """Write LLaMA-Factory's data folder (`--dataset_dir`) and return a message for each dataset.

    Rows that its layout cannot express are left out: those of `prm` and `rl`, labelled attempts and pairs with several
    turns (it would train only the last turn), and conversations with an untrained turn.
    """
    entries: dict[str, Any] = {}
    messages: list[str] = []
    for exported in project.formats:
        for split, path in exported.rows().items():
            rows = [_convert(row) for row in read_records(path, load_format(exported.name).row)]
            converted = [row for row in rows if row is not None]
            name = f"tabletutor_{exported.name.replace('-', '_')}_{split}"
            messages.append(f"{name}: {len(converted)} rows, {len(rows) - len(converted)} left out")
            if converted:
                write_lines(folder / f"{name}.jsonl", map(json_line, converted))
                entries[name] = _entry(f"{name}.jsonl", exported)
    write_atomic(folder / "dataset_info.json", (json.dumps(entries, indent=2, sort_keys=True) + "\n").encode())
    return messages


def _convert(row: Row) -> dict[str, Any] | None:
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
    row_type = load_format(exported.name).row
    if row_type is PairRow:
        return {**entry, "ranking": True, "columns": columns | {"chosen": "chosen", "rejected": "rejected"}}
    if row_type is LabelledRow:
        return {**entry, "columns": columns | {"kto_tag": "label"}}
    return entry
