"""The few Linux system calls that Python's library lacks, through ctypes. Every one raises OSError when refused."""

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


def checked(result: int, what: str) -> int:
    """`result` of a C call, or the OSError it left in errno."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | ctypes.Structure | None) -> int:
    """A raw system call; structures and buffers are passed by address."""
    values = [
        ctypes.byref(argument)
        if isinstance(argument, ctypes.Structure)
        else ctypes.c_long(argument)
        if isinstance(argument, int)
        else argument
        for argument in arguments
    ]
    return checked(_libc.syscall(ctypes.c_long(number), *values), f"system call {number}")


def prctl(option: int, value: int = 0, address: object = None) -> int:
    """`prctl` with one value, and an address for options that take one; returns what the kernel answers."""
    return checked(_libc.prctl(option, value, address, 0, 0), f"prctl {option}")


def unshare(flags: int) -> None:
    """New namespaces for this process (for its children where the flag is that of the pid namespace)."""
    checked(_libc.unshare(flags), f"unshare {flags:#x}")


def setns(descriptor: int, flag: int) -> None:
    """Enter the namespace behind a descriptor."""
    checked(_libc.setns(descriptor, flag), f"setns {flag:#x}")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """`mount(2)`."""
    result = _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    checked(result, f"mount {kind or 'bind'} on {target}")


def unmount(target: str) -> None:
    """Detach a mount and all below it."""
    checked(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root; the former root is then at `old`. Raises OSError on a machine whose number is unknown."""
    if MACHINE not in _PIVOT_ROOT:
        raise OSError(f"pivot_root: no system call number known for {MACHINE}")
    syscall(_PIVOT_ROOT[MACHINE], new.encode(), old.encode())


def set_host_name(name: str) -> None:
    """The name `uname` tells in this uts namespace."""
    checked(_libc.sethostname(name.encode(), len(name)), "sethostname")


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def restrict_mount(target: str, flags: int, recursive: bool = True) -> None:
    """Add MS_RDONLY, MS_NOSUID, MS_NODEV or MS_NOEXEC to a mount, and to all below it."""
    attributes = _MountAttributes(flags, 0, 0, 0)  # these four flags have the same value as MOUNT_ATTR_*
    how = _AT_RECURSIVE if recursive else 0
    syscall(_MOUNT_SETATTR, -100, target.encode(), how, attributes, ctypes.sizeof(attributes))


def drop_capabilities() -> None:
    """Give up every capability for good, in all five sets."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # EINVAL: beyond the kernel's last one; EPERM: no CAP_SETPCAP, then there is none to drop
            break
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    checked(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")


def capabilities() -> int:
    """How many capabilities this process holds, in the permitted, effective, inheritable and bounding set."""
    header, sets = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    checked(_libc.capget(header, sets), "capget")
    count = sum(int(bits).bit_count() for bits in sets)
    for capability in range(64):
        try:
            count += prctl(PR_CAPBSET_READ, capability)
        except OSError:  # beyond the kernel's last one
            break
    return count


def use_huge_pages() -> None:
    """Gather this process's private memory into huge pages, as far as the kernel will (Linux 6.1 or later).

    A fork copies one entry for each page, so it then has a small part of the work.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        place, mode, _, _, inode, *_ = line.split()
        first, last = (int(end, 16) for end in place.split("-"))
        first, last = -(-first // _HUGE) * _HUGE, last // _HUGE * _HUGE
        if mode == "rw-p" and inode == "0" and first < last:
            for start in range(first, last, _HUGE):
                _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(_HUGE), _MADV_COLLAPSE)  # a refusal costs nothing


def trim_heap() -> None:
    """Hand freed memory back to the kernel."""
    _libc.malloc_trim(0)
