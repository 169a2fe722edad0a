"""Putting the layers up: what the kernel refused, and what of the host's a session must not share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

NAMESPACES = ("user", "mnt", "pid", "net", "ipc", "uts")


class HostView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The host's namespaces by name, and its root folder as (device, inode): what a session's must differ from."""

    namespaces: dict[str, str]
    root: tuple[int, int]


def host_view() -> HostView:
    """As seen from this process, which is the host's."""
    root = Path("/").stat()
    names = {name: str(Path(f"/proc/self/ns/{name}").readlink()) for name in NAMESPACES}
    return HostView(names, (root.st_dev, root.st_ino))


@dataclass
class Attempts:
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
