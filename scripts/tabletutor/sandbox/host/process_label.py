"""Who something belongs to: a process by host, boot, number and start time, so that what the dead left can be told."""

import os
import platform
from pathlib import Path

RUN = "TABLETUTOR_RUN"  # the environment variable by which the jobs of a workflow run know it


def process_label(process: int | None = None) -> str:
    """This process, or another one, as a label. Raises FileNotFoundError if there is none."""
    number = os.getpid() if process is None else process
    return f"{platform.node()}/{_boot()}/{number}/{_start(number)}"


def is_alive(label: str) -> bool:
    """Whether the process of a label lives. One of another host cannot be told, and counts as alive."""
    host, boot, number, start = label.split("/")
    if host != platform.node():
        return True
    try:
        return boot == _boot() and _start(int(number)) == start
    except (FileNotFoundError, ProcessLookupError):
        return False


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]


def _start(process: int) -> str:
    """The start time in clock ticks since boot: field 22 of `stat`, counted behind the name."""
    return Path(f"/proc/{process}/stat").read_bytes().rsplit(b")", 1)[1].split()[19].decode()
