"""What a rule's script gets of the configuration beside its parameters."""

from pathlib import Path
from typing import Any, TypeVar

from tabletutor.config.section import Section

S = TypeVar("S", bound=Section)


class Job:
    """What a script gets beside its inputs, outputs and parameters: `cache`, the folder of finished units of work."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self.cache = Path(config["cache"])

    def section(self, kind: type[S], path: str, counted: dict[str, Any]) -> S:
        """A section of the configuration: all that results depend on from the rule's parameters, `counted`, and the
        knobs that say how, which are no parameters of a rule, from the configuration at `path`.
        """
        return kind.model_validate(self.values(path, counted))

    def values(self, path: str, counted: dict[str, Any]) -> dict[str, Any]:
        """The same as plain values, for a script that must not depend on the section's class."""
        how: Any = self._config
        for key in path.split("/"):
            how = how[key]
        return {**how, **counted}
