"""Whether an answer is the one that a row of the format `rl` is graded by."""

from typing import Any

import msgspec

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.records.question import AnswerSpec


def matches(found: object, answer: Any, about: dict[str, Any], config: VerdictsConfig) -> bool:
    """Whether what was submitted is the right answer to the question that the row's `info` is about."""
    spec = msgspec.convert(about["answer_spec"], AnswerSpec)
    return match(answer, found, about["answer_type"], spec, config)
