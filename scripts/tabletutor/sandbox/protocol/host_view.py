"""What of the host a session must not share."""

from pathlib import Path

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
