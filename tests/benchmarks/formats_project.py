"""Create a project of many six-turn episodes from those of a built project, for `formats.py`."""

from pathlib import Path
from random import Random
from typing import Any

from formats_peers import sources, tables
from msgspec.structs import replace

from tabletutor.formats.build import SPLITS
from tabletutor.records.episode import Episode, Trace, Turn, Verdict, Vote
from tabletutor.records.identity import content_id, rng
from tabletutor.records.question import Question
from tabletutor.records.record import read_record, read_records, write_records
from tabletutor.records.table import Splits

TURNS = 6
Made = tuple[Question, Episode, Verdict]


def make_project(results: Path, count: int, folder: Path) -> None:
    """Write `count` six-turn episodes, spread evenly over the tables that give rows, and all that rule `format` reads.

    Turns of other real traces about the same table are prepended to traces of two to four turns. The text of the first
    turn ends with a number, so that all traces differ. Each copy has its own ids. All are valid records, and all
    episodes are verified.
    """
    splits = read_record(results / "splits.json", Splits)
    used = [table for table in tables(results) if splits.of(table) in SPLITS]
    (folder / "splits.json").write_bytes((results / "splits.json").read_bytes())
    for number, table in enumerate(used):
        profile, questions, episodes, verdicts = sources(folder, table)
        profile.parent.mkdir(parents=True)
        profile.write_bytes(sources(results, table)[0].read_bytes())
        share = count // len(used) + (number < count % len(used))
        made = _copies(_verified(results, table), share)
        for path, records in zip((questions, episodes, verdicts), zip(*made, strict=True), strict=True):
            write_records(path, sorted(records, key=lambda record: record.question_id))


def _verified(results: Path, table: str) -> list[Made]:
    _, questions, episodes, verdicts = sources(results, table)
    asked = {question.question_id: question for question in read_records(questions, Question)}
    judged = {verdict.question_id: verdict for verdict in read_records(verdicts, Verdict)}
    found = [(asked[each.question_id], each, judged[each.question_id]) for each in read_records(episodes, Episode)]
    real = [each for each in found if each[2].verified and all(len(trace.turns) <= TURNS for trace in each[1].traces)]
    if not real:
        raise ValueError(f"{episodes}: no verified episode of at most {TURNS} turns; build the project first")
    return real


def _copies(real: list[Made], count: int) -> list[Made]:
    turns = [turn for _, episode, _ in real for trace in episode.traces for turn in trace.turns[:-1]]
    return [_copy(*real[number % len(real)], turns, number) for number in range(count)]


def _copy(question: Question, episode: Episode, verdict: Verdict, turns: list[Turn], number: int) -> Made:
    ids: Any = {trace.trace_id: content_id(trace.trace_id, number) for trace in episode.traces}
    key = content_id(question.question_id, number)
    labels = {ids[trace]: (("correct",) * (TURNS - len(own)) + own) for trace, own in verdict.step_labels.items()}
    traces = tuple(_longer(trace, ids[trace.trace_id], turns, number) for trace in episode.traces)
    return (
        replace(question, question_id=key),
        replace(episode, episode_id=content_id(episode.episode_id, number), question_id=key, traces=traces),
        replace(
            verdict, question_id=key, step_labels=labels,
            trace_correct={ids[trace]: correct for trace, correct in verdict.trace_correct.items()},
            votes=tuple(Vote(ids.get(vote.voter, vote.voter), vote.cluster) for vote in verdict.votes),
        ),
    )  # fmt: skip


def _longer(trace: Trace, name: str, turns: list[Turn], number: int) -> Trace:
    source: Random = rng(number, trace.trace_id)
    added = TURNS - len(trace.turns)
    own = [
        turn if turn.corrects_turn is None else replace(turn, corrects_turn=turn.corrects_turn + added)
        for turn in trace.turns
    ]
    before = [replace(turn, corrects_turn=None) for turn in source.choices(turns, k=added)]
    longer = [replace(turn, index=index) for index, turn in enumerate([*before, *own])]
    longer[0] = replace(longer[0], reasoning=f"{longer[0].reasoning} ({number})")
    return replace(trace, trace_id=name, turns=tuple(longer))
