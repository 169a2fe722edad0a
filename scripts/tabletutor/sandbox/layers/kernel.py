"""Linux system calls that Python's standard library lacks, through ctypes. Each raises OSError when refused."""

import ctypes
import os
from ctypes.util import find_library
from pathlib import Path

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_READ, PR_CAPBSET_DROP = 1, 4, 23, 24
PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS = 38, 39
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 47, 4, 22, 2

_MOUNT_SETATTR, _AT_RECURSIVE = 442, 0x8000  # the same number on every architecture
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPABILITY_VERSION_3 = 0x20080522
_MADV_COLLAPSE, _HUGE = 25, 2 << 20

_libc = ctypes.CDLL(find_library("c") or "libc.so.6", use_errno=True)
_libc.prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong)
MACHINE = os.uname().machine


def check(result: int, what: str) -> int:
    """Return the result of a C call; raise OSError from errno if it is negative."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | ctypes.Structure | None) -> int:
    """Make a raw system call and return its result. Structures and buffers are passed by address."""
    values = [
        ctypes.byref(argument)
        if isinstance(argument, ctypes.Structure)
        else ctypes.c_long(argument)
        if isinstance(argument, int)
        else argument
        for argument in arguments
    ]
    return check(_libc.syscall(ctypes.c_long(number), *values), f"system call {number}")


def prctl(option: int, value: int = 0, address: object = None) -> int:
    """Call `prctl` with one value, and an address for options that take one; return its result."""
    return check(_libc.prctl(option, value, address, 0, 0), f"prctl {option}")


def unshare(flags: int) -> None:
    """Move this process into new namespaces. A new pid namespace applies to its children only."""
    check(_libc.unshare(flags), f"unshare {flags:#x}")


def setns(descriptor: int, flag: int) -> None:
    """Enter the namespace of a descriptor."""
    check(_libc.setns(descriptor, flag), f"setns {flag:#x}")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Call `mount(2)`."""
    result = _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    check(result, f"mount {kind or 'bind'} on {target}")


def unmount(target: str) -> None:
    """Detach a mount and all mounts below it."""
    check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root and move the former root to `old`. Raises OSError on an unknown architecture."""
    if MACHINE not in _PIVOT_ROOT:
        raise OSError(f"pivot_root: no system call number known for {MACHINE}")
    syscall(_PIVOT_ROOT[MACHINE], new.encode(), old.encode())


def set_host_name(name: str) -> None:
    """Set the host name of this uts namespace."""
    check(_libc.sethostname(name.encode(), len(name)), "sethostname")


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def restrict_mount(target: str, flags: int, recursive: bool = True) -> None:
    """Add MS_RDONLY, MS_NOSUID, MS_NODEV or MS_NOEXEC to a mount and, if `recursive`, to all mounts below it."""
    attributes = _MountAttributes(flags, 0, 0, 0)  # these four flags have the same value as MOUNT_ATTR_*
    how = _AT_RECURSIVE if recursive else 0
    syscall(_MOUNT_SETATTR, -100, target.encode(), how, attributes, ctypes.sizeof(attributes))


def drop_capabilities() -> None:
    """Drop every capability permanently, in all five sets."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # EINVAL: past the kernel's last capability; EPERM: no CAP_SETPCAP, so there is none to drop
            break
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def count_capabilities() -> int:
    """Return the number of capabilities in the effective, permitted, inheritable and bounding sets of this process."""
    header, sets = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    check(_libc.capget(header, sets), "capget")
    count = sum(int(bits).bit_count() for bits in sets)
    for capability in range(64):
        try:
            count += prctl(PR_CAPBSET_READ, capability)
        except OSError:  # past the kernel's last capability
            break
    return count


def use_huge_pages() -> None:
    """Collapse this process's private memory into huge pages where the kernel can (Linux 6.1 or later).

    A fork copies one entry per page, so fewer and larger pages make it faster.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        place, mode, _, _, inode, *_ = line.split()
        first, last = (int(end, 16) for end in place.split("-"))
        first, last = -(-first // _HUGE) * _HUGE, last // _HUGE * _HUGE
        if mode == "rw-p" and inode == "0" and first < last:
            for start in range(first, last, _HUGE):
                _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(_HUGE), _MADV_COLLAPSE)  # errors do not matter


def trim_heap() -> None:
    """Return freed heap memory to the kernel."""
    _libc.malloc_trim(0)
