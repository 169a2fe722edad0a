"""`sft-masked`: failed traces too, of which only the right steps are trained.

A turn that is not labelled correct has weight 0. What comes after the last turn that is trained is cut off: nothing is
learnt there.
"""

from collections.abc import Iterator

from tabletutor.config.formats import MaskedConfig
from tabletutor.formats.case import Case
from tabletutor.formats.format import Format
from tabletutor.formats.turns import weighed
from tabletutor.models.prompt import conversation
from tabletutor.rows.row import ConversationRow


def rows(case: Case, config: MaskedConfig, seed: int) -> Iterator[ConversationRow]:
    """Wrong traces with a right step in them and, if wanted, right ones."""
    for trace in [*case.wrong, *(case.right if config.include_right else ())]:
        weights = [int(label == "correct") for label in case.labels(trace)]
        if any(weights):
            length = max(place for place, weight in enumerate(weights) if weight) + 1
            messages = conversation(case.opening(), trace.turns[:length])
            yield ConversationRow(**case.ids(trace), messages=weighed(messages, weights))


FORMAT = Format(ConversationRow, MaskedConfig, rows)
