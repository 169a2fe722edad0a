"""Replays: what every turn of a trace sets, however many statements it has and however it ended."""

from pathlib import Path

import msgspec
import pandas as pd
import pytest
from loguru import logger

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.episodes.script import Script, ScriptedTurn, execute
from tabletutor.records.episode import Episode, Replay, Turn
from tabletutor.records.record import read_records, write_records
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.verdicts.replay import build_replays, replay, watch

LONG = "\n".join(f"n{place} = {place}" for place in range(20))


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "t.parquet"
    pd.DataFrame({"a": [1, 2, 3]}).to_parquet(path)
    return path


def test_a_cell_of_many_statements_is_run_in_pieces_up_to_its_error_or_its_end(parquet: Path) -> None:
    with Sandbox(parquet, SandboxConfig()) as box:
        with box.session("whole") as session:
            seen = watch(f"{LONG}\nhook('n', n19)", session)
            assert [name for name, _ in seen.settings] == [f"n{place}" for place in range(20)]
            assert len({value for _, value in seen.settings}) == 20
            assert [hook.name for hook in seen.hooks] == ["n"]
            assert (seen.error, seen.ended, seen.answer) == (None, "open", None)
        with box.session("error") as session:
            seen = watch(f"hook('first', 1)\n{LONG}\n1 / 0\nlast = 1", session)
            assert [name for name, _ in seen.settings] == [f"n{place}" for place in range(20)]
            assert seen.error is not None
            assert "ZeroDivisionError" in seen.error
            assert session.run("last").error is not None, "what follows an error is not run"
        with box.session("end") as session:
            seen = watch(f"first = 1\nsubmit(7)\n{LONG}", session)
            assert (seen.ended, seen.answer) == ("submit", 7)
            assert [name for name, _ in seen.settings] == ["first", *(f"n{place}" for place in range(6))]


def test_a_turn_that_ended_its_session_by_force_sets_nothing(parquet: Path) -> None:
    with Sandbox(parquet, SandboxConfig()) as box:
        script = Script((ScriptedTurn("Count.", "n = len(df)"), ScriptedTurn("Wait.", "m = 2")))
        trace = execute(script, "q", "gold", "program", box)
        cut = msgspec.structs.replace(trace, ended="time")
        for ended, names in ((trace, [["n"], ["m"]]), (cut, [["n"], []])):
            states = replay(Episode("e", "q", "t", (ended,)), box).states[trace.trace_id]
            assert [[name for name, _ in state] for state in states] == names
        early = msgspec.structs.replace(trace, ended="submit", answer=None)
        with pytest.raises(ValueError, match="in the replay, it submits None, not None"):
            replay(Episode("e", "q", "t", (early,)), box)


def test_replays_are_written_by_question_and_the_next_time_from_the_journal(parquet: Path, tmp_path: Path) -> None:
    with Sandbox(parquet, SandboxConfig()) as box:
        submit = Script((ScriptedTurn("Count.", "n = len(df)\nsubmit(n)"),))
        traces = {name: execute(submit, name, "gold", "program", box) for name in ("q2", "q1")}
    episodes = [Episode(f"e-{name}", name, "t", (trace,)) for name, trace in traces.items()]
    write_records(tmp_path / "episodes.jsonl", episodes)
    said: list[str] = []
    sink = logger.add(lambda message: said.append(message.record["message"]), level="INFO")
    for _ in range(2):
        assert build(parquet, tmp_path) == 2
    logger.remove(sink)
    assert [text for text in said if "journal" in text] == [
        "t: 2 episodes replayed, 0 from the journal",
        "t: 0 episodes replayed, 2 from the journal",
    ]
    replays = read_records(tmp_path / "out", Replay)
    assert [each.question_id for each in replays] == ["q1", "q2"]
    assert all(len(state) == 1 for each in replays for state in each.states.values())
    changed = msgspec.structs.replace(traces["q1"], turns=(Turn(0, "Count.", "n = 4\nsubmit(n)", ""),))
    write_records(tmp_path / "episodes.jsonl", [Episode("e-q1", "q1", "t", (changed,))])
    with pytest.raises(ValueError, match="in the replay, it submits 4, not 3"):
        build(parquet, tmp_path)


def build(parquet: Path, folder: Path) -> int:
    return build_replays(
        episodes_path=folder / "episodes.jsonl",
        table="t",
        parquet=parquet,
        sandbox=SandboxConfig(),
        cache=folder / "cache",
        code="code",
        output=folder / "out",
    )
