"""`sft-masked`: conversations that include wrong traces, of which only the right steps are trained.

A turn that is not labelled correct has weight 0. The conversation ends after the last trained turn, since nothing is
learnt beyond it.
"""

from collections.abc import Iterator

from tabletutor.config.formats import MaskedConfig
from tabletutor.formats.converter import Case, Format
from tabletutor.formats.turns import with_weights
from tabletutor.models.prompt import conversation
from tabletutor.rows.row import ConversationRow


def rows(case: Case, config: MaskedConfig, seed: int) -> Iterator[ConversationRow]:
    """Yield wrong traces with at least one right step and, if `include_right` is set, right traces."""
    for trace in [*case.wrong_traces, *(case.right_traces if config.include_right else ())]:
        weights = [int(label == "correct") for label in case.labels(trace)]
        if any(weights):
            length = max(index for index, weight in enumerate(weights) if weight) + 1
            messages = conversation(case.prompt(), trace.turns[:length])
            yield ConversationRow(**case.ids(trace), messages=with_weights(messages, weights))


FORMAT = Format(ConversationRow, MaskedConfig, rows)
