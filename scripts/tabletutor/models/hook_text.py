"""The state a student expects, in words: the values of its hooks, short and with their types."""

import json
from collections.abc import Sequence
from typing import Any, cast

from tabletutor.models.prompt import Message
from tabletutor.records.episode import Hook, Turn

SHOWN = 60  # characters of one value; a longer one is cut
_NAMES = {bool: "bool", int: "int", float: "float", str: "str", type(None): "None", list: "list", dict: "dict"}


def with_hook_values(messages: Sequence[Message], turns: Sequence[Turn]) -> list[Message]:
    """A conversation in which each assistant turn goes on with the values its hooks had, one a line.

    `turns` are those of the assistant messages, in order. A turn without hooks stays as it is.
    """
    remaining = iter(turns)
    return [
        _with_state(message, next(remaining)) if message["role"] == "assistant" else message for message in messages
    ]


def _with_state(message: Message, turn: Turn) -> Message:
    stated = "\n".join(hook_line(hook) for hook in turn.hooks)
    return {**message, "content": f"{message['content']}\n{stated}"} if stated else message


def hook_line(hook: Hook) -> str:
    """One value: `rows: int = 12`, `means: list[40] = [1.5, 2…`, `left: DataFrame[344, 17]`."""
    value = hook.value
    if isinstance(value, dict) and "type" in value and "head" in value:  # summarised: see sandbox/hooks.py
        summary = cast("dict[str, Any]", value)
        size = summary.get("shape", summary.get("length"))
        lengths = size if isinstance(size, list) or size is None else [size]
        return f"{hook.name}: {summary['type']}{'' if lengths is None else json.dumps(lengths)}"
    kind = _NAMES[type(value)] + (f"[{len(value)}]" if isinstance(value, list | dict) else "")
    text = json.dumps(value, ensure_ascii=False)
    return f"{hook.name}: {kind} = {text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}"
