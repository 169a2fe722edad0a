"""What was done to put the layers up, and what the kernel refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class SetupLog:
    """What was done to put the layers up, in order: the steps that went well, and those the kernel refused."""

    done: list[str] = field(default_factory=list[str])
    refused: dict[str, str] = field(default_factory=dict[str, str])

    def attempt(self, name: str, action: Callable[..., object], *arguments: Any) -> bool:
        """Take one step; a refusal by the kernel is kept with its reason, so that the host can say it loudly."""
        try:
            action(*arguments)
        except OSError as error:
            self.refused[name] = str(error)
            return False
        self.done.append(name)
        return True
