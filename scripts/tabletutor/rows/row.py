"""The row types of the training formats, and the records beside them. Rows load in their target library unchanged.

Each row names its question, table and trace (`tabletutor explain`). Its methods tell the checks which conversations it
holds, how many of their messages are a prompt, and how it is labelled.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.models.prompt import Message, WeighedMessage, is_trained
from tabletutor.records.episode import StepLabel
from tabletutor.records.identity import digest
from tabletutor.records.question import AnswerSpec
from tabletutor.records.record import Record

# U+001E, "record separator", separates the steps of a trace. If a text contains it, its symbol U+241E is written
# instead.
SEPARATOR, SEPARATOR_SYMBOL = "\x1e", "\u241e"
OWN = "own:"  # before the name of a file, in the place of the table: a row of a user's own, of no table
_IDS = ("question_id", "table", "trace_id", "rejected_id")


class Row(Record, frozen=True, kw_only=True):
    """The base of all rows.

    Attributes:
        READ_AS: What a user of the rows must know to train on them; printed on the data card. May be empty.
    """

    READ_AS: ClassVar[str] = ""

    question_id: str
    table: str
    trace_id: str

    def ids(self) -> dict[str, str]:
        """Return the ids of the row's question, table and trace, by field name."""
        return {"question_id": self.question_id, "table": self.table, "trace_id": self.trace_id}

    def is_own(self) -> bool:
        """Return whether the row is a user's own, which belongs to no table and no question."""
        return self.table.startswith(OWN)

    def conversations(self) -> list[list[Message]]:
        """Return the complete conversations in the row; empty for rows of plain text."""
        return []

    def prompt_message_count(self) -> int:
        """Return how many leading messages of each conversation are the prompt, which is not trained."""
        return 0

    def turn_count(self) -> int:
        """Return the number of student turns in the first conversation; 1 for rows of plain text."""
        conversations = self.conversations()
        return [message["role"] for message in conversations[0]].count("assistant") if conversations else 1

    def is_right(self) -> bool | None:
        """Return the row's label, or None if its type has none."""
        return None

    def labelled_texts(self) -> list[tuple[str, bool]]:
        """Return each labelled text with whether it is right; empty for rows without labels."""
        return []

    def note_trace_id(self) -> str:
        """Return the id of the trace that the row's note describes."""
        return self.trace_id

    def content_digest(self) -> str:
        """Return a digest of all fields except the ids; equal for rows that say the same."""
        return digest({name: getattr(self, name) for name in self.__struct_fields__ if name not in _IDS})

    def fault(self) -> str | None:
        """Return what is wrong with the row beyond its types and its conversations, or None."""
        return None


class ConversationRow(Row, frozen=True, kw_only=True):
    """A conversation for supervised fine-tuning (TRL's `messages`). Only messages of weight 1 are trained."""

    READ_AS: ClassVar[str] = (
        "An assistant's message of weight 0 is a mistake and not to be trained; what others say has weight 0 too. TRL "
        "reads a weight only where the chat template does: one that marks the assistant's other messages with "
        "`{% generation %}`, with `assistant_only_loss`."
    )

    messages: Sequence[WeighedMessage]

    def conversations(self) -> list[list[Message]]:
        """Return the one conversation."""
        return [[*self.messages]]

    def fault(self) -> str | None:
        """Return a fault if no message is trained."""
        return None if any(map(is_trained, self.messages)) else "no message is trained (all weights are 0)"


class StepsRow(Row, frozen=True, kw_only=True):
    """The steps of a trace, each labelled right or wrong, in the layout of TRL's process reward trainer."""

    READ_AS: ClassVar[str] = 'Steps are joined by U+001E, which none holds: `step_separator="\\x1e"` in TRL.'

    prompt: str
    completions: tuple[str, ...]
    labels: tuple[bool, ...]

    def turn_count(self) -> int:
        """Return the number of steps."""
        return len(self.completions)

    def is_right(self) -> bool | None:
        """Return whether all steps are right."""
        return all(self.labels)

    def labelled_texts(self) -> list[tuple[str, bool]]:
        """Return every step with its label."""
        return list(zip(self.completions, self.labels, strict=True))

    def fault(self) -> str | None:
        """Return a fault if steps and labels do not correspond, or if a text contains the separator."""
        if len(self.labels) != len(self.completions) or not self.labels:
            return f"{len(self.completions)} steps with {len(self.labels)} labels"
        if any(SEPARATOR in text for text in (self.prompt, *self.completions)):
            return "the prompt or a step contains the separator U+001E"
        return None


