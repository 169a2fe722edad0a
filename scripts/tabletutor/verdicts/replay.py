"""Traces run once more, statement by statement, to see what every one of them set.

What a cell showed is a summary; here each value that is set is digested as a whole. A replay also proves the episode:
the same hooks, the same end and the same answer must come out again.
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

_MARK = "state of "
_TOGETHER = 8  # statements in one cell: a cell may show 50 values
_BROKEN = frozenset({"time", "memory", "crash"})  # a session ended by force may end elsewhere the next time

Settings = tuple[tuple[str, str], ...]


class Watched(NamedTuple):
    """What a cell set and showed, its error, and how it ended with what it submitted."""

    settings: Settings
    hooks: tuple[Hook, ...]
    error: str | None
    ended: CellEnd
    answer: object


def build_replays(
    episodes_path: Path, table: str, parquet: Path, sandbox: SandboxConfig, cache: Path, code: str, output: Path
) -> int:
    """Write the replays of one table's episodes, sorted by question; returns how many.

    Finished ones are kept in a journal in `cache`, as episodes are. Raises ValueError where a trace does not come out
    as it was noted.
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
    return write_records(output, sorted((unit.record for unit in done), key=lambda made: made.question_id))


def replay(episode: Episode, box: Sandbox) -> Replay:
    """What all traces of an episode set. Raises ValueError where one does not come out as it was noted."""
    states = {trace.trace_id: _states(trace, box, episode.question_id) for trace in episode.traces}
    return Replay(episode.question_id, episode.table, states)


def _states(trace: Trace, box: Sandbox, question_id: str) -> tuple[Settings, ...]:
    """What each turn of a trace set; of a turn that ended its session by force nothing is told."""
    turns = trace.turns[:-1] if trace.ended in _BROKEN else trace.turns
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


def watch(code: str, session: Session) -> Watched:
    """Run a cell in a session and see what each of its statements sets."""
    found: list[tuple[str, str]] = []
    hooks: list[Hook] = []
    watched = [_watched(statement) for statement in statements(code)]
    for start in range(0, len(watched), _TOGETHER):
        result = session.run("\n".join(watched[start : start + _TOGETHER]))
        marked = [hook for hook in result.hooks if hook.name.startswith(_MARK)]
        found += [(hook.name.removeprefix(_MARK), hook.value_sha256) for hook in marked]
        hooks += [hook for hook in result.hooks if not hook.name.startswith(_MARK)]
        if result.ended != "open" or result.error is not None:
            return Watched(tuple(found), tuple(hooks), result.error, result.ended, result.answer)
    return Watched(tuple(found), tuple(hooks), None, "open", None)


def _watched(statement: Statement) -> str:
    """A statement, followed by what digests the names it sets. Frames are brought to one hash a row before."""
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


def _difference(trace: Trace, question_id: str, what: str, noted: object, found: object) -> str:
    return (
        f"question {question_id}, trace {trace.trace_id}: run once more, {what} {found!r}, but noted was {noted!r}. "
        f"Its cells give other results from run to run, or ran into a limit of time this time: see `sandbox` in the "
        f"configuration and run again"
    )
