"""Hook values as text that a student can learn to predict: one short line a hook, with its type."""

import json
from collections.abc import Sequence
from typing import Any, cast

from tabletutor.models.prompt import Message
from tabletutor.records.episode import Hook, Turn

SHOWN = 60  # characters of one value; longer ones are cut
_NAMES = {bool: "bool", int: "int", float: "float", str: "str", type(None): "None", list: "list", dict: "dict"}


def with_hook_values(messages: Sequence[Message], turns: Sequence[Turn]) -> list[Message]:
    """Return a conversation with the values of its hooks appended to each assistant message, one line a hook.

    `turns` are the turns of the assistant messages, in order. A turn without hooks leaves its message unchanged.
    """
    remaining = iter(turns)
    return [
        _append_hooks(message, next(remaining)) if message["role"] == "assistant" else message for message in messages
    ]


def _append_hooks(message: Message, turn: Turn) -> Message:
    lines = "\n".join(hook_line(hook) for hook in turn.hooks)
    return {**message, "content": f"{message['content']}\n{lines}"} if lines else message


def hook_line(hook: Hook) -> str:
    """Return one hook as text: `rows: int = 12`, `means: list[40] = [1.5, 2…`, `left: DataFrame[344, 17]`."""
    value = hook.value
    if isinstance(value, dict) and "type" in value and "head" in value:  # a summary; see sandbox/guest/hooks.py
        summary = cast("dict[str, Any]", value)
        size = summary.get("shape", summary.get("length"))
        lengths = size if isinstance(size, list) or size is None else [size]
        return f"{hook.name}: {summary['type']}{'' if lengths is None else json.dumps(lengths)}"
    kind = _NAMES[type(value)] + (f"[{len(value)}]" if isinstance(value, list | dict) else "")
    text = json.dumps(value, ensure_ascii=False)
    return f"{hook.name}: {kind} = {text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}"
