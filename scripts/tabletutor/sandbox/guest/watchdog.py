"""The watchdog, a small program beside the warm parent: when its owner or the parent ends, nothing is left alive.

Run as `python -I -S -c SOURCE OWNER PARENT CHILD`: two descriptors of processes (pidfd) and the parent's number.
"""

import os
import select
import signal
import sys


def watch(owner: int, parent: int, child: int) -> None:
    """Wait for the end of either; then kill the parent, and with its pid namespace every session."""
    poll = select.poll()
    poll.register(owner, select.POLLIN)
    poll.register(parent, select.POLLIN)
    poll.poll()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    watch(*map(int, sys.argv[1:]))
