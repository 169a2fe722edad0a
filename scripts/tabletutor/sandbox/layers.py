"""The book of layers: which protections stand, and which the kernel refused and why."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Layers:
    """Layers by name, in the order they were tried."""

    standing: list[str] = field(default_factory=list[str])
    refused: dict[str, str] = field(default_factory=dict[str, str])

    def attempt(self, name: str, action: Callable[..., object], *arguments: Any) -> bool:
        """Put a layer up; a refusal by the kernel is kept with its reason, so that the host can say it loudly."""
        try:
            action(*arguments)
        except OSError as error:
            self.refused[name] = str(error)
            return False
        self.standing.append(name)
        return True
