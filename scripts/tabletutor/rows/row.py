"""Rows of the training formats. What leaves loads in the library it is meant for without a change.

Each row names the question, the table and the trace it is from (`tabletutor explain`), and can say what a check needs:
the conversations it holds, what of them is a prompt, and how it is labelled.
"""

from collections.abc import Sequence
from typing import ClassVar

from tabletutor.models.prompt import Message, WeighedMessage, is_trained
from tabletutor.records.episode import StepLabel
from tabletutor.records.identity import digest
from tabletutor.records.record import Record

# Between the steps of a trace, and nowhere in one: "record separator". Where a text holds it, its picture is written.
SEPARATOR, PICTURE = "\x1e", "\u241e"
_IDS = ("question_id", "table", "trace_id", "rejected_id")


class Row(Record, frozen=True, kw_only=True):
    """What all rows have: the ids that lead back. `READ_AS` is what whoever trains on them has to know."""

    READ_AS: ClassVar[str] = ""

    question_id: str
    table: str
    trace_id: str

    def ids(self) -> dict[str, str]:
        """Of which question, table and trace it is."""
        return {"question_id": self.question_id, "table": self.table, "trace_id": self.trace_id}

    def conversations(self) -> list[list[Message]]:
        """The whole conversations this row holds; none for rows of plain text."""
        return []

    def texts(self) -> list[str]:
        """What is taught by it, each as one text; for a pair the chosen one first."""
        return ["\n".join(message["content"] for message in each) for each in self.conversations()]

    def opened(self) -> int:
        """How many messages of each conversation are a prompt, of which nothing is trained."""
        return 0

    def turns(self) -> int:
        """How many turns of a student it holds."""
        return [message["role"] for message in self.conversations()[0]].count("assistant")

    def is_right(self) -> bool | None:
        """Its label; None for rows without one."""
        return None

    def judged(self) -> list[tuple[str, bool]]:
        """The texts its labels are about, each with whether it is right; none for rows without labels."""
        return []

    def noted(self) -> str:
        """The id of the trace that a note on it is about."""
        return self.trace_id

    def content(self) -> str:
        """The digest of all that it says but its ids."""
        return digest({name: getattr(self, name) for name in self.__struct_fields__ if name not in _IDS})

    def fault(self) -> str | None:
        """What is wrong with it beyond its types and its conversations; None if it is sound."""
        return None


class ConversationRow(Row, frozen=True, kw_only=True):
    """A conversation for supervised fine-tuning, TRL's `messages`. Only messages of weight 1 are to be trained."""

    READ_AS: ClassVar[str] = (
        "An assistant's message of weight 0 is a mistake and not to be trained; what others say has weight 0 too. TRL "
        "reads a weight only where the chat template does: one that marks the assistant's other messages with "
        "`{% generation %}`, with `assistant_only_loss`."
    )

    messages: Sequence[WeighedMessage]

    def conversations(self) -> list[list[Message]]:
        """The one conversation."""
        return [[*self.messages]]

    def fault(self) -> str | None:
        """Nothing in it is trained."""
        return None if any(map(is_trained, self.messages)) else "no message of it is trained"


class StepsRow(Row, frozen=True, kw_only=True):
    """The steps of a trace and which of them are right, as TRL's process reward trainer takes them."""

    READ_AS: ClassVar[str] = 'Steps are joined by U+001E, which none holds: `step_separator="\\x1e"` in TRL.'

    prompt: str
    completions: tuple[str, ...]
    labels: tuple[bool, ...]

    def texts(self) -> list[str]:
        """All steps as one text."""
        return ["\n".join(self.completions)]

    def turns(self) -> int:
        """How many steps."""
        return len(self.completions)

    def is_right(self) -> bool | None:
        """Whether all steps are."""
        return all(self.labels)

    def judged(self) -> list[tuple[str, bool]]:
        """Every step."""
        return list(zip(self.completions, self.labels, strict=True))

    def fault(self) -> str | None:
        """A step without label, or one that holds the separator."""
        if len(self.labels) != len(self.completions) or not self.labels:
            return f"{len(self.completions)} steps with {len(self.labels)} labels"
        if any(SEPARATOR in text for text in (self.prompt, *self.completions)):
            return "a step holds the separator of steps"
        return None


class LabelledRow(Row, frozen=True, kw_only=True):
    """A prompt and what followed, right or wrong, as TRL's KTO trainer takes it."""

    READ_AS: ClassVar[str] = "Rows are in the order of tables and questions: shuffle them for TRL's KTO trainer."

    prompt: Sequence[Message]
    completion: Sequence[Message]
    label: bool

    def opened(self) -> int:
        """The prompt."""
        return len(self.prompt)

    def conversations(self) -> list[list[Message]]:
        """Prompt and completion."""
        return [[*self.prompt, *self.completion]]

    def is_right(self) -> bool | None:
        """The label."""
        return self.label

    def judged(self) -> list[tuple[str, bool]]:
        """What followed."""
        return [("\n".join(message["content"] for message in self.completion), self.label)]


class PairRow(Row, frozen=True, kw_only=True):
    """What followed a prompt in a right trace and in a wrong one (`rejected_id`), as TRL's DPO and reward trainers take
    it.
    """

    rejected_id: str
    prompt: Sequence[Message]
    chosen: Sequence[Message]
    rejected: Sequence[Message]

    def noted(self) -> str:
        """The rejected one."""
        return self.rejected_id

    def fault(self) -> str | None:
        """Both sides alike."""
        return "chosen and rejected are alike" if list(self.chosen) == list(self.rejected) else None

    def opened(self) -> int:
        """The prompt."""
        return len(self.prompt)

    def conversations(self) -> list[list[Message]]:
        """The right and the wrong one."""
        return [[*self.prompt, *self.chosen], [*self.prompt, *self.rejected]]

    def texts(self) -> list[str]:
        """What was chosen and what was rejected."""
        return ["\n".join(message["content"] for message in each) for each in (self.chosen, self.rejected)]

    def judged(self) -> list[tuple[str, bool]]:
        """The chosen one is right."""
        return list(zip(self.texts(), (True, False), strict=True))


class TaskRow(Row, frozen=True, kw_only=True):
    """A prompt with what is needed to grade an answer, for reinforcement learning; `answer` and `info` are JSON."""

    prompt: Sequence[Message]
    answer: str
    info: str

    def conversations(self) -> list[list[Message]]:
        """The opening alone."""
        return [list(self.prompt)]


class Note(Record, frozen=True):
    """What is known of a row beyond what its library wants: its trace (of a pair the rejected one), the labels of every
    step of it, the mistake in it, and the family of its question. Line n is about row n.
    """

    question_id: str
    table: str
    trace_id: str
    family: str
    mistake: str | None
    step_labels: tuple[StepLabel, ...]


class SplitStats(Record, frozen=True):
    """What went into one split of a format: rows by table, family, turns and label; what was left out, by reason."""

    split: str
    rows: int
    by_table: dict[str, int]
    by_family: dict[str, int]
    by_turns: dict[str, int]
    by_label: dict[str, int]
    dropped: dict[str, int]


class FormatStats(Record, frozen=True):
    """The content of `stats.json`."""

    format: str
    splits: tuple[SplitStats, ...]
