"""Classify traces with a deliberate mistake: they end wrong, correct the mistake, or are right by luck."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from tabletutor.records.episode import Episode, Hook, Trace, Turn, Verdict

Outcome = Literal["ends wrong", "corrected", "right by luck"]


def outcome(trace: Trace, verdict: Verdict | None) -> Outcome:
    """Return the outcome of a trace with a mistake.

    A correct trace counts as corrected only if some turn corrects an earlier turn and changes its result.
    """
    if verdict is None or not verdict.trace_correct.get(trace.trace_id):
        return "ends wrong"
    corrected = any(
        turn.corrects_turn is not None and _has_changed_result(trace.turns[turn.corrects_turn], turn)
        for turn in trace.turns
    )
    return "corrected" if corrected else "right by luck"


def mistake_outcomes(episodes: Iterable[Episode], verdicts: Iterable[Verdict]) -> list[tuple[str, Counter[Outcome]]]:
    """Return the number of traces by outcome, for each kind of mistake."""
    verdict_of = {verdict.question_id: verdict for verdict in verdicts}
    counts: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    for episode in episodes:
        for trace in episode.traces:
            if trace.mistake:
                counts[mistake_kind(trace.mistake)][outcome(trace, verdict_of.get(episode.question_id))] += 1
    return sorted(counts.items())


def mistake_kind(mistake: str) -> str:
    """Return the kind of a mistake: `wrong_end` for `wrong_end` and for `wrong_end_mended`.

    The teacher adds `_mended` to the name of a mistake that it intends to correct.
    """
    return mistake.removesuffix("_mended")


def _has_changed_result(wrong: Turn, correcting: Turn) -> bool:
    """Return whether the correcting turn shows another result than the wrong turn.

    The result is the value of the last hook. It counts as changed if the wrong turn raised an error or has no hook.
    """
    if wrong.error is not None:
        return True
    before, after = _last_result(wrong.hooks), _last_result(correcting.hooks)
    return before is None or before != after


def _last_result(hooks: Sequence[Hook]) -> tuple[str, str] | None:
    """Return name and hash of the last hook, or None."""
    return (hooks[-1].name, hooks[-1].value_sha256) if hooks else None
