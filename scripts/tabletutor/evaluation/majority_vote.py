"""The answer most attempts agree on: self-consistency (Wang et al., 2023), what a judge is to be compared with."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.best_of_n import choose, submitted
from tabletutor.matching.canonical import Missing, Unfit, canonical
from tabletutor.matching.cluster import cluster
from tabletutor.records.episode import Prediction
from tabletutor.records.question import Question


def agreed(question: Question, attempts: Sequence[Prediction], config: VerdictsConfig) -> Prediction:
    """The first of the attempts whose answer most attempts gave; of equally many, the earliest. Answers are equal as
    they are when they are graded, by the type of the question, and a chain of equal ones is one answer. What is of no
    such type is no vote. Where there is none, the first attempt that submitted, or else the first.
    """
    kind, spec = question.answer_type, question.answer_spec
    answers = {
        str(attempt.sample): attempt.trace.answer
        for attempt in attempts
        if submitted(attempt) and not isinstance(canonical(attempt.trace.answer, kind, spec), Unfit | Missing)
    }
    clusters = cluster(answers, kind, spec, config)
    votes = Counter(clusters.values())
    return max(attempts, key=lambda each: (submitted(each), votes[clusters.get(str(each.sample), -1)]))


def choose_agreed(run: str, attempts: Path, questions: Sequence[Path], config: VerdictsConfig, output: Path) -> int:
    """Write, for each question, the attempt of most agreement as the run `run`'s prediction; returns how many."""
    return choose(run, attempts, questions, lambda asked, several: agreed(asked, several, config), output)
