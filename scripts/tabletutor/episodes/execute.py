"""Runs a script in the sandbox: what was planned becomes a trace of what truly happened."""

from tabletutor.episodes.script import Script
from tabletutor.records.episode import Role, Trace, Turn
from tabletutor.records.identity import content_id
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.sandbox.protocol.result import turn_from


def execute(script: Script, question_id: str, role: Role, teacher: str, sandbox: Sandbox) -> Trace:
    """The trace of a script, run in one fresh session. It ends where the session ends or an answer is submitted."""
    turns: list[Turn] = []
    ended, answer = "turn_limit", None
    with sandbox.session(question_id) as session:
        for index, planned in enumerate(script.turns):
            result = session.run(planned.code)
            turns.append(turn_from(index, planned.reasoning, planned.code, result, corrects_turn=planned.corrects))
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
