"""`sft-interleaved`: as `sft-standard`, but after each cell the student says which values its hooks will show.

What it says is what the sandbox truly had, and the observation that follows, after every turn but the last, shows it.
So a student learns to foresee the state its code leads to.
"""

from collections.abc import Iterator

from tabletutor.config.formats import ConversationConfig
from tabletutor.formats.case import Case
from tabletutor.formats.format import Format
from tabletutor.formats.turns import taught, weighed
from tabletutor.models.hook_text import expecting
from tabletutor.models.prompt import conversation
from tabletutor.rows.row import ConversationRow


def rows(case: Case, config: ConversationConfig, seed: int) -> Iterator[ConversationRow]:
    """The rows of `sft-standard`, with the values of the hooks after each cell."""
    for trace, turns, weights in taught(case, config, seed):
        messages = expecting(conversation(case.opening(), turns), turns)
        yield ConversationRow(**case.ids(trace), messages=weighed(messages, weights))


FORMAT = Format(ConversationRow, ConversationConfig, rows)
