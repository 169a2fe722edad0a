"""Self-tests of the layers: each tries what its layer forbids, and returns a message if that was possible.

The first session of every warm parent runs them, after its lockdown and before any cell.
"""

import errno
import mmap
import os
import resource
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from tabletutor.sandbox.layers import kernel
from tabletutor.sandbox.layers.lockdown import CHANNEL, DESCRIPTORS
from tabletutor.sandbox.layers.syscalls import LAST_KNOWN
from tabletutor.sandbox.protocol import environment
from tabletutor.sandbox.protocol.frames import HostView, Limits

_STACK_MB = 8  # default stack size of a thread on Linux
_SHMGET, _MEMFD_CREATE, _PTRACE, _UNSHARE = (29, 194), (319, 279), (101, 117), (272, 97)
_TMP_MB = 1024


def missing_layers(host: HostView, limits: Limits, scratch: str) -> dict[str, str]:
    """Return the layers that do not stand around this process, each with what its test saw.

    `scratch` is the session's writable folder.
    """
    tests: dict[str, Callable[[], str | None]] = {
        "unprivileged-user": _check_user,
        **{f"{name}-namespace": lambda kind=kind: _check_namespace(host, kind) for name, kind in _KINDS.items()},
        "private-root": lambda: _check_root(host),
        "private-tmp": lambda: _check_tmp(scratch),
        "masked-proc": _check_proc,
        "clean-environment": _check_environment,
        "closed-descriptors": _check_descriptors,
        "no-capabilities": _check_capabilities,
        "no-new-privileges": _check_privileges,
        "seccomp": _check_system_calls,
        "landlock": _check_landlock,
        "resource-limits": lambda: _check_limits(limits),
        "process-bound": lambda: _check_processes(limits),
    }
    results = {name: test() for name, test in tests.items()}
    return {name: seen for name, seen in results.items() if seen is not None}


_KINDS = {"user": "user", "mount": "mnt", "pid": "pid", "network": "net", "ipc": "ipc", "uts": "uts"}


def _check_user() -> str | None:
    if 0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid()):
        return "the session runs as root"
    return None if _is_refused(lambda: os.setuid(0)) else "the session could become root"


def _check_namespace(host: HostView, kind: str) -> str | None:
    try:
        own = str(Path(f"/proc/self/ns/{kind}").readlink())
    except OSError as error:
        return f"/proc/self/ns/{kind} cannot be read: {error}"
    if own == host.namespaces[kind]:
        return f"it is the host's, {own}"
    if kind != "net":
        return None
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:] if os.access("/proc/self/net/dev", os.R_OK) else []
    others = [name for line in lines if (name := line.split(":")[0].strip()) != "lo"]
    return f"it has network devices: {', '.join(others)}" if others else None


def _check_root(host: HostView) -> str | None:
    seen = Path("/").stat()
    if (seen.st_dev, seen.st_ino) == host.root:
        return "/ is the host's"
    return None if _is_refused(lambda: Path("/probe").touch()) else "a file could be made in /"


def _check_tmp(scratch: str) -> str | None:
    Path(scratch, "probe").touch()
    Path(scratch, "probe").unlink()
    seen = os.statvfs(scratch)
    if seen.f_blocks * seen.f_frsize > _TMP_MB << 20:
        return f"{scratch} is on a file system of {seen.f_blocks * seen.f_frsize >> 20} MB"
    return None if seen.f_flag & os.ST_NOEXEC else f"programs could be run from {scratch}"


def _check_proc() -> str | None:
    for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"):
        if not _is_refused(lambda path=path: os.close(os.open(path, os.O_WRONLY))):
            return f"{path} can be written"
    for path in ("/proc/kallsyms", "/proc/keys"):  # container engines hide files behind an empty device
        content: list[bytes] = []
        if not _is_refused(lambda path=path, content=content: content.append(Path(path).read_bytes())) and content[0]:
            return f"{path} can be read"
    try:
        others = [
            name for path in Path("/proc").iterdir() if (name := path.name).isdigit() and name != str(os.getpid())
        ]
    except PermissionError:
        return None
    return f"other processes are visible: {', '.join(others[:5])}" if others else None


