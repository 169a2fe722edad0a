"""Lock down a session between its fork and its first cell. The order matters: later layers rely on earlier ones."""

import os
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tabletutor.sandbox.layers import kernel, landlock, namespaces, seccomp

PROCESSES = 32
SHARED_PROCESSES = 3000  # limit over all sessions of a user, where the kernel cannot count one session alone
DESCRIPTORS = 256
CHANNEL = 1000  # descriptor of the protocol's socket, above any that a cell can open


@dataclass
class SetupLog:
    """The steps that put up the layers, in order: those `done`, and those the kernel `refused`, with its reason."""

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
    """Locks down the sessions of one warm parent. Values shared by all sessions are computed once, in the parent."""

    def __init__(self, log: SetupLog, memory_mb: int, paths: list[str]) -> None:
        """`log` holds the layers that the warm parent put up; `paths` are the paths that imports may need."""
        self._memory_mb = memory_mb
        self._has_namespaces = "namespaces" in log.done
        self._has_private_root = "private root" in log.done
        self._paths = paths
        self._tmp_paths = namespaces.paths_below_tmp(paths)
        self._filter_code = seccomp.program(None) if self._has_namespaces else b""

    def apply(self, log: SetupLog, scratch: str) -> str:
        """Put up every layer that the kernel grants around this process; return its only writable folder.

        The folder is a private /tmp, in memory and limited in size, or else `scratch`. Without a pid namespace, which
        ends all processes with its first one, a session may not start any process.
        """
        os.setsid()
        isolated = self._has_namespaces and log.attempt("session mounts", namespaces.isolate_session, self._tmp_paths)
        if isolated:
            # Makes RLIMIT_NPROC count this session alone. Needs the /proc of the step before, to write the id maps.
            log.attempt("session user namespace", namespaces.enter_user_namespace)
            scratch = "/tmp"
        os.chdir(scratch)
        os.umask(0o077)
        log.attempt("resource limits", _set_limits, self._memory_mb, PROCESSES if isolated else SHARED_PROCESSES)
        log.attempt("capabilities", kernel.drop_capabilities)
        log.attempt("no_new_privs", kernel.prctl, kernel.PR_SET_NO_NEW_PRIVS, 1)
        # After the last change of credentials, which clears it, and before seccomp, which refuses it.
        kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
        # With a private root, everything visible may be read.
        readable = (
            ["/"]
            if isolated and self._has_private_root
            else [*self._paths, "/proc" if isolated else f"/proc/{os.getpid()}"]
        )
        devices = ["/dev"] if isolated and self._has_private_root else namespaces.DEVICES
        log.attempt("landlock", landlock.restrict_files, readable, devices, [scratch])
        log.attempt("seccomp", _install_filter, self._filter_code if isolated else None)
        return scratch


def _install_filter(code: bytes | None) -> None:
    seccomp.restrict_system_calls(seccomp.program(os.getpid()) if code is None else code)


def _set_limits(memory_mb: int, processes: int) -> None:
    with open("/proc/self/statm", "rb") as stream:  # noqa: PTH123  faster than pathlib
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
