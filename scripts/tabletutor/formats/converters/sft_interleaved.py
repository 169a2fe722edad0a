"""`sft-interleaved`: like `sft-standard`, but after each cell the student states which values its hooks will show.

The stated values are the ones the sandbox recorded. The next observation shows them, except after the last turn. So a
student learns to predict the state its code leads to.
"""

from collections.abc import Iterator

from tabletutor.config.formats import ConversationConfig
from tabletutor.formats.converter import Case, Format
from tabletutor.formats.turns import training_turns, with_weights
from tabletutor.models.hook_text import with_hook_values
from tabletutor.models.prompt import conversation
from tabletutor.rows.row import ConversationRow


def rows(case: Case, config: ConversationConfig, seed: int) -> Iterator[ConversationRow]:
    """Yield the rows of `sft-standard` with the hook values stated after each cell."""
    for trace, turns, weights in training_turns(case, config, seed):
        messages = with_hook_values(conversation(case.prompt(), turns), turns)
        yield ConversationRow(**case.ids(trace), messages=with_weights(messages, weights))


FORMAT = Format(ConversationRow, ConversationConfig, rows)
