"""Format a cell's exception: the cell's own lines, then "Type: message"; no paths, addresses or library frames."""

import linecache
import re
import sys
import traceback

from tabletutor.records.excerpt import excerpt

MAX_NAME = 200
MAX_MESSAGE = 500
MAX_PLACE = 4_000  # a line of a cell can be as long as a cell
MAX_FRAMES = 8
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,16}")


def store_source(name: str, code: str) -> None:
    """Store the source of cell `name` for tracebacks of this and later cells."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)


def describe(error: BaseException) -> str:
    """Return the traceback text of `error`. Its last line is "Type: message", with the message on one line.

    Calls methods of the error's class. These are code of the cell: they may raise anything or never return.
    """
    if isinstance(error, SyntaxError) and (error.filename or "").startswith("<cell"):
        place = "".join(traceback.format_exception_only(error)).rstrip("\n").rsplit("\n", 1)[0]
        return _join(place, _last_line(error, error.msg))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<cell")]
    listing = "".join(traceback.format_list(frames[-MAX_FRAMES:]))
    return _join(f"Traceback (most recent call last):\n{listing}".rstrip("\n"), _last_line(error, _message(error)))


def describe_class(error: BaseException) -> str:
    """Return the last line for an error that `describe` cannot format. Runs no code of the cell."""
    return _last_line(error, "(its message could not be made)")


def class_name(value: object) -> str:
    """Return the name of a value's class on one short line. A metaclass cannot change it."""
    return _one_line(type.__dict__["__name__"].__get__(type(value)), MAX_NAME)


def _join(place: str, last: str) -> str:
    return f"{_escape_surrogates(excerpt(place, MAX_PLACE))}\n{last}"


def _last_line(error: BaseException, message: str) -> str:
    for prefix in sorted({sys.prefix, sys.base_prefix}, key=len, reverse=True):
        message = message.replace(prefix + "/", "")
    message = _one_line(message, MAX_MESSAGE)
    return f"{class_name(error)}: {message}" if message else class_name(error)


def _message(error: BaseException) -> str:
    if isinstance(error, MemoryError) and not error.args:
        return "the cell asked for more memory than a session may use"
    return str(error)


def _one_line(text: str, limit: int) -> str:
    return _escape_surrogates(excerpt(" ".join(_ADDRESS.sub("", text).split()), limit, between=" "))


def _escape_surrogates(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
