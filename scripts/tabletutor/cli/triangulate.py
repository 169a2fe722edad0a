"""`tabletutor triangulate`: choose the number of independent traces by those on file."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich import box
from rich.table import Table

from tabletutor.records.record import Record
from tabletutor.verdicts.stored_votes import QuestionVote, read_votes
from tabletutor.verdicts.triangulation import mean_traces, verified_rate_by_n


class Replayed(Record, frozen=True):
    """The vote with `n` traces, replayed from those on file.

    Attributes:
        n: The number of traces.
        questions: The number of questions with at least `n` traces. The other figures are about these.
        verified: The share that `n` traces verify, and its 95 % interval `low` to `high`.
        low: See `verified`.
        high: See `verified`.
        mean_traces: The mean number of traces until the vote is settled, with at most `n`.
    """

    n: int
    questions: int
    verified: float
    low: float
    high: float
    mean_traces: float


class GroupOfVotes(Record, frozen=True):
    """The votes on a group of questions: those on file, and replayed with each number of traces.

    Attributes:
        group: The name of the group.
        read: The number of questions with independent traces.
        traces: The number of independent traces.
        verified: The number of these questions whose verdict is that they are verified.
        replayed: The replays, from one trace up to the most that a question has.
    """

    group: str
    read: int
    traces: int
    verified: int
    replayed: tuple[Replayed, ...] = ()


class Triangulation(Record, frozen=True):
    """The votes of a results folder, as `tabletutor triangulate --json` prints them.

    `stopped` is true if questions have different numbers of traces. Then the figures for large n are about questions
    whose vote took long.
    """

    questions: int
    stopped: bool
    groups: tuple[GroupOfVotes, ...]


def triangulation(results: Path, replay: bool) -> Triangulation:
    """Return the votes of a results folder: of all questions, by source and by difficulty.

    Raises ValueError if the folder has no verdicts, or if no question has an independent trace.
    """
    every = read_votes(results)
    votes = [each for each in every if each.vote.clusters]
    if not votes:
        raise ValueError(
            f"{results}: none of {len(every)} questions has an independent trace, so there is no vote. Set "
            "traces.teacher to a teacher of the configuration (docs/verdicts.md), and build the verdicts again: "
            "snakemake --profile local all_verdicts"
        )
    lengths = {len(each.vote.clusters) for each in votes}
    return Triangulation(len(every), len(lengths) > 1, tuple(_groups(votes, replay)))


def _groups(votes: Sequence[QuestionVote], replay: bool) -> Iterator[GroupOfVotes]:
    yield _group("all", votes, replay)
    keys: dict[str, Callable[[QuestionVote], str]] = {
        "source": lambda each: each.source,
        "difficulty": lambda each: each.difficulty,
    }
    for name, key in keys.items():
        for value in sorted({key(each) for each in votes}):
            yield _group(f"{name} {value}", [each for each in votes if key(each) == value], replay)


def _group(name: str, votes: Sequence[QuestionVote], replay: bool) -> GroupOfVotes:
    stored = [each.vote for each in votes]
    most = max(len(vote.clusters) for vote in stored)
    replayed = tuple(
        Replayed(
            n=rate.n,
            questions=rate.questions,
            verified=rate.rate,
            low=rate.low,
            high=rate.high,
            mean_traces=mean_traces([vote for vote in stored if len(vote.clusters) >= rate.n], rate.n),
        )
        for rate in (verified_rate_by_n(stored, up_to=most) if replay else ())
    )
    return GroupOfVotes(
        group=name,
        read=len(votes),
        traces=sum(len(vote.clusters) for vote in stored),
        verified=sum(each.verified for each in votes),
        replayed=replayed,
    )


def tables(found: Triangulation) -> Iterator[Table | str]:
    """Yield what is printed: a table of the votes on file, one of the replays if there are any, and notes on both."""
    yield f"{found.groups[0].read} of {found.questions} questions have independent traces."
    yield _on_file(found.groups)
    if not found.groups[0].replayed:
        yield "Replay the votes with fewer traces: add --replay."
        return
    yield _replays(found.groups)
    yield (
        "verified: share of the questions that n traces verify (at least two of them and more than half give the gold "
        "answer). traces: mean number until the vote is settled, with a cap of n."
    )
    if found.stopped:
        yield (
            "Questions have different numbers of traces, because votes end when they are settled. Rows with fewer "
            "questions are therefore about votes that took long. For a fair comparison, set traces.first equal to "
            "traces.cap."
        )


def _on_file(groups: Sequence[GroupOfVotes]) -> Table:
    table = _table("questions", "read", "traces", "traces each", "verified")
    for group in groups:
        share = f"{group.verified / group.read:.1%}"
        table.add_row(group.group, str(group.read), str(group.traces), f"{group.traces / group.read:.1f}", share)
    return table


def _replays(groups: Sequence[GroupOfVotes]) -> Table:
    table = _table("questions", "n", "of", "verified", "95 % interval", "traces")
    for group in groups:
        for row in group.replayed:
            interval = f"{row.low:.1%} to {row.high:.1%}"
            mean = f"{row.mean_traces:.2f}"
            table.add_row(group.group, str(row.n), str(row.questions), f"{row.verified:.1%}", interval, mean)
    return table


def _table(*names: str) -> Table:
    table = Table(box=box.MARKDOWN)
    for name in names:
        table.add_column(name)
    return table
