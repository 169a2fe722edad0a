"""Rollouts for reinforcement learning: TRL's `rollout_func`, in which students work as in `students/rollout.py`.

A student takes several turns in one sandbox session. The tokens that it chose are trained; outputs of cells and markup
between turns are not. Randomness depends on the run's seed, the question and the step, so a resumed run makes the same
attempts.
"""

import json
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from tabletutor.config.training import GrpoConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.models.chat import Tokenizer
from tabletutor.models.decoder import DecodedTurn, DecodeLimits, Decoder
from tabletutor.models.load import Model
from tabletutor.models.prompt import Message
from tabletutor.records.episode import Trace
from tabletutor.rows.row import is_right_answer
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.decoder_turns import DecoderTurns
from tabletutor.students.rollout import Answerer, Task, roll_out
from tabletutor.training.run import Answering
from tabletutor.training.trl import Rows


class RecordingDecoder(Decoder):
    """A decoder that records for each conversation the ids of its prompt, all ids after it, and which were chosen."""

    def __init__(self, model: Model, tokenizer: Tokenizer, rows: int, limits: DecodeLimits) -> None:
        super().__init__(model, tokenizer, rows, limits)
        self.prompts: dict[int, list[int]] = {}
        self.completions: dict[int, list[int]] = {}
        self.chosen: dict[int, list[int]] = {}
        self._stopped: dict[int, bool] = {}

    def begin(
        self, key: int, ids: Sequence[int], source: Random | None = None, limits: DecodeLimits | None = None
    ) -> None:
        """Add a conversation and start its record."""
        super().begin(key, ids, source, limits)
        self.prompts[key], self.completions[key], self.chosen[key] = list(ids), [], []

    def decode(self, wanted: int) -> list[DecodedTurn]:
        """Decode as `Decoder.decode` does and record the chosen tokens."""
        turns = super().decode(wanted)
        for turn in turns:
            self._record(turn.key, turn.chosen, 1)
            self._stopped[turn.key] = len(turn.chosen) > turn.tokens
        return turns

    def observe(self, key: int, ids: Sequence[int]) -> None:
        """Append the ids that follow a turn; the first is the turn's stop token, which counts as chosen if the student
        chose it. If another special token ended the turn, it is removed from the record.
        """
        super().observe(key, ids)
        same = False
        if self._stopped[key]:
            same = self.completions[key].pop() == ids[0]
            self.chosen[key].pop()
        self._record(key, ids[:1], int(same))
        self._record(key, ids[1:], 0)

    def _record(self, key: int, ids: Sequence[int], chosen: int) -> None:
        self.completions[key] += ids
        self.chosen[key] += [chosen] * len(ids)


class Attempts:
    """TRL's `rollout_func` for rows of the format `rl`.

    Each attempt is graded: `right` is 1 or 0, and `ran` is the share of its turns whose cell ran without error.
    """

    def __init__(
        self,
        rows: Rows,
        student: Answerer,
        tokenizer: Tokenizer,
        config: GrpoConfig,
        answering: Answering,
        sandboxes: Sandboxes,
    ) -> None:
        self._rows = {_key(row["prompt"]): (json.loads(row["info"]), json.loads(row["answer"])) for row in rows}
        self._parquets = answering.parquets
        self._verdicts = VerdictsConfig.model_validate(answering.verdicts)
        self._student, self._tokenizer, self._config, self._sandboxes = student, tokenizer, config, sandboxes
        self._limits = DecodeLimits(
            config.max_new_tokens, config.max_context, config.temperature, answering.whole_turns
        )

    def __call__(self, prompts: Sequence[list[Message]], trainer: Any) -> dict[str, Any]:
        """Make one attempt for each of `prompts`, which may repeat; return token ids, loss masks and grades."""
        model = trainer.accelerator.unwrap_model(trainer.model)
        rows = [self._rows[_key(prompt)] for prompt in prompts]
        tasks: list[Task] = []
        tried = Counter[str]()
        for prompt, (info, _) in zip(prompts, rows, strict=True):
            name = str(info["question_id"])
            tasks.append(Task(name, info["table"], prompt, len(prompts) * trainer.state.global_step + tried[name]))
            tried[name] += 1
        decoder = RecordingDecoder(model, self._tokenizer, len(tasks), self._limits)
        training = model.training
        model.eval()
        turns = DecoderTurns(decoder, self._tokenizer)
        done = roll_out(tasks, self._parquets, self._student, turns, self._config.max_turns, self._sandboxes)
        traces = {(each.task.question_id, each.task.sample): each.trace for each in done}
        model.train(training)
        finished = [traces[task.question_id, task.sample] for task in tasks]
        keys = range(len(tasks))
        stops = [_end_of_last_turn(decoder.chosen[key]) for key in keys]
        return {
            "prompt_ids": [decoder.prompts[key] for key in keys],
            "completion_ids": [decoder.completions[key][:stop] for key, stop in zip(keys, stops, strict=True)],
            "env_mask": [decoder.chosen[key][:stop] for key, stop in zip(keys, stops, strict=True)],
            "logprobs": None,
            "right": [
                float(trace.ended == "submit" and is_right_answer(trace.answer, answer, info, self._verdicts))
                for trace, (info, answer) in zip(finished, rows, strict=True)
            ],
            "ran": [_share_without_error(trace) for trace in finished],
        }


def answers_right(completions: Sequence[Any], right: Sequence[float], **_: Any) -> list[float]:
    """Reward function for TRL: 1 if the attempt submitted the right answer, else 0. `Attempts` provides `right`."""
    return list(right)


def runs(completions: Sequence[Any], ran: Sequence[float], **_: Any) -> list[float]:
    """Reward function for TRL: the share of turns whose cell ran without error. `Attempts` provides `ran`."""
    return list(ran)


def _share_without_error(trace: Trace) -> float:
    return sum(bool(turn.code) and turn.error is None for turn in trace.turns) / max(1, len(trace.turns))


def _end_of_last_turn(chosen: Sequence[int]) -> int:
    """Return the index after the last chosen token. A reply after it is dropped: there was no room for another turn."""
    return len(chosen) - next((index for index, each in enumerate(reversed(chosen)) if each), 0)


def _key(prompt: Sequence[Message]) -> str:
    return json.dumps([(message["role"], message["content"]) for message in prompt])
