"""Labels of single steps, by agreement of states: what a step set is compared with what the gold trace has there.

A step is *correct* if all it set that the answer depends on has a value the gold trace gave that name too, and, where
it submits, the answer is right. It is *wrong* if it set another value and the trace did not come right in the end, or
if it submits a wrong answer or ends the session. It is *correctable* if it did wrong but nothing is lost: it raised an
error and left the state as it was, or what it set was mended later, or it only said a wrong plan; and where a later
step says that it mends this one, even if by luck its values agree. So a right step in a wrong trace is right, and the
first step that is not is where the trace went wrong.
"""

from collections.abc import Sequence

from tabletutor.records.episode import StepLabel, Trace
from tabletutor.verdicts.statements import base, needed

Settings = Sequence[tuple[str, str]]


def step_labels(
    trace: Trace, gold: Trace, states: Sequence[Settings], gold_states: Sequence[Settings], right: bool
) -> tuple[StepLabel, ...]:
    """One label a turn. `states` are what the turns set (`Replay`); `right` is whether the trace's answer is."""
    matters = needed(turn.code for turn in gold.turns)
    values: dict[str, set[str]] = {}
    for name, value in (setting for turn in gold_states for setting in turn):
        if name in matters or base(name) in matters:
            values.setdefault(name, set()).add(value)
    mended = {turn.corrects_turn for turn in trace.turns}
    labels: list[StepLabel] = []
    for index, (turn, settings) in enumerate(zip(trace.turns, states, strict=True)):
        last = index == len(trace.turns) - 1
        strays = any(value not in values.get(name, {value}) for name, value in settings)
        if (last and trace.ended != "turn_limit" and not right) or (strays and not right):
            labels.append("wrong")
        elif (
            strays
            or index in mended
            or turn.error is not None
            or _plans_otherwise(trace, gold, index, settings, gold_states)
        ):
            labels.append("correctable")
        else:
            labels.append("correct")
    return tuple(labels)


def _plans_otherwise(
    trace: Trace, gold: Trace, index: int, settings: Settings, gold_states: Sequence[Settings]
) -> bool:
    """Whether a step that only looks says another plan than the gold trace, where one teacher speaks in both: it says
    one plan in one way.
    """
    if trace.teacher != gold.teacher or settings or index >= len(gold.turns) or gold_states[index]:
        return False
    return trace.turns[index].reasoning != gold.turns[index].reasoning
