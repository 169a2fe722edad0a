"""What a teacher plans to do: the turns of a trace before the sandbox has run them."""

from typing import NamedTuple


class ScriptedTurn(NamedTuple):
    """One planned turn. `corrects` is the index of the earlier turn it mends, if any."""

    reasoning: str
    code: str
    corrects: int | None = None


class Script(NamedTuple):
    """A planned trace. `mistake` names what is wrong in it, or None for the gold one."""

    turns: tuple[ScriptedTurn, ...]
    mistake: str | None = None
