"""Label single steps by comparing the values that they set with those of the gold trace.

Only names on which the answer depends count.

- *correct*: every value is one that the gold trace gave that name too and, if the step submits, the answer is right.
- *wrong*: the step set another value and the trace's answer is not right, or the step submits a wrong answer or ends
  the session.
- *correctable*: the step made a mistake without lasting effect. It raised an error, or set a value that was corrected
  later, or stated a wrong plan, or a later turn says that it corrects this one, even if the values happen to agree.

A right step in a wrong trace is therefore correct, and the first step with another label is where the trace went wrong.
"""

from collections.abc import Sequence

from tabletutor.records.episode import StepLabel, Trace
from tabletutor.verdicts.statements import dependencies, variable_of

Settings = Sequence[tuple[str, str]]


def step_labels(
    trace: Trace, gold: Trace, states: Sequence[Settings], gold_states: Sequence[Settings], right: bool
) -> tuple[StepLabel, ...]:
    """Return one label per turn.

    `states` and `gold_states` have the settings of each turn (`Replay`); `right`: whether its answer is right.
    """
    relevant = dependencies(turn.code for turn in gold.turns)
    values: dict[str, set[str]] = {}
    for name, value in (setting for turn in gold_states for setting in turn):
        if name in relevant or variable_of(name) in relevant:
            values.setdefault(name, set()).add(value)
    corrected = {turn.corrects_turn for turn in trace.turns}
    labels: list[StepLabel] = []
    for index, (turn, settings) in enumerate(zip(trace.turns, states, strict=True)):
        last = index == len(trace.turns) - 1
        deviates = any(value not in values.get(name, {value}) for name, value in settings)
        if (last and trace.ended != "turn_limit" and not right) or (deviates and not right):
            labels.append("wrong")
        elif (
            deviates
            or index in corrected
            or turn.error is not None
            or _states_another_plan(trace, gold, index, settings, gold_states)
        ):
            labels.append("correctable")
        else:
            labels.append("correct")
    return tuple(labels)


def _states_another_plan(
    trace: Trace, gold: Trace, index: int, settings: Settings, gold_states: Sequence[Settings]
) -> bool:
    """Return whether a turn that sets nothing states another plan than the gold trace.

    Plans are compared only between traces of one teacher, because a teacher words the same plan in the same way.
    """
    if trace.teacher != gold.teacher or settings or index >= len(gold.turns) or gold_states[index]:
        return False
    return trace.turns[index].reasoning != gold.turns[index].reasoning
