"""Labels that identify a process for good, so that resources of dead processes can be found and removed.

Example: `node7/1f0c2a9b/4711/98234` is host, boot, process id and start time. Process ids alone are reused.
"""

import os
import platform
from pathlib import Path

RUN = "TABLETUTOR_RUN"  # environment variable with the label of the workflow run, for its jobs


def process_label(process: int | None = None) -> str:
    """Return the label of this process, or of process id `process`. Raises FileNotFoundError if it does not exist."""
    number = os.getpid() if process is None else process
    return f"{platform.node()}/{_boot()}/{number}/{_start(number)}"


def is_alive(label: str) -> bool:
    """Return whether the process of a label is alive. Processes of other hosts count as alive."""
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
    """Return the start time in clock ticks since boot: field 22 of `stat` (the process name may contain spaces)."""
    return Path(f"/proc/{process}/stat").read_bytes().rsplit(b")", 1)[1].split()[19].decode()
