"""Which sources of questions a configuration has."""

from collections.abc import Mapping
from typing import Any


def question_folder(questions: Mapping[str, Any]) -> str:
    """Return the name of the folder that all later stages read: `program` if there is no other source, else `mixed`."""
    return "mixed" if questions["llm"] or questions["pairs"] else "program"
