"""Judge episodes: which answers agree, whether the question is verified, and which traces are right.

A question from a program is verified if all its engines agree and the gold trace submits their answer. If independent
traces have read it, the text must lead them there too. A question from another source is verified if the gold trace
(which saw the hint) agrees with at least two independent traces (which did not) and with more than half of all of them,
including those that did not submit. If it has a program, its engines must agree too. No question is verified whose
answer a model guesses without the table.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import log2
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import UNSET

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.cluster import cluster
from tabletutor.matching.match import match
from tabletutor.matching.vote import MIN_AGREEING, is_verified
from tabletutor.records.episode import Episode, Replay, StepLabel, Taxonomy, Trace, Verdict, Vote
from tabletutor.records.question import Question
from tabletutor.records.record import read_records, write_records
from tabletutor.verdicts.steps import step_labels


class Ballot(NamedTuple):
    """The votes on one question.

    `clusters`: the cluster of each voter's answer. `gold`: the gold trace's voter, or None if it did not submit.
    `independent`: the independent traces that submitted. `attempts`: the number of all independent traces.
    """

    clusters: dict[str, int]
    gold: str | None
    independent: tuple[str, ...]
    attempts: int

    def tally(self) -> Counter[int]:
        """Return the number of independent traces in each cluster."""
        return Counter(self.clusters[voter] for voter in self.independent)

    def agreeing(self) -> int:
        """Return how many independent traces gave the gold answer."""
        return 0 if self.gold is None else self.tally()[self.clusters[self.gold]]

    def entropy(self) -> float | None:
        """Return the entropy of the independent traces' answers in bits; None if none of them submitted."""
        total = len(self.independent)
        if not total:
            return None
        return sum(count / total * log2(total / count) for count in self.tally().values())


def judge(episode: Episode, question: Question, replay: Replay, config: VerdictsConfig) -> Verdict:
    """Return the verdict on one episode.

    Raises ValueError if the episode belongs to another question or has two gold traces, or if the replay is not of its
    traces.
    """
    if (episode.question_id, episode.table) != (question.question_id, question.table):
        raise ValueError(
            f"episode {episode.episode_id} belongs to question {episode.question_id} on table {episode.table!r}, "
            f"not to question {question.question_id} on table {question.table!r}"
        )
    gold = _gold_trace(episode)
    ballot = _ballot(episode, question, gold, config)
    stated = question.answer is not None
    answer = question.answer if stated else (gold.answer if gold is not None and gold.ended == "submit" else None)

    def is_right(trace: Trace) -> bool:
        return (
            answer is not None
            and trace.ended == "submit"
            and match(answer, trace.answer, question.answer_type, question.answer_spec, config)
        )

    if gold is None or ballot.gold is None:
        taxonomy: Taxonomy = "execution_failure"
    elif not is_right(gold) or not _engines_agree(question, config):
        taxonomy = "ambiguous"
    elif question.source == "program":
        taxonomy = _read_taxonomy(ballot, ballot.gold, config)
    else:
        taxonomy = _majority_taxonomy(ballot, ballot.gold)
    guessable = _is_guessable(question, answer, config)
    if guessable and taxonomy == "verified":
        taxonomy = "ambiguous"
    correct = {trace.trace_id: is_right(trace) for trace in episode.traces}
    verified = taxonomy == "verified"
    return Verdict(
        question_id=question.question_id,
        table=question.table,
        verified=verified,
        answer=answer,
        votes=tuple(Vote(voter, number) for voter, number in sorted(ballot.clusters.items())),
        engines=question.engines,
        taxonomy=taxonomy,
        trace_correct=correct,
        independent=ballot.attempts,
        agreeing=ballot.agreeing(),
        entropy=ballot.entropy(),
        guessable=guessable or UNSET,
        step_labels=_labels(episode, gold, replay, correct) if verified and gold is not None else {},
    )


def _is_guessable(question: Question, answer: Any, config: VerdictsConfig) -> bool:
    """Return whether the control, which did not see the table, gave the answer. Agreement then shows nothing."""
    if answer is None or question.control is UNSET:
        return False
    return match(answer, question.control, question.answer_type, question.answer_spec, config)


def _labels(
    episode: Episode, gold: Trace, replay: Replay, correct: Mapping[str, bool]
) -> dict[str, tuple[StepLabel, ...]]:
    turns = {trace.trace_id: len(trace.turns) for trace in episode.traces}
    if {name: len(states) for name, states in replay.states.items()} != turns:
        raise ValueError(f"the replay of question {replay.question_id} is not of the traces of its episode")
    return {
        trace.trace_id: step_labels(
            trace, gold, replay.states[trace.trace_id], replay.states[gold.trace_id], correct[trace.trace_id]
        )
        for trace in episode.traces
    }


