"""An exception of a cell as text: the cell's own lines, then "Type: message". No paths, addresses or library frames."""

import linecache
import re
import sys
import traceback

MAX_MESSAGE = 500
MAX_FRAMES = 8
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,16}")


def remember(name: str, code: str) -> None:
    """Keep the source of the cell `name`, for tracebacks of this and later cells."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)


def describe(error: BaseException) -> str:
    """The traceback text of `error`; its last line is "Type: message", the message on one line."""
    if isinstance(error, SyntaxError) and (error.filename or "").startswith("<cell"):
        place = "".join(traceback.format_exception_only(error)).rstrip("\n").rsplit("\n", 1)[0] + "\n"
        return f"{place}{type(error).__name__}: {_message(error.msg)}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<cell")]
    shown = "".join(traceback.format_list(frames[-MAX_FRAMES:]))
    message = _message(_text(error))
    last = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return f"Traceback (most recent call last):\n{shown}{last}"


def _text(error: BaseException) -> str:
    if isinstance(error, MemoryError) and not error.args:
        return "the cell asked for more memory than a session may use"
    try:
        return str(error)
    except Exception:  # noqa: BLE001  a class of the cell's own can do anything here
        return "(its message could not be made)"


def _message(text: str) -> str:
    for prefix in sorted({sys.prefix, sys.base_prefix}, key=len, reverse=True):
        text = text.replace(prefix + "/", "")
    text = " ".join(_ADDRESS.sub("", text).split())
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"
