"""Judges: models that say of an attempt how good it is, and the choice of the best of several by one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from tabletutor.evaluation.best_of_n import choose, submitted
from tabletutor.models.chat import Tokenizer, encode
from tabletutor.models.load import Model, load_tokenizer, make_repeatable
from tabletutor.models.prompt import Message, conversation, opening, table_card
from tabletutor.models.reward_model import Kind, load_judge
from tabletutor.records.episode import Prediction
from tabletutor.records.question import Question
from tabletutor.records.record import read_record
from tabletutor.records.table import TableProfile
from tabletutor.rows.prm_steps import prompt_text, step_ids, step_text


class Judge(NamedTuple):
    """A trained judge, its tokenizer and its kind."""

    model: Model
    tokenizer: Tokenizer
    kind: Kind

    def rate(self, start: Sequence[Message], attempt: Prediction) -> float:
        """How good an attempt is, `start` being what was told before it. An outcome judge's number for the whole; of a
        process judge, how likely its weakest step is right (Lightman et al., 2023, compare this with the product over
        steps).
        """
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


def choose_best(
    run: str,
    judge: tuple[Path, Path, Kind],
    attempts: Path,
    questions: Sequence[Path],
    profiles: Mapping[str, Path],
    output: Path,
) -> int:
    """Write, for each question, the attempt that is rated best as the run `run`'s prediction; returns how many.

    `judge` has the folder of its model, that of its checkpoint, and its kind. An attempt that submitted goes before one
    that did not; of equal ratings the first sample is taken.
    """
    make_repeatable(threads=1)
    model, trained, kind = judge
    tokenizer = load_tokenizer(model)
    judging = Judge(load_judge(model, trained, tokenizer, kind), tokenizer, kind)
    cards = {table: table_card(read_record(path, TableProfile)) for table, path in profiles.items()}

    def best(asked: Question, several: Sequence[Prediction]) -> Prediction:
        start = opening(cards[asked.table], asked.text)
        return max(several, key=lambda attempt: (submitted(attempt), judging.rate(start, attempt)))

    return choose(run, attempts, questions, best, output)