def _check_environment() -> str | None:
    foreign = set(os.environ) - {*environment.SESSION, *environment.SCRATCH, "LC_CTYPE"}  # Python sets LC_CTYPE itself
    if foreign:
        return f"the session has {', '.join(sorted(foreign))}"
    try:
        raw = Path("/proc/1/environ").read_bytes()
    except OSError:
        return None
    foreign = {entry.split(b"=")[0].decode(errors="replace") for entry in raw.split(b"\0") if entry}
    foreign -= {*environment.PARENT, *environment.ENGINE}
    return f"/proc/1/environ shows {', '.join(sorted(foreign))}" if foreign else None


def _check_descriptors() -> str | None:
    extra: list[int] = []
    for number in range(3, 4096):
        try:
            os.fstat(number)
        except OSError:
            continue
        if number != CHANNEL:
            extra.append(number)
    return f"descriptors {extra} are open" if extra else None


def _check_capabilities() -> str | None:
    held = kernel.count_capabilities()
    return f"{held} capabilities are held" if held else None


def _check_privileges() -> str | None:
    return None if kernel.prctl(kernel.PR_GET_NO_NEW_PRIVS) == 1 else "privileges can be gained by running a program"


def _check_system_calls() -> str | None:
    column = 0 if kernel.MACHINE == "x86_64" else 1
    tries: dict[str, Callable[[], object]] = {
        "socket": lambda: socket.socket(socket.AF_INET).close(),
        "shmget": lambda: kernel.syscall(_SHMGET[column], 0, 4096, 0o600),
        "memfd_create": lambda: kernel.syscall(_MEMFD_CREATE[column], b"probe", 0),
        "ptrace": lambda: kernel.syscall(_PTRACE[column], 0, 0, 0, 0),
        "unshare": lambda: kernel.syscall(_UNSHARE[column], kernel.CLONE_NEWUSER),
    }
    for name, call in tries.items():
        if not _is_refused(call, errno.EPERM):
            return f"{name} is not refused"
    return (
        None if _is_refused(lambda: kernel.syscall(LAST_KNOWN + 50), errno.ENOSYS) else "unknown calls are not refused"
    )


def _check_landlock() -> str | None:
    path = f"/proc/{os.getpid()}/comm"  # its own file: only Landlock forbids writing
    return None if _is_refused(lambda: os.close(os.open(path, os.O_WRONLY)), errno.EACCES) else f"{path} can be written"


def _check_limits(limits: Limits) -> str | None:
    opened: list[int] = []
    try:
        while len(opened) <= DESCRIPTORS:
            opened.append(os.open(os.devnull, os.O_RDONLY))
        return f"more than {DESCRIPTORS} descriptors can be opened"
    except OSError as error:
        if error.errno != errno.EMFILE:
            return f"opening {os.devnull} failed: {error}"
    finally:
        for descriptor in opened:
            os.close(descriptor)
    try:
        mmap.mmap(-1, (limits.memory_mb + 64) << 20).close()
        return f"more than {limits.memory_mb} MB can be mapped"
    except OSError:
        pass
    return None if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 else "core files can be written"


def _check_processes(limits: Limits) -> str | None:
    """Start threads, which count as processes. Where the kernel cannot count one session alone, memory limits them."""
    most = max(64, 2 * limits.memory_mb // _STACK_MB)
    end = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(most):
            thread = threading.Thread(target=end.wait)
            thread.start()
            started.append(thread)
        return f"{most} threads could be started"
    except RuntimeError:
        return None
    finally:
        end.set()
        for thread in started:
            thread.join()


def _is_refused(action: Callable[[], object], code: int | None = None) -> bool:
    """Return whether `action` raises OSError (with error number `code`, if given)."""
    try:
        action()
    except OSError as error:
        return code is None or error.errno == code
    return False
