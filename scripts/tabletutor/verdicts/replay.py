"""Replay traces statement by statement, and record a digest of every value that a statement sets.

The output of a cell is only a summary; the digest covers the whole value. A replay also verifies the episode: hooks,
end and answer must be those that were recorded.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from loguru import logger

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import result_settings
from tabletutor.records.episode import Episode, Hook, Replay, Trace
from tabletutor.records.files import sha256_file
from tabletutor.records.identity import digest
from tabletutor.records.journal import Journal, Work, resume
from tabletutor.records.record import read_records, write_records
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.sandbox.host.session import Session
from tabletutor.sandbox.protocol.result import CellEnd
from tabletutor.telemetry.progress import progress
from tabletutor.verdicts.statements import Statement, statements

_MARK = "state of "  # prefix of the hooks that a replay adds
_STATEMENTS = 8  # in one cell, because a cell may show 50 values at most
_ENDED_BY_FORCE = frozenset({"time", "memory", "crash"})  # may end at another statement the next time

Settings = tuple[tuple[str, str], ...]


class CellEffects(NamedTuple):
    """The effects of a cell: what it set and showed, its error, how it ended and the answer it submitted."""

    settings: Settings
    hooks: tuple[Hook, ...]
    error: str | None
    ended: CellEnd
    answer: object


def build_replays(
    *, episodes_path: Path, table: str, parquet: Path, sandbox: SandboxConfig, cache: Path, code: str, output: Path
) -> int:
    """Write the replays of one table's episodes, sorted by question, and return their number.

    Finished replays are appended to a journal in `cache`, as episodes are. Raises ValueError if a replay differs from
    the recorded trace.
    """
    episodes = read_records(episodes_path, Episode)
    identity = digest(code, sha256_file(parquet), result_settings(sandbox))
    with (
        Journal(cache, Work("replays", table, identity)) as journal,
        Sandbox(parquet, sandbox) as box,
        ThreadPoolExecutor(sandbox.sessions) as pool,
    ):
        units = resume(episodes, digest, lambda episode: replay(episode, box), Replay, journal, pool)
        done = list(progress(units, len(episodes), f"replays {table}"))
    served = sum(unit.served for unit in done)
    logger.info(f"{table}: {len(done) - served} episodes replayed, {served} from the journal")
    return write_records(output, sorted((unit.record for unit in done), key=lambda record: record.question_id))


def replay(episode: Episode, box: Sandbox) -> Replay:
    """Return what every trace of an episode sets. Raises ValueError if a replay differs from the recorded trace."""
    states = {trace.trace_id: _replay_trace(trace, box, episode.question_id) for trace in episode.traces}
    return Replay(episode.question_id, episode.table, states)


def _replay_trace(trace: Trace, box: Sandbox, question_id: str) -> tuple[Settings, ...]:
    """Return what each turn of a trace sets. A turn that ended its session by force is not run and sets nothing."""
    turns = trace.turns[:-1] if trace.ended in _ENDED_BY_FORCE else trace.turns
    states: list[Settings] = []
    ended: CellEnd = "open"
    answer: object = None
    with box.session(question_id) as session:
        for turn in turns:
            settings, hooks, _, ended, answer = watch(turn.code, session)
            if hooks != turn.hooks:
                raise ValueError(_difference(trace, question_id, f"turn {turn.index} shows", turn.hooks, hooks))
            states.append(settings)
    if trace.ended == "submit" and (ended != "submit" or answer != trace.answer):
        raise ValueError(_difference(trace, question_id, "it submits", trace.answer, answer))
    return (*states, *((),) * (len(trace.turns) - len(turns)))


def watch(code: str, session: Session) -> CellEffects:
    """Run a cell in a session and return its effects; `settings` are the names it sets with digests of their values."""
    settings: list[tuple[str, str]] = []
    hooks: list[Hook] = []
    sources = [_with_digests(statement) for statement in statements(code)]
    for start in range(0, len(sources), _STATEMENTS):
        result = session.run("\n".join(sources[start : start + _STATEMENTS]))
        marked = [hook for hook in result.hooks if hook.name.startswith(_MARK)]
        settings += [(hook.name.removeprefix(_MARK), hook.value_sha256) for hook in marked]
        hooks += [hook for hook in result.hooks if not hook.name.startswith(_MARK)]
        if result.ended != "open" or result.error is not None:
            return CellEffects(tuple(settings), tuple(hooks), result.error, result.ended, result.answer)
    return CellEffects(tuple(settings), tuple(hooks), None, "open", None)


def _with_digests(statement: Statement) -> str:
    """Return a statement, followed by hooks for the names it sets. A frame is hooked as its headers and row hashes."""
    lines = [statement.source]
    for name in statement.sets:
        rows = f"[list(getattr({name}, 'columns', ())), pd.util.hash_pandas_object({name})]"
        framed = f"isinstance({name}, (pd.DataFrame, pd.Series))"
        lines += [
            "try:",
            f"    hook({_MARK + name!r}, {rows} if {framed} else {name})",
            "except Exception:",
            "    pass",
        ]
    return "\n".join(lines)


def _difference(trace: Trace, question_id: str, what: str, recorded: object, replayed: object) -> str:
    return (
        f"question {question_id}, trace {trace.trace_id}: in the replay, {what} {replayed!r}, not {recorded!r}. "
        f"Either its cells give different results from run to run, or the replay reached a time limit. In the second "
        f"case, raise the limits in section `sandbox` of the configuration and run again"
    )
