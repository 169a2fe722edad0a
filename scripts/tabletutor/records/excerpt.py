"""A text that is too long, cut in its middle: what came first and what came last stay, and how much is missing is said.

The end matters most: it holds the result that was printed last, or the message of an error.
"""

import re

_MARK = re.compile(r"[\n ]… (\d{1,3}(?:,\d{3}){0,6}) bytes left out …[\n ]")


def joined(head: str, left_out: int, tail: str, between: str = "\n") -> str:
    """The head and tail of a text, with a line between them that says how many bytes are missing there.

    With `between=" "` the text stays on one line.
    """
    return f"{head}{between}… {left_out:,} bytes left out …{between}{tail}"


def excerpt(text: str, limit: int, between: str = "\n") -> str:
    """`text` as it is if it has at most `limit` characters, else its head and tail, together with the mark that many.

    What an earlier cut left out in the part that goes now is counted too. Where not even the mark has room, the end
    stays.
    """
    if len(text) <= limit:
        return text
    whole = _bytes(text) + sum(_earlier(text))
    room = limit - len(joined("", whole, "", between))
    if room < 2:
        return "…" + text[len(text) - limit + 1 :] if limit > 1 else text[len(text) - max(limit, 0) :]
    head, tail = text[: room // 2], text[len(text) - (room - room // 2) :]
    missing = text[len(head) : len(text) - len(tail)]
    marks = [match.group() for match in _MARK.finditer(missing)]
    return joined(head, _bytes(missing) - _bytes("".join(marks)) + sum(_earlier(missing)), tail, between)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _earlier(text: str) -> list[int]:
    return [int(match[1].replace(",", "")) for match in _MARK.finditer(text)]
