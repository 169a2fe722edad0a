"""`sft-standard`: one conversation per row, in TRL's `messages` layout.

A share of the rows may end after the first turn, in which the student plans. Finding the plan takes many examples,
writing its code takes few, and such a row costs a third of the tokens. In a trace that corrects a mistake, only the
right turns are trained: the ones before the mistake, and the correction.
"""

from collections.abc import Iterator

from tabletutor.config.formats import ConversationConfig
from tabletutor.formats.converter import Case, Format
from tabletutor.formats.turns import training_turns, with_weights
from tabletutor.models.prompt import conversation
from tabletutor.rows.row import ConversationRow


def rows(case: Case, config: ConversationConfig, seed: int) -> Iterator[ConversationRow]:
    """Yield the verified gold trace and, if `include_recovered` is set, traces that corrected a mistake."""
    for trace, turns, weights in training_turns(case, config, seed):
        messages = conversation(case.prompt(), turns)
        yield ConversationRow(**case.ids(trace), messages=with_weights(messages, weights))


FORMAT = Format(ConversationRow, ConversationConfig, rows)
