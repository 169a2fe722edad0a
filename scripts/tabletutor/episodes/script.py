"""Scripts: what a teacher plans to do, and running the plan in the sandbox to get a trace."""

from typing import NamedTuple

from tabletutor.records.episode import Role, Trace, Turn
from tabletutor.records.identity import content_id
from tabletutor.sandbox.host.pool import Sandbox


class ScriptedTurn(NamedTuple):
    """One planned turn. `corrects` is the index of the earlier turn that it corrects, if any."""

    reasoning: str
    code: str
    corrects: int | None = None


class Script(NamedTuple):
    """A planned trace. `mistake` names the mistake in it; None for the gold trace."""

    turns: tuple[ScriptedTurn, ...]
    mistake: str | None = None


def execute(script: Script, question_id: str, role: Role, teacher: str, sandbox: Sandbox) -> Trace:
    """Run a script in a fresh session and return its trace, which ends when the session ends or an answer is submitted.

    Output, errors, hooks and the answer in the trace are those of the run.
    """
    turns: list[Turn] = []
    ended, answer = "turn_limit", None
    with sandbox.session(question_id) as session:
        for index, planned in enumerate(script.turns):
            result = session.run(planned.code)
            turns.append(result.to_turn(index, planned.reasoning, planned.code, planned.corrects))
            if result.ended != "open":
                ended, answer = result.ended, result.answer
                break
    return Trace(
        trace_id=content_id(question_id, role, teacher, script),
        role=role,
        teacher=teacher,
        turns=tuple(turns),
        ended=ended,
        answer=answer,
        mistake=script.mistake,
    )
