"""Namespaces and a root of its own: what a session cannot see, it cannot read, write, signal or call.

The root holds the interpreter, the system libraries and a few devices, all read-only. It is built once for the warm
parent; each session copies the view and adds its own /tmp and /proc.
"""

import os
import sys
from pathlib import Path

from tabletutor.sandbox.layers import kernel

NOBODY = 65534
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
SCRATCH_MB = 64
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/alternatives", "/etc/fonts"
)  # fmt: skip
_OWN = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWCGROUP
_QUIET = kernel.MS_NOSUID | kernel.MS_NODEV


def interpreter_paths() -> list[str]:
    """Every folder and archive that imports may need: installation, virtual environment, the rest of the path."""
    paths = {*_SYSTEM, *_SETTINGS, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path}
    kept: list[str] = []
    for path in sorted(path for path in paths if path.startswith("/") and path != "/" and Path(path).exists()):
        if not any(path.startswith(parent + "/") for parent in kept):
            kept.append(path)
    return kept


def drop_user() -> None:
    """From root to the user nobody, for good, before any user namespace is made. Raises OSError where refused."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else the kernel gives /proc/self to root and no map can be written


def enter_namespaces() -> None:
    """User, mount, network, ipc, uts and cgroup namespaces for this process, and a pid namespace for its children."""
    enter_user(_OWN | kernel.CLONE_NEWPID)
    kernel.set_host_name("sandbox")


def enter_user(flags: int = 0) -> None:
    """A user namespace in which only this very user exists, and the namespaces of `flags` owned by it."""
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER | flags)
    for name, text in (("setgroups", "deny"), ("gid_map", f"{group} {group} 1"), ("uid_map", f"{user} {user} 1")):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, text.encode())
        os.close(descriptor)


def private_mounts() -> None:
    """A mount namespace whose changes nobody else sees (as real root)."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)


def build_root(paths: list[str]) -> None:
    """Replace the root of this mount namespace by a small read-only one that shows `paths`, /proc and a few devices.

    Its /tmp is a small tmpfs, for sessions that cannot have one of their own. Raises OSError where refused.
    """
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    plan = {path: os.path.realpath(path) for path in paths}
    kernel.mount("tmpfs", "/tmp", "tmpfs", _QUIET, "size=1m,mode=755")
    Path("/tmp/old").mkdir()
    kernel.pivot_root("/tmp", "/tmp/old")
    os.chdir("/")
    Path("/tmp").mkdir()
    kernel.mount("tmpfs", "/tmp", "tmpfs", _QUIET | kernel.MS_NOEXEC, f"size={SCRATCH_MB}m,mode=1777")
    for real in sorted(set(plan.values())):  # a folder before what lies in it, links last: /bin may be one into /usr
        _show(real)
    for path, real in plan.items():
        if path != real and not os.path.lexists(path):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).symlink_to(real)
    for device in DEVICES:
        _show(device, device=True)
    for name in ("/proc", "/etc"):
        Path(name).mkdir(parents=True, exist_ok=True)
    for name, target in (("/dev/shm", "/tmp"), ("/dev/fd", "/proc/self/fd")):
        Path(name).symlink_to(target)
    Path("/etc/passwd").write_text(f"nobody:x:{os.geteuid() or NOBODY}:{NOBODY}::/nonexistent:/bin/false\n")
    kernel.mount("/old/proc", "/proc", "", kernel.MS_BIND | kernel.MS_REC)
    kernel.unmount("/old")
    Path("/old").rmdir()
    kernel.restrict_mount("/", kernel.MS_RDONLY, recursive=False)


def _show(path: str, device: bool = False) -> None:
    """Bind one path of the old root, read-only, at the same place in the new one."""
    source = "/old" + path
    if os.path.lexists(path) or not Path(source).exists():
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    if Path(source).is_dir():
        Path(path).mkdir()
    else:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.mount(source, path, "", kernel.MS_BIND | kernel.MS_REC)
    kernel.restrict_mount(path, kernel.MS_NOSUID | kernel.MS_NOEXEC if device else kernel.MS_RDONLY | _QUIET)


def mount_proc() -> None:
    """A /proc that shows the processes of this pid namespace and nothing else: no /proc/sys, nothing of the machine."""
    kernel.mount("proc", "/proc", "proc", _QUIET | kernel.MS_NOEXEC, "subset=pid")


def isolate_session(covered: list[str]) -> None:
    """A session's own mounts: its /tmp and its /proc.

    `covered` are folders below /tmp that stay visible. Network, ipc and uts namespaces are those of the warm parent:
    empty, and without the system calls that could fill them.
    """
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    mount_proc()
    kept = {path: os.open(path, os.O_PATH) for path in covered}
    options = f"size={SCRATCH_MB}m,nr_inodes=4096,mode=700"
    kernel.mount("tmpfs", "/tmp", "tmpfs", _QUIET | kernel.MS_NOEXEC, options)
    for path, descriptor in kept.items():
        Path(path).mkdir(parents=True)
        kernel.mount(f"/proc/self/fd/{descriptor}", path, "", kernel.MS_BIND | kernel.MS_REC)
        os.close(descriptor)


def below_tmp(paths: list[str]) -> list[str]:
    """Those of `paths` that lie below /tmp: a checkout there is shown again, or nothing could be imported."""
    return sorted({real for path in paths if (real := os.path.realpath(path)).startswith("/tmp/")})
