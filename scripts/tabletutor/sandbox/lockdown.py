"""What a session gives up between its fork and its first cell, in the order in which the layers need each other."""

import os
import resource

from tabletutor.sandbox import kernel, landlock, namespaces, seccomp
from tabletutor.sandbox.layers import Layers

PROCESSES = 32
DESCRIPTORS = 256
CHANNEL = 1000  # the protocol's descriptor: above all that a cell can open


def lock_down(layers: Layers, scratch: str, memory_mb: int, paths: list[str]) -> str:
    """Put up every layer the kernel grants around this process; returns its one writable folder.

    That is a /tmp of its own, in memory and limited in size, or else `scratch`.

    `layers` knows what the warm parent could put up; without a pid namespace a session may start no process at all,
    since nothing would surely end those it leaves behind.
    """
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
    os.setsid()
    namespaced = "namespaces" in layers.standing
    own = namespaced and layers.attempt("session namespaces", namespaces.isolate_session)
    if own:
        # Only now, with maps to write to: processes are counted for each session alone.
        layers.attempt("process count of its own", namespaces.enter_user)
        scratch = "/tmp"
    os.chdir(scratch)
    os.umask(0o077)
    layers.attempt("resource limits", _limit, memory_mb, PROCESSES if own else 0)
    layers.attempt("no capabilities", kernel.drop_capabilities)
    layers.attempt("no_new_privs", kernel.prctl, kernel.PR_SET_NO_NEW_PRIVS, 1)
    devices = namespaces.DEVICES
    layers.attempt("landlock", landlock.restrict_files, [*paths, "/proc"] if own else paths, devices, [scratch])
    layers.attempt("seccomp", seccomp.restrict_system_calls, own)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)  # a change of credentials clears it
    return scratch


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
    ):
        resource.setrlimit(kind, (limit, limit))
