"""The sources of questions in a configuration, and the folders of questions that stages read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tabletutor.workflow.provenance.contents import content_digests


class QuestionSources:
    """The sources of questions in a configuration with all defaults filled in.

    Attributes:
        folder: Where stages find the questions: `program` if there is no other source, else `mixed`.
        graded: Where evaluation finds them: `verified` (verified questions and a user's own) if there is more than the
            program source.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._results = str(config["results"])
        self._pairs: Mapping[str, str] = config["questions"]["pairs"]
        self._llm = bool(config["questions"]["llm"])
        self.folder = "mixed" if self._llm or self._pairs else "program"
        self.graded = "verified" if self.folder == "mixed" or config["traces"]["teacher"] else "program"

    def files(self, kind: str, besides: str = "") -> Callable[[Any], list[str]]:
        """Return an input function for the files of all sources of the job's table, except the source `besides`.

        `kind` is the end of their names: "jsonl" for questions, "rejects.jsonl" for rejects.
        """

        def paths(wildcards: Any) -> list[str]:
            table = wildcards.table
            # Of questions with the same text, that of the first source stays.
            sources = [*(["pairs"] if table in self._pairs else []), "program", *(["llm"] if self._llm else [])]
            return [f"{self._results}/questions/{each}/{table}.{kind}" for each in sources if each != besides]

        return paths

    def pairs(self, wildcards: Any) -> str:
        """Return the file of a user's own questions about the job's table."""
        return self._pairs[wildcards.table]

    def pairs_content(self, wildcards: Any) -> str:
        """Return the digest of that file. As a parameter of a rule, it makes the questions again when they change."""
        path = self._pairs[wildcards.table]
        return content_digests([Path(path)])[str(Path(path))]
