"""Best of n: choose one of several attempts at each question, by a judge or by majority vote, without new answers.

With either method, attempts that submitted an answer rank above the others, and ties go to the first sample.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.questions_by_id import QuestionsById
from tabletutor.matching.canonical import Missing, Unfit, canonical
from tabletutor.matching.cluster import cluster
from tabletutor.models.chat import Tokenizer, encode
from tabletutor.models.load import Model, load_tokenizer, make_repeatable
from tabletutor.models.prompt import Message, conversation, opening, table_card
from tabletutor.models.reward_model import Kind, load_judge
from tabletutor.records.episode import Prediction
from tabletutor.records.question import Question
from tabletutor.records.record import read_record, read_records, write_records
from tabletutor.records.table import TableProfile
from tabletutor.rows.prm_steps import prompt_text, step_ids, step_text
from tabletutor.telemetry.progress import progress_of

Choose = Callable[[Question, Sequence[Prediction]], Prediction]


class Judge(NamedTuple):
    """A trained reward model, its tokenizer and its kind."""

    model: Model
    tokenizer: Tokenizer
    kind: Kind

    def rate(self, start: Sequence[Message], attempt: Prediction) -> float:
        """Return the rating of an attempt; higher is better. `start` are the messages before its first turn.

        An outcome judge rates the whole attempt. With a process judge, the rating is the probability that the weakest
        step is right; Lightman et al. (2023) compare this with the product over steps.
        """
        import torch  # here, so that a vote loads no torch

        turns = attempt.trace.turns
        if not turns:
            return float("-inf")
        with torch.no_grad():
            if self.kind == "outcome":
                ids, _ = encode(self.tokenizer, conversation(start, turns))
                return float(self.model(input_ids=torch.tensor([ids])).logits[0, 0])
            steps = [step_text(turns, turn) for turn in range(len(turns))]
            ids, ends = step_ids(self.tokenizer, prompt_text(start), steps)
            logits = self.model(input_ids=torch.tensor([ids])).logits[0, ends]
            return float(torch.softmax(logits.float(), -1)[:, 1].min())


class JudgeFiles(NamedTuple):
    """A trained judge on disk: the folder of its base model, that of its checkpoint, and its kind."""

    model: Path
    trained: Path
    kind: Kind


def choose_by_judge(
    run: str,
    judge: JudgeFiles,
    *,
    attempts: Path,
    questions: Sequence[Path],
    profiles: Mapping[str, Path],
    output: Path,
) -> int:
    """Write the best-rated attempt at each question as the prediction of `run`; return the number of questions."""
    make_repeatable(threads=1)
    tokenizer = load_tokenizer(judge.model)
    rater = Judge(load_judge(judge.model, judge.trained, tokenizer, judge.kind), tokenizer, judge.kind)
    cards = {table: table_card(read_record(path, TableProfile)) for table, path in profiles.items()}

    def best(question: Question, samples: Sequence[Prediction]) -> Prediction:
        start = opening(cards[question.table], question.text)
        return max(samples, key=lambda attempt: (is_submitted(attempt), rater.rate(start, attempt)))

    return _choose_attempts(run, best, attempts=attempts, questions=questions, output=output)


def choose_by_vote(run: str, config: VerdictsConfig, *, attempts: Path, questions: Sequence[Path], output: Path) -> int:
    """Write the majority attempt at each question as the prediction of `run`; return the number of questions."""
    return _choose_attempts(
        run,
        lambda question, samples: majority_attempt(question, samples, config),
        attempts=attempts,
        questions=questions,
        output=output,
    )


def majority_attempt(question: Question, attempts: Sequence[Prediction], config: VerdictsConfig) -> Prediction:
    """Return the first attempt with the most common answer: self-consistency (Wang et al., 2023).

    Answers are compared as in grading, by the type of the question; a chain of pairwise equal answers counts as one.
    Answers that do not fit the type are not counted. Without any vote, this is the first submitted attempt, or else the
    first attempt.
    """
    kind, spec = question.answer_type, question.answer_spec
    answers = {
        str(attempt.sample): attempt.trace.answer
        for attempt in attempts
        if is_submitted(attempt) and not isinstance(canonical(attempt.trace.answer, kind, spec), Unfit | Missing)
    }
    clusters = cluster(answers, kind, spec, config)
    votes = Counter(clusters.values())
    return max(attempts, key=lambda each: (is_submitted(each), votes[clusters.get(str(each.sample), -1)]))


def is_submitted(attempt: Prediction) -> bool:
    """Return whether an attempt submitted an answer."""
    return attempt.trace.ended == "submit"


def _choose_attempts(run: str, choose: Choose, *, attempts: Path, questions: Sequence[Path], output: Path) -> int:
    """Write the attempt that `choose` returns for each question, sorted by question; return the number of questions.

    `choose` gets the attempts in the order of their samples. Raises ValueError if the question of an attempt is in no
    file.
    """
    by_id = QuestionsById(questions)
    by_question: defaultdict[str, list[Prediction]] = defaultdict(list)
    for attempt in sorted(read_records(attempts, Prediction), key=lambda each: (each.question_id, each.sample)):
        by_question[attempt.question_id].append(attempt)
    chosen: list[Prediction] = []
    with progress_of(f"choice {run}", len(by_question)) as progress:
        for samples in by_question.values():
            question = by_id.find(samples[0], attempts)
            chosen.append(replace(choose(question, samples), run=run, sample=0))
            progress.advance()
    return write_records(output, chosen)
