"""`sft-standard`: one conversation a row, in TRL's `messages` layout.

A share of the rows may end after the first turn, where the plan is made. What follows from a plan is learnt from few
rows, to find the plan takes many, and such a row costs a third of the tokens of a whole one. Of a trace that made a
mistake and mended it, only what is right is trained: the turns before the mistake, and the one that mends it.
"""

from collections.abc import Iterator

from tabletutor.config.formats import ConversationConfig
from tabletutor.formats.case import Case
from tabletutor.formats.format import Format
from tabletutor.formats.turns import taught, weighed
from tabletutor.models.prompt import conversation
from tabletutor.rows.row import ConversationRow


def rows(case: Case, config: ConversationConfig, seed: int) -> Iterator[ConversationRow]:
    """The verified gold trace and, if wanted, traces that mended a mistake."""
    for trace, turns, weights in taught(case, config, seed):
        messages = conversation(case.opening(), turns)
        yield ConversationRow(**case.ids(trace), messages=weighed(messages, weights))


FORMAT = Format(ConversationRow, ConversationConfig, rows)
