"""Namespaces and a private root, which hide the host's files, processes and network from a session.

The root holds the interpreter, the system libraries and a few devices, all read-only. It is built once for the warm
parent; each session gets a copy of the mounts with its own /tmp and /proc.
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
_NEW = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWCGROUP
_NOSUID_NODEV = kernel.MS_NOSUID | kernel.MS_NODEV


def interpreter_paths() -> list[str]:
    """Return the folders and archives that imports may need: system, installation, virtual environment, `sys.path`."""
    paths = {*_SYSTEM, *_SETTINGS, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path}
    roots: list[str] = []
    for path in sorted(path for path in paths if path.startswith("/") and path != "/" and Path(path).exists()):
        if not any(path.startswith(parent + "/") for parent in roots):
            roots.append(path)
    return roots


def drop_root() -> None:
    """Change from root to the user nobody for good, before making a user namespace. Raises OSError if refused."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # otherwise root owns /proc/self and the id maps cannot be written


def enter_namespaces() -> None:
    """Enter new user, mount, network, ipc, uts and cgroup namespaces; children get a new pid namespace."""
    enter_user_namespace(_NEW | kernel.CLONE_NEWPID)
    kernel.set_host_name("sandbox")


def enter_user_namespace(flags: int = 0) -> None:
    """Enter a new user namespace that maps only the current user, and the namespaces of `flags`, owned by it."""
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER | flags)
    for name, text in (("setgroups", "deny"), ("gid_map", f"{group} {group} 1"), ("uid_map", f"{user} {user} 1")):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, text.encode())
        os.close(descriptor)


def unshare_mounts() -> None:
    """Enter a new mount namespace whose changes stay private. Needs real root."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)


def build_root(paths: list[str]) -> None:
    """Replace the root of this mount namespace by a small read-only one with `paths`, /proc and a few devices.

    Its /tmp is a small tmpfs for sessions that cannot mount their own. Raises OSError if refused.
    """
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    real_paths = {path: os.path.realpath(path) for path in paths}
    kernel.mount("tmpfs", "/tmp", "tmpfs", _NOSUID_NODEV, "size=1m,mode=755")
    Path("/tmp/old").mkdir()
    kernel.pivot_root("/tmp", "/tmp/old")
    os.chdir("/")
    Path("/tmp").mkdir()
    kernel.mount("tmpfs", "/tmp", "tmpfs", _NOSUID_NODEV | kernel.MS_NOEXEC, f"size={SCRATCH_MB}m,mode=1777")
    for real in sorted(set(real_paths.values())):  # folders before their content, links last: /bin may link into /usr
        _bind_path(real)
    for path, real in real_paths.items():
        if path != real and not os.path.lexists(path):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).symlink_to(real)
    for device in DEVICES:
        _bind_path(device, device=True)
    for name in ("/proc", "/etc"):
        Path(name).mkdir(parents=True, exist_ok=True)
    for name, target in (("/dev/shm", "/tmp"), ("/dev/fd", "/proc/self/fd")):
        Path(name).symlink_to(target)
    Path("/etc/passwd").write_text(f"nobody:x:{os.geteuid() or NOBODY}:{NOBODY}::/nonexistent:/bin/false\n")
    kernel.mount("/old/proc", "/proc", "", kernel.MS_BIND | kernel.MS_REC)
    kernel.unmount("/old")
    Path("/old").rmdir()
    kernel.restrict_mount("/", kernel.MS_RDONLY, recursive=False)


def _bind_path(path: str, device: bool = False) -> None:
    """Bind one path of the old root at the same place in the new one, read-only (devices: no execution)."""
    source = "/old" + path
    if os.path.lexists(path) or not Path(source).exists():
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    if Path(source).is_dir():
        Path(path).mkdir()
    else:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
    kernel.mount(source, path, "", kernel.MS_BIND | kernel.MS_REC)
    kernel.restrict_mount(path, kernel.MS_NOSUID | kernel.MS_NOEXEC if device else kernel.MS_RDONLY | _NOSUID_NODEV)


def mount_proc() -> None:
    """Mount a /proc with the processes of this pid namespace only: no /proc/sys, no information about the machine."""
    kernel.mount("proc", "/proc", "proc", _NOSUID_NODEV | kernel.MS_NOEXEC, "subset=pid")


def isolate_session(visible: list[str]) -> None:
    """Enter a new mount namespace and mount the session's own /tmp and /proc.

    `visible` are folders below /tmp to show again in the new one. Network, ipc and uts namespaces are shared with the
    warm parent: they are empty, and the system calls that could put something in are refused.
    """
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    mount_proc()
    descriptors = {path: os.open(path, os.O_PATH) for path in visible}
    options = f"size={SCRATCH_MB}m,nr_inodes=4096,mode=700"
    kernel.mount("tmpfs", "/tmp", "tmpfs", _NOSUID_NODEV | kernel.MS_NOEXEC, options)
    for path, descriptor in descriptors.items():
        Path(path).mkdir(parents=True)
        kernel.mount(f"/proc/self/fd/{descriptor}", path, "", kernel.MS_BIND | kernel.MS_REC)
        os.close(descriptor)


def paths_below_tmp(paths: list[str]) -> list[str]:
    """Return the real paths below /tmp. A session must see them again in its own /tmp, for example a checkout there."""
    return sorted({real for path in paths if (real := os.path.realpath(path)).startswith("/tmp/")})
