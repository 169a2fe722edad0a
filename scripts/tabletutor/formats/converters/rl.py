"""`rl`: questions with the data to grade an answer by running code, for reinforcement learning.

`answer` and `info` are JSON texts, because a column has one type and answers have many. `formats/grpo_rewards.py` and
`formats/verifiers_env.py` use them for grading.
"""

import json
from collections.abc import Iterator

import msgspec

from tabletutor.config.formats import FormatConfig
from tabletutor.formats.converter import Case, Format
from tabletutor.rows.row import TaskRow


def rows(case: Case, config: FormatConfig, seed: int) -> Iterator[TaskRow]:
    """Yield one row for the question."""
    question = case.question
    info = {
        "question_id": question.question_id,
        "table": question.table,
        "answer_type": question.answer_type,
        "answer_spec": msgspec.to_builtins(question.answer_spec),
        "family": question.family,
        "difficulty": question.difficulty,
    }
    yield TaskRow(
        **case.ids(case.gold), prompt=case.prompt(), answer=json.dumps(question.answer), info=json.dumps(info)
    )


FORMAT = Format(TaskRow, FormatConfig, rows)
