"""Check that worked examples leave room in the context for the questions of a run."""

from collections.abc import Sequence

from tabletutor.models.chat import Tokenizer, opening_ids
from tabletutor.models.decoder import DecodeLimits
from tabletutor.models.prompt import Message, opening


def check_room(
    run: str,
    tokenizer: Tokenizer,
    examples: Sequence[Message],
    prompts: Sequence[tuple[str, str]],
    limits: DecodeLimits,
) -> None:
    """Raise ValueError if a question would fit into the context without the worked examples, but not with them.

    `prompts` has the table card and the text of every question. A question fits if one turn fits after its prompt.
    """
    lengths = [len(opening_ids(tokenizer, opening(card, text))) for card, text in prompts]
    extra = len(opening_ids(tokenizer, opening(*prompts[0], examples))) - lengths[0]
    room = limits.max_context - limits.max_new_tokens
    longest = max((length for length in lengths if length <= room), default=0)
    if longest + extra > room:
        raise ValueError(
            f"runs.{run}.shots: the worked examples have {extra} tokens, the longest question has {longest}, and one "
            f"turn has {limits.max_new_tokens} (evaluation.max_new_tokens), but evaluation.max_context is "
            f"{limits.max_context}; raise max_context to at least {longest + extra + limits.max_new_tokens}, or lower "
            "shots"
        )
