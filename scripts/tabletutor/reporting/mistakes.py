"""What became of the traces with a mistake: they end wrong, or the mistake was mended, or it did not matter."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from tabletutor.records.episode import Episode, Hook, Trace, Turn, Verdict

Outcome = Literal["ends wrong", "mended", "right by luck"]


def outcome(trace: Trace, verdict: Verdict | None) -> Outcome:
    """What became of a trace with a mistake. Right without a turn that changed anything, it is right by luck."""
    if verdict is None or not verdict.trace_correct.get(trace.trace_id):
        return "ends wrong"
    mended = any(
        turn.corrects_turn is not None and _changes(trace.turns[turn.corrects_turn], turn) for turn in trace.turns
    )
    return "mended" if mended else "right by luck"


def mistake_outcomes(episodes: Iterable[Episode], verdicts: Iterable[Verdict]) -> list[tuple[str, Counter[Outcome]]]:
    """By kind of mistake, how many traces came to what. Whether a teacher meant to mend it is no kind of its own."""
    judged = {verdict.question_id: verdict for verdict in verdicts}
    counts: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    for episode in episodes:
        for trace in episode.traces:
            if trace.mistake:
                counts[kind_of(trace.mistake)][outcome(trace, judged.get(episode.question_id))] += 1
    return sorted(counts.items())


def kind_of(mistake: str) -> str:
    """The kind of a mistake: `wrong_end` for `wrong_end_mended` too, as a teacher calls what it means to mend."""
    return mistake.removesuffix("_mended")


def _changes(wrong: Turn, mending: Turn) -> bool:
    """Whether a turn that mends another has another result (its last hook). A wrong turn that raised an error or
    has no hook counts as changed.
    """
    if wrong.error is not None:
        return True
    before, after = _result(wrong.hooks), _result(mending.hooks)
    return before is None or before != after


def _result(hooks: Sequence[Hook]) -> tuple[str, str] | None:
    return (hooks[-1].name, hooks[-1].value_sha256) if hooks else None
