"""What a session gives up between its fork and its first cell, in the order in which the layers need each other."""

import os
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tabletutor.sandbox.layers import kernel, landlock, namespaces, seccomp

PROCESSES = 32
TOGETHER = 3000  # threads of all sessions of a user, where they are not counted for one alone
DESCRIPTORS = 256
CHANNEL = 1000  # the protocol's descriptor: above all that a cell can open


@dataclass
class SetupLog:
    """The steps that put up the layers, in order: `done` ones, and `refused` ones with the reason that the kernel gave."""

    done: list[str] = field(default_factory=list[str])
    refused: dict[str, str] = field(default_factory=dict[str, str])

    def attempt(self, name: str, action: Callable[..., object], *arguments: Any) -> bool:
        """Call `action` as step `name`; return whether it succeeded. An OSError is recorded and not raised."""
        try:
            action(*arguments)
        except OSError as error:
            self.refused[name] = str(error)
            return False
        self.done.append(name)
        return True


class Lockdown:
    """The lockdown of the sessions of one warm parent; what is the same for all of them is worked out here once."""

    def __init__(self, attempts: SetupLog, memory_mb: int, paths: list[str]) -> None:
        """`attempts` knows what the warm parent could put up, `paths` is what imports may need."""
        self._memory_mb = memory_mb
        self._namespaced = "namespaces" in attempts.done
        self._rooted = "private root" in attempts.done
        self._paths = paths
        self._covered = namespaces.below_tmp(paths)
        self._filter = seccomp.program(None) if self._namespaced else b""

    def apply(self, attempts: SetupLog, scratch: str) -> str:
        """Put up every layer the kernel grants around this process; returns its one writable folder.

        That is a /tmp of its own, in memory and limited in size, or else `scratch`. Without a pid namespace a session
        may start no process at all, since nothing would surely end those it leaves behind.
        """
        os.setsid()
        own = self._namespaced and attempts.attempt("session mounts", namespaces.isolate_session, self._covered)
        if own:
            # Only now, with maps to write to: processes are counted for each session alone.
            attempts.attempt("session user namespace", namespaces.enter_user)
            scratch = "/tmp"
        os.chdir(scratch)
        os.umask(0o077)
        attempts.attempt("resource limits", _limit, self._memory_mb, PROCESSES if own else TOGETHER)
        attempts.attempt("capabilities", kernel.drop_capabilities)
        attempts.attempt("no_new_privs", kernel.prctl, kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)  # now: changes of credentials clear it, and the filter refuses it
        # The private root shows nothing but what may be read.
        readable = ["/"] if own and self._rooted else [*self._paths, "/proc" if own else f"/proc/{os.getpid()}"]
        devices = ["/dev"] if own and self._rooted else namespaces.DEVICES
        attempts.attempt("landlock", landlock.restrict_files, readable, devices, [scratch])
        attempts.attempt("seccomp", _filter, self._filter if own else None)
        return scratch


def _filter(code: bytes | None) -> None:
    seccomp.restrict_system_calls(seccomp.program(os.getpid()) if code is None else code)


def _limit(memory_mb: int, processes: int) -> None:
    with open("/proc/self/statm", "rb") as stream:  # noqa: PTH123  pathlib is not worth its time here
        mapped = int(stream.read().split()[0]) * resource.getpagesize()
    for kind, limit in (
        (resource.RLIMIT_AS, mapped + (memory_mb << 20)),
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_FSIZE, namespaces.SCRATCH_MB << 20),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, 3600),
        (resource.RLIMIT_MEMLOCK, 1 << 16),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, 256),
    ):
        resource.setrlimit(kind, (limit, limit))
