"""The watchdog: kills the warm parent and its sessions when the owner or the warm parent ends.

Run as `python -I -S -c SOURCE OWNER PARENT CHILD`: pidfds of owner and warm parent, and the warm parent's process id.
A file of its own, because its source text is passed to a new interpreter.
"""

import os
import select
import signal
import sys


def watch(owner: int, parent: int, child: int) -> None:
    """Wait until either process ends, then kill the parent and, with its pid namespace, every session."""
    poll = select.poll()
    poll.register(owner, select.POLLIN)
    poll.register(parent, select.POLLIN)
    poll.poll()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    watch(*map(int, sys.argv[1:]))