class LabelledRow(Row, frozen=True, kw_only=True):
    """A prompt with a completion labelled right or wrong, in the layout of TRL's KTO trainer."""

    READ_AS: ClassVar[str] = "Rows are in the order of tables and questions: shuffle them for TRL's KTO trainer."

    prompt: Sequence[Message]
    completion: Sequence[Message]
    label: bool

    def prompt_message_count(self) -> int:
        """Return the number of prompt messages."""
        return len(self.prompt)

    def conversations(self) -> list[list[Message]]:
        """Return prompt and completion as one conversation."""
        return [[*self.prompt, *self.completion]]

    def is_right(self) -> bool | None:
        """Return the label."""
        return self.label

    def labelled_texts(self) -> list[tuple[str, bool]]:
        """Return the completion with its label."""
        return [("\n".join(message["content"] for message in self.completion), self.label)]


class PairRow(Row, frozen=True, kw_only=True):
    """A prompt with the completions of a right trace (chosen) and a wrong one (`rejected_id`), in the layout of TRL's
    DPO and reward trainers.
    """

    rejected_id: str
    prompt: Sequence[Message]
    chosen: Sequence[Message]
    rejected: Sequence[Message]

    def note_trace_id(self) -> str:
        """Return the id of the rejected trace."""
        return self.rejected_id

    def fault(self) -> str | None:
        """Return a fault if both completions are equal."""
        return "chosen and rejected are equal" if list(self.chosen) == list(self.rejected) else None

    def prompt_message_count(self) -> int:
        """Return the number of prompt messages."""
        return len(self.prompt)

    def conversations(self) -> list[list[Message]]:
        """Return the chosen and the rejected conversation, each with the prompt."""
        return [[*self.prompt, *self.chosen], [*self.prompt, *self.rejected]]

    def texts(self) -> list[str]:
        """Return the chosen and the rejected completion."""
        return ["\n".join(message["content"] for message in each) for each in (self.chosen, self.rejected)]

    def labelled_texts(self) -> list[tuple[str, bool]]:
        """Return the chosen completion as right and the rejected one as wrong."""
        return list(zip(self.texts(), (True, False), strict=True))


class TaskRow(Row, frozen=True, kw_only=True):
    """A prompt with the data to grade an answer, for reinforcement learning. `answer` and `info` are JSON texts."""

    prompt: Sequence[Message]
    answer: str
    info: str

    def conversations(self) -> list[list[Message]]:
        """Return the prompt as the only conversation."""
        return [list(self.prompt)]


def is_right_answer(submitted: object, answer: Any, info: dict[str, Any], config: VerdictsConfig) -> bool:
    """Return whether a submitted answer matches a `TaskRow`'s. `answer` and `info` are the row's decoded fields."""
    spec = msgspec.convert(info["answer_spec"], AnswerSpec)
    return match(answer, submitted, info["answer_type"], spec, config)


class Note(Record, frozen=True):
    """Facts about a row that its target library does not need; line n describes row n.

    `trace_id` is the row's trace, for a pair the rejected one. `mistake` and `step_labels` describe that trace.
    `family` is that of the question.
    """

    question_id: str
    table: str
    trace_id: str
    family: str
    mistake: str | None
    step_labels: tuple[StepLabel, ...]


class OwnRowsStats(Record, frozen=True):
    """The figures of a file of a user's own rows: its rows (each once), the number its share asks for, and those used.

    Without a share, all are used.
    """

    path: str
    rows: int
    wanted: int
    used: int


class SplitStats(Record, frozen=True):
    """Row counts of one split of a format: by table, family, number of turns and label. `dropped` counts the rows and
    cases that were left out, by reason. `own_rows` has the figures of each file of own rows.
    """

    split: str
    rows: int
    by_table: dict[str, int]
    by_family: dict[str, int]
    by_turns: dict[str, int]
    by_label: dict[str, int]
    dropped: dict[str, int]
    own_rows: tuple[OwnRowsStats, ...] = ()


class FormatStats(Record, frozen=True):
    """The content of `stats.json`."""

    format: str
    splits: tuple[SplitStats, ...]
