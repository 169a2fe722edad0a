"""The messages with which a language model is asked to explore a table, to propose questions and to guess an answer."""

from collections.abc import Sequence
from typing import get_args

from tabletutor.models.prompt import FENCE, Message
from tabletutor.questions.llm.proposal import Malformed
from tabletutor.records.question import AnswerType

# What the questions of a conversation are about, in turn.
THEMES = (
    "comparisons of groups",
    "single numbers about a part of the rows",
    "rows and groups that stand out",
    "shares, rates and differences",
    "how two columns go together, and changes over time",
)

# Programs for the prompt, each with the answer that it computes.
PROGRAMS = (
    (
        "the mean weight where sex is 'F'",
        '{"steps": [{"op": "where", "column": "sex", "comparison": "==", "value": "F"}, '
        '{"op": "aggregate", "column": "weight", "aggregation": "mean"}]}',
    ),
    (
        "the number of rows with a height above 180",
        '{"steps": [{"op": "where", "column": "height", "comparison": ">", "value": 180}, {"op": "count"}]}',
    ),
    (
        "the species with the largest median weight",
        '{"steps": [{"op": "group", "by": "species", "aggregation": "median", "column": "weight"}, '
        '{"op": "best_group", "direction": "largest"}]}',
    ),
    (
        "a mapping from each species to its number of rows",
        '{"steps": [{"op": "group", "by": "species", "aggregation": "count"}, {"op": "group_mapping"}]}',
    ),
)

# A whole answer about another table.
EXAMPLE = (
    '{"questions": [{"text": "What is the mean weight of the females, to one decimal?", '
    '"hint": "keep the rows where sex is F, take the mean of weight, round it", "answer_type": "number", "item": null, '
    '"parts": [], "decimals": 1, "expected_steps": ["Keep the females.", "Take the mean weight.", "Round it."], '
    '"program": null}]}'
)

_CONTROL = (
    "You are asked about a table that you cannot see. Give your best guess of the answer, from what you know. "
    f"Answer with one {FENCE}json block that holds only the value: a number, a text, true or false, a date as "
    "YYYY-MM-DD, a list or an object."
)


def exploration_task(focus: Sequence[str], theme: str, turns: int) -> str:
    """Return the task of an exploration, in place of a question."""
    columns = ", ".join(map(repr, focus))
    return (
        f"Explore this table. Afterwards you will be asked for questions about it, above all about {theme}. "
        f"Look especially at the columns {columns}: their values, what is missing, and how they differ between groups. "
        f"You have {turns} turns. When you have seen enough, call submit(True)."
    )


def request(number: int, theme: str) -> str:
    """Return the request for questions after an exploration."""
    programs = "\n".join(f"{answer}: {program}" for answer, program in PROGRAMS)
    return f"""Now propose {number} questions about this table, above all about {theme}. Someone else will answer them \
with code, and sees only the table's columns and your text.
A good question matters to someone who owns the table. It has exactly one answer, which must be computed from the \
table and cannot be guessed without it. Its text names all it needs: which rows, which measure, how to round, and the \
form of an answer that has several values. It speaks of the subject, not of data frames or code, and does not say how \
to get there. Quote values as they stand in the table. No two questions ask almost the same.

Answer with one JSON object and nothing else: {{"questions": [...]}}. Each question is an object with these keys:
"text": the question
"hint": how to get there, for a teacher
"answer_type": one of {", ".join(get_args(AnswerType))}; a percentage is from 0 to 100
"item": the type of the members of a list or set, or of the values of a mapping or table; otherwise null
"parts": the parts of a record, each as {{"name": ..., "type": ...}}; otherwise []
"decimals": the decimals that the text asks for; otherwise null
"expected_steps": 1 to 6 short steps of an analyst
"program": null, or a program that computes the answer. Examples of programs about another table:
{programs}

This is a whole answer with one question about that table. Every question needs all of these keys:
{EXAMPLE}"""


def correction_of_all(fault: str) -> Message:
    """Return the reply to a message that has no proposals that can be read."""
    text = f"Your answer could not be read: {fault}. Send the JSON object again, complete and with nothing else."
    return {"role": "user", "content": text}


def correction(malformed: Sequence[Malformed]) -> Message:
    """Return the reply to proposals that do not fit."""
    faults = "\n".join(f"{place}. {each.text[:80]!r}: {each.fault}" for place, each in enumerate(malformed, start=1))
    return {
        "role": "user",
        "content": f"These questions do not fit:\n{faults}\nSend only them again, corrected, in this order and in the "
        "same JSON object.",
    }


def control_messages(table: str, text: str) -> list[Message]:
    """Return the messages that ask for an answer without the table: they hold its name and the question alone."""
    return [
        {"role": "system", "content": _CONTROL},
        {"role": "user", "content": f"Table {table}\n\n{text}"},
    ]