def judge_all(
    episodes: Sequence[Episode], questions: Sequence[Question], replays: Sequence[Replay], config: VerdictsConfig
) -> list[Verdict]:
    """Return the verdicts in the order of their question ids.

    Raises ValueError unless each question has exactly one episode with a replay.
    """
    by_question = {question.question_id: question for question in questions}
    counts = Counter(episode.question_id for episode in episodes)
    for question_id in sorted(by_question.keys() | counts.keys()):
        if question_id not in by_question:
            raise ValueError(f"an episode belongs to question {question_id}, which is not among the questions")
        if counts[question_id] != 1:
            raise ValueError(f"question {question_id} has {counts[question_id]} episodes; it needs exactly one")
    ordered = sorted(episodes, key=lambda episode: episode.question_id)
    replayed = {replay.question_id: replay for replay in replays}
    if missing := sorted(by_question.keys() - replayed.keys()):
        raise ValueError(f"the episode of question {missing[0]} has not been replayed")
    return [
        judge(episode, by_question[episode.question_id], replayed[episode.question_id], config) for episode in ordered
    ]


def judge_table(config: VerdictsConfig, *, episodes: Path, questions: Path, replays: Path, output: Path) -> int:
    """Judge one table's episodes, write the verdicts, and return their number.

    Raises ValueError, naming the files, if a record is invalid or the three files do not belong together.
    """
    try:
        verdicts = judge_all(
            read_records(episodes, Episode), read_records(questions, Question), read_records(replays, Replay), config
        )
    except ValueError as error:
        raise ValueError(f"{episodes} with {replays} cannot be judged against {questions}: {error}") from error
    return write_records(output, verdicts)


def _gold_trace(episode: Episode) -> Trace | None:
    traces = [trace for trace in episode.traces if trace.role == "gold"]
    if len(traces) > 1:
        raise ValueError(f"episode {episode.episode_id} has {len(traces)} gold traces; it may have one")
    return traces[0] if traces else None


def _ballot(episode: Episode, question: Question, gold: Trace | None, config: VerdictsConfig) -> Ballot:
    """Return all answers that vote. Perturbed traces do not vote, because they are wrong on purpose."""
    answers: dict[str, Any] = {f"engine:{name}": answer for name, answer in question.engines.items()}
    independent = [trace for trace in episode.traces if trace.role == "independent"]
    voting = [trace for trace in (gold, *independent) if trace is not None and trace.ended == "submit"]
    answers |= {trace.trace_id: trace.answer for trace in voting}
    return Ballot(
        clusters=cluster(answers, question.answer_type, question.answer_spec, config),
        gold=gold.trace_id if gold is not None and gold.ended == "submit" else None,
        independent=tuple(trace.trace_id for trace in voting if trace.role == "independent"),
        attempts=len(independent),
    )


def _engines_agree(question: Question, config: VerdictsConfig) -> bool:
    """Return whether at least two engines answered, and all answers equal each other and the question's.

    A question of another source without a program needs no engines.
    """
    if question.source != "program" and question.program is None:
        return True
    answers = list(question.engines.values())
    pairs = [*combinations(answers, 2), *((question.answer, answer) for answer in answers)]
    return len(answers) >= MIN_AGREEING and all(
        match(first, second, question.answer_type, question.answer_spec, config) for first, second in pairs
    )


def _read_taxonomy(ballot: Ballot, gold: str, config: VerdictsConfig) -> Taxonomy:
    """Return the taxonomy of a question whose engines agree, by the independent traces that have read it."""
    others = [count for number, count in ballot.tally().items() if number != ballot.clusters[gold]]
    is_against = 2 * max(others, default=0) > ballot.attempts
    if not ballot.attempts or (config.readers == "not_against" and not is_against):
        return "verified"
    return _majority_taxonomy(ballot, gold)


def _majority_taxonomy(ballot: Ballot, gold: str) -> Taxonomy:
    """Return the taxonomy of a question by the independent traces that agree with the gold trace."""
    if not ballot.independent:
        return "too_hard" if ballot.attempts else "ambiguous"
    if is_verified(ballot.agreeing(), ballot.attempts):
        return "verified"
    if ballot.agreeing():
        return "ambiguous"
    return "hint_necessary" if 2 * max(ballot.tally().values()) > ballot.attempts else "too_hard"
