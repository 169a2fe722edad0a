"""Rollouts in the sandbox, with a student that recites given turns."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.models.decoder import DecodedTurn
from tabletutor.models.tokenizer import train_tokenizer
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.decoder_turns import DecoderTurns
from tabletutor.students.rollout import Answerer, Task, roll_out


class Reciter:
    """A decoder that recites given turns for each conversation and records the tokens it was fed."""

    def __init__(self, turns: Sequence[Sequence[str]], full: Sequence[int] = ()) -> None:
        self._turns = [list(texts) for texts in turns]
        self._full = set(full)
        self._started: list[int] = []
        self.fed: dict[int, list[list[int]]] = {}
        self.shared: list[list[int]] = []

    def begin(self, key: int, ids: Sequence[int], source: Random | None = None) -> None:
        self.fed[key] = [list(ids)]

    def share_all(self) -> None:
        self.shared.append(list(self.fed))

    def share(self, keys: Sequence[int]) -> None:
        self.shared.append(list(keys))

    def feed(self, keys: Sequence[int]) -> None:
        self._started += keys

    def decode(self, wanted: int) -> list[DecodedTurn]:
        done, self._started = self._started, []
        return [DecodedTurn(key, self._turns[key].pop(0), 10) for key in done]

    def observe(self, key: int, ids: Sequence[int]) -> None:
        self.fed[key].append(list(ids))

    def room(self, key: int) -> int:
        return 0 if key in self._full else 100

    def end(self, key: int) -> None:
        assert key not in self._started


def test_every_way_a_conversation_ends(tmp_path: Path) -> None:
    parquet = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"n": [1, 2, 3]}), parquet)
    tokenizer = train_tokenizer(ScratchModelConfig(source="scratch", vocabulary=400), ["the table df has a column n"])
    look, submit = "I look.\n```python\nx = df['n'].sum()\nprint(x)\n```", "```python\nsubmit(x)\n```"
    turns = [
        [look, submit],
        ["I do not know.", "Still not.", "Really not."],
        ["```python\nx\n```", look, submit],
        [look, look, look],
        ["```python\nimport os\nos._exit(3)\n```"],
        ["```python\nsum(range(10**13))\n```"],  # one call that no signal interrupts
        [look],
    ]
    reciter = Reciter(turns, full=[6])
    generator = DecoderTurns(reciter, tokenizer)  # pyright: ignore[reportArgumentType] - a decoder that recites
    asked = [
        Task(f"{number:04d}", "numbers", [{"role": "user", "content": f"What is {number}?"}])
        for number in range(len(turns))
    ]
    student = Answerer("run", "student", 0)
    with Sandboxes(SandboxConfig(sessions=2, soft_seconds=2, hard_seconds=4)) as sandboxes:
        rolled = roll_out(asked, {"numbers": parquet}, student, generator, 3, sandboxes)
        done = {attempt.task.question_id: attempt for attempt in rolled}
    ends = [done[f"{number:04d}"].trace.ended for number in range(len(turns))]
    assert ends == ["submit", "turn_limit", "submit", "turn_limit", "crash", "time", "turn_limit"]
    first = done["0000"]
    assert first.trace.answer == 6
    assert first.tokens == 20
    assert first.trace.turns[0].reasoning == "I look."
    assert first.trace.turns[0].stdout == "6\n"
    assert [turn.code for turn in done["0001"].trace.turns] == ["", "", ""]
    assert "NameError" in (done["0002"].trace.turns[0].error or "")
    assert done["0006"].trace.turns == ()
    assert done["0003"].trace.answer is None
    told = tokenizer.decode(reciter.fed[0][1])
    assert told == "<|im_end|>\n<|im_start|>user\n6<|im_end|>\n<|im_start|>assistant\n"
    assert "No code found" in tokenizer.decode(reciter.fed[1][1])
    assert "What is 0?" in tokenizer.decode(reciter.fed[0][0])
    everyone = list(range(len(turns)))
    assert reciter.shared == [everyone, everyone]  # first of the group, then of its one table
