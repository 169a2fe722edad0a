"""Labels of steps: an error put into a right trace is located at its step, and right steps stay correct."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pandas as pd
import pytest

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.episodes.mistakes import MUTATIONS
from tabletutor.episodes.script import Script, ScriptedTurn, execute
from tabletutor.episodes.teacher import decision, gold_script, plan_turn, work_turns
from tabletutor.programs.grammar import Program, from_json
from tabletutor.questions.generate import candidates, make_pools
from tabletutor.questions.registry import all_families
from tabletutor.records.episode import Ended, Episode, Trace, Turn
from tabletutor.records.identity import rng
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.guest.frame import read_frame
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.tables.ingest import ingest
from tabletutor.verdicts.replay import Settings, replay, watch
from tabletutor.verdicts.statements import dependencies, statements
from tabletutor.verdicts.steps import step_labels

TABLES = Path(__file__).parents[2] / "resources" / "tables"
INJECTIONS = 500
AT_ONE_STEP = 240  # at most
OWN = {"np", "pd", "hook", "submit", "__builtins__"}  # names that a cell has from the start, beside its table


class Injected(NamedTuple):
    """A right script, the same script with one changed step, and the index of that step."""

    gold: Script
    wrong: Script
    step: int


def injections(profile: TableProfile) -> Iterator[Injected]:
    """Yield right scripts with one step changed by a mistake: the plan, or one cell of the work."""
    seen: set[str] = set()
    config = ProgramQuestionsConfig(per_family=60, attempts_per_question=60)
    for pool in make_pools(all_families(), "train", config):
        for _, question in candidates(profile, pool, config, 0):
            program = from_json(question.program or {})
            source = rng(0, question.question_id)
            for name in sorted(MUTATIONS, key=lambda _: source.random()):
                wrong = MUTATIONS[name](program, profile, source)
                if wrong is None or wrong == program or question.question_id in seen:
                    continue
                seen.add(question.question_id)
                yield from inject(program, wrong, profile, source.random())


def inject(program: Program, wrong: Program, profile: TableProfile, draw: float) -> Iterator[Injected]:
    right = gold_script(program, profile).turns
    changed = (plan_turn(wrong, profile), *work_turns(wrong, decision(program, profile)))
    places = [place for place, (one, other) in enumerate(zip(right, changed, strict=False)) if one != other]
    if len(right) == len(changed) and places:
        place = places[0] if draw < 0.3 else places[-1]
        turns = (*right[:place], changed[place], *right[place + 1 :])
        yield Injected(Script(right), Script(turns, "injected"), place)


def changes_something(turns: tuple[Turn, ...], others: tuple[Turn, ...], place: int, table: Path) -> bool:
    """Return whether a changed cell sets other values than the right one, in plain Python in this process."""
    left: list[dict[str, object]] = []
    frame = read_frame(table)
    for cells in (turns, others):
        nothing = lambda *_, **__: None  # noqa: E731
        names: dict[str, object] = {"df": frame.copy(), "pd": pd, "np": np, "hook": nothing, "submit": nothing}
        for cell in cells[: place + 1]:
            exec(compile(cell.code, "cell", "exec"), names)
        left.append({name: value for name, value in names.items() if name not in OWN})
    one, other = left
    return one.keys() != other.keys() or not all(same(one[name], other[name]) for name in one)


def same(one: object, other: object) -> bool:
    if isinstance(one, pd.DataFrame | pd.Series):
        return type(one) is type(other) and one.equals(other)
    return repr(one) == repr(other)


class Found(NamedTuple):
    """The step with the error, and the first step whose label is not correct."""

    step: int
    first: int


def run(script: Script, name: str, box: Sandbox) -> tuple[Trace, list[Settings]]:
    """Run a script and return its trace and what each turn set."""
    turns: list[Turn] = []
    states: list[Settings] = []
    ended: Ended = "turn_limit"
    answer: object = None
    with box.session(name) as session:
        for index, planned in enumerate(script.turns):
            seen = watch(planned.code, session)
            turns.append(Turn(index, planned.reasoning, planned.code, "", seen.error, seen.hooks))
            states.append(seen.settings)
            if seen.ended != "open":
                ended, answer = seen.ended, seen.answer
                break
    return Trace(name, "gold", "program", tuple(turns), ended, answer), states


def find(case: Injected, parquet: Path, box: Sandbox) -> Found | None:
    """Run and label both traces, and return where the first label is not correct.

    None if the program has no answer on this table or the mistake makes no difference.
    """
    right, right_states = run(case.gold, "right", box)
    if right.ended != "submit" or any(turn.error for turn in right.turns):
        return None
    wrong, states = run(case.wrong, "wrong", box)
    silent = case.step > 0 and wrong.turns[case.step].error is None
    if silent and not changes_something(right.turns, wrong.turns, case.step, parquet):
        return None
    assert set(step_labels(right, right, right_states, right_states, True)) == {"correct"}
    answered = wrong.ended == "submit" and wrong.answer == right.answer
    labels = step_labels(wrong, right, states, right_states, answered)
    return Found(case.step, next((place for place, label in enumerate(labels) if label != "correct"), len(labels)))


@pytest.mark.slow
def test_errors_at_a_known_step_are_located(tmp_path: Path) -> None:
    found: list[Found] = []
    steps: Counter[int] = Counter()
    for name, wanted in (("gapminder", INJECTIONS // 2), ("penguins_raw", INJECTIONS)):
        parquet = tmp_path / f"{name}.parquet"
        profile = ingest(
            TABLES / f"{name}.csv",
            table=name,
            source_path=name,
            config=TablesConfig(),
            parquet=parquet,
            profile=tmp_path / f"{name}.json",
        )
        with Sandbox(parquet, SandboxConfig()) as box:
            for case in injections(profile):
                if len(found) == wanted:
                    break
                if steps[case.step] < AT_ONE_STEP and (one := find(case, parquet, box)):
                    found.append(one)
                    steps[one.step] += 1
    assert len(found) == INJECTIONS, steps
    assert min(steps[0], steps[1], steps[2]) >= 20, f"errors stand everywhere: {steps}"
    assert not [each for each in found if each.first < each.step], "none is reported before its step"
    located = sum(each.first == each.step for each in found)
    assert located >= 0.95 * INJECTIONS, f"{located} located, the others: {[e for e in found if e.first != e.step]}"


def turn(index: int, code: str, reasoning: str = "Now I compute it.", error: str | None = None) -> Turn:
    return Turn(index, reasoning, code, "", error)


def made(*turns: Turn, teacher: str = "program", ended: str = "submit") -> Trace:
    return Trace("t", "perturbed", teacher, turns, ended, 1)  # type: ignore[arg-type]


LOOK = turn(0, "df.head(3)", "Keep the big ones, then count.")
GOLD = made(
    LOOK, turn(1, "rows = df[df['a'] > 1]\ngroups = rows.groupby('b')['a'].sum()"), turn(2, "submit(len(groups))")
)
RAISING = turn(1, "rows = df['A']", error="KeyError: 'A'")
STATES = [[], [("rows", "r1"), ("groups", "g1")], []]


@pytest.mark.parametrize(
    ("trace", "states", "right", "labels"),
    [
        (GOLD, STATES, True, "correct correct correct"),
        (GOLD, [[], [("rows", "r1"), ("groups", "other")], []], False, "correct wrong wrong"),
        (GOLD, [[], [("rows", "r1"), ("groups", "other")], []], True, "correct correctable correct"),
        (GOLD, [[], [("rows", "r1"), ("groups", "g1"), ("extra", "x")], []], True, "correct correct correct"),
        (made(turn(0, "df.head(3)", "Take them all."), *GOLD.turns[1:]), STATES, True, "correctable correct correct"),
        (made(turn(0, "df.head(3)", "All."), *GOLD.turns[1:], teacher="m"), STATES, True, "correct correct correct"),
        (made(LOOK, RAISING, *GOLD.turns[1:]), [[], *STATES], True, "correct correctable correct correct"),
        # corrected later, although its values agree by chance
        (made(*GOLD.turns[:2], msgspec.structs.replace(GOLD.turns[1], corrects_turn=1), GOLD.turns[2]),
         [*STATES[:2], *STATES[1:]], True, "correct correctable correct correct"),
        (made(*GOLD.turns[:2], ended="turn_limit"), STATES[:2], False, "correct correct"),
        (made(*GOLD.turns[:2], ended="turn_limit"), [[], [("rows", "r2")]], False, "correct wrong"),
        # more turns than the gold trace, and another plan where the gold trace works
        (made(*GOLD.turns, turn(3, "df.tail()", "And now?")), [*STATES, []], True, "correct correct correct correct"),
        (made(LOOK, turn(1, "df.tail()", "Another plan."), GOLD.turns[2]), [[], [], []], True,
         "correct correct correct"),
        (made(LOOK, turn(1, "x = 1", "Another plan."), GOLD.turns[2]), [[], [("x", "1")], []], True,
         "correct correct correct"),
        (made(LOOK, GOLD.turns[1], turn(2, "submit(3)", "Another plan.")), STATES, True, "correct correct correctable"),
        (made(*GOLD.turns[:2], turn(2, "while True: pass"), ended="time"), STATES, False, "correct correct wrong"),
    ],
)  # fmt: skip
def test_a_step_is_labelled_by_the_state_it_leads_to(
    trace: Trace, states: list[list[tuple[str, str]]], right: bool, labels: str
) -> None:
    assert " ".join(step_labels(trace, GOLD, states, STATES, right)) == labels


def test_what_the_answer_depends_on_is_followed_through_the_cells() -> None:
    cells = [
        "rows = df[df['a'] > 1]\nunused = df.mean()",
        "rows['c'] = rows['a'] * 2",
        "answer = rows['c'].sum()\nsubmit(answer)",
    ]
    found = dependencies(cells)
    assert {"answer", "rows", "rows['c']", "df"} <= found
    assert "unused" not in found


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["a = 1\nb = a\nc = 2", "submit(b)"], "a b"),
        (["a = 1", "submit(2)\nb = a"], ""),  # code after the answer
        (
            ["df['x'] = 1\ndf['y'] = 2\nz = 3", "submit(df['x'])"],
            "df df['x'] df['y']",
        ),  # with all columns
        (["rows = df\nother = df", "rows['c'] = rows['a']", "submit(rows)"], "df rows rows['c']"),
        (["rows = df\nrows['c'] = 1\nx = rows['c']", "submit(x)"], "df rows rows['c'] x"),
        (["f = lambda: submit(a)", "a = 1"], "a f"),  # a call inside a function counts
        (["obj.submit(a)"], ""),
        (["x ="], ""),
    ],
)
def test_what_an_answer_needs(cells: list[str], wanted: str) -> None:
    assert dependencies(cells) - {"submit"} == frozenset(wanted.split())


def test_a_cell_is_read_statement_by_statement() -> None:
    first, second, third = statements("a = b = df['x']\ndf['y'], z = a, [c for c in a]\nif a:\n    submit(z)")
    assert first.sets == ("a", "b")
    assert set(second.sets) == {"df['y']", "z", "c"}
    assert [each.submits for each in (first, second, third)] == [False, False, True]
    assert statements("not python (")[0].source == "not python ("


def test_a_trace_that_does_not_come_out_again_is_an_error(tmp_path: Path) -> None:
    parquet = tmp_path / "t.parquet"
    pd.DataFrame({"a": [1, 2, 3]}).to_parquet(parquet)
    with Sandbox(parquet, SandboxConfig()) as box:
        script = Script((ScriptedTurn("Count.", "n = len(df)\nhook('n', n)\nsubmit(n)"),))
        trace = execute(script, "q", "gold", "program", box)
        (settings,) = replay(Episode("e", "q", "t", (trace,)), box).states[trace.trace_id]
        assert [name for name, _ in settings] == ["n"]
        for changed in (
            msgspec.structs.replace(trace, answer=4),
            msgspec.structs.replace(trace, turns=(msgspec.structs.replace(trace.turns[0], hooks=()),)),
        ):
            with pytest.raises(ValueError, match=r"question q, trace \w+: in the replay"):
                replay(Episode("e", "q", "t", (changed,)), box)


def test_columns_that_are_set_and_frames_are_told_apart_by_all_their_values(tmp_path: Path) -> None:
    parquet = tmp_path / "t.parquet"
    pd.DataFrame({"a": range(1000), "b": ["x"] * 1000}).to_parquet(parquet)
    codes = ("df['c'] = df['a'] * 2", "df['c'] = df['a'] * 2.0", "rows = df[df['a'] > 3]", "rows = df[df['a'] >= 3]")
    with Sandbox(parquet, SandboxConfig()) as box:
        traces = [
            execute(Script((ScriptedTurn("Do.", code),)), str(n), "gold", "p", box) for n, code in enumerate(codes)
        ]
        states = [replay(Episode("e", "q", "t", (trace,)), box).states[trace.trace_id][0] for trace in traces]
    assert [[name for name, _ in state] for state in states] == [["df['c']"], ["df['c']"], ["rows"], ["rows"]]
    assert len({value for state in states for _, value in state}) == 4
