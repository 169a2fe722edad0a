"""Shorten long texts in the middle: keep the head and the tail, and state how many bytes were left out.

The tail matters most: it holds the last printed result or the message of an error.
"""

import re

_MARK = re.compile(r"[\n ]… (\d{1,3}(?:,\d{3}){0,6}) bytes left out …[\n ]")


def join_excerpt(head: str, left_out: int, tail: str, between: str = "\n") -> str:
    """Join the head and tail of a text with a marker that states how many bytes are missing between them.

    The marker is on a separate line; with `between=" "` the result stays on one line.
    """
    return f"{head}{between}… {left_out:,} bytes left out …{between}{tail}"


def excerpt(text: str, limit: int, between: str = "\n") -> str:
    """Return `text` if it has at most `limit` characters, else its head and tail with a marker between them.

    The result has at most `limit` characters. Bytes left out by an earlier excerpt in the removed part are added to
    the count. If not even the marker fits, only the end of the text is returned.
    """
    if len(text) <= limit:
        return text
    whole = _byte_length(text) + sum(_earlier_counts(text))
    room = limit - len(join_excerpt("", whole, "", between))
    if room < 2:
        return "…" + text[len(text) - limit + 1 :] if limit > 1 else text[len(text) - max(limit, 0) :]
    head, tail = text[: room // 2], text[len(text) - (room - room // 2) :]
    missing = text[len(head) : len(text) - len(tail)]
    marks = [match.group() for match in _MARK.finditer(missing)]
    left_out = _byte_length(missing) - _byte_length("".join(marks)) + sum(_earlier_counts(missing))
    return join_excerpt(head, left_out, tail, between)


def _byte_length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _earlier_counts(text: str) -> list[int]:
    return [int(match[1].replace(",", "")) for match in _MARK.finditer(text)]
