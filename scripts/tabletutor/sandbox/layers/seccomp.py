"""A seccomp filter that allows the system calls that data analysis needs, some with certain arguments only.

The filter is raw BPF of about a hundred instructions, built once and installed by each session. A refused call returns
EPERM. A call newer than the list returns ENOSYS, so that libraries fall back as on an older kernel.
"""

import ctypes
import errno
import struct
from collections.abc import Iterable

from tabletutor.sandbox.layers.kernel import MACHINE, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prctl
from tabletutor.sandbox.layers.syscalls import ALLOWED, CHECKED, LAST_KNOWN, PROCESSES, Numbers

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMN = 0 if MACHINE == "x86_64" else 1
_CLONE_THREAD, _CLONE3 = 0x10000, 435
_NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW* flag
_AF_UNIX = 1
# TCGETS, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: used by isatty, shells and asyncio
_IOCTLS = (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
# F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY: can signal other processes, or delay their open()
_FCNTLS = (8, 10, 15, 1024, 1026)
# Reading death signal and dumpable; name, seccomp mode, bounding set, timer slack, no_new_privs, names of mappings
_PRCTLS = (2, 3, 15, 16, 21, 23, 29, 30, 38, 39, 0x53564D41)
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _ABOVE, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x25, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000

_Instruction = tuple[int, int, int, int]  # operation, jump if true, jump if false, operand


def program(pid: int | None) -> bytes:
    """Return the filter as BPF.

    With a `pid`, that process may start threads but no processes, and may signal only itself. None is for a session
    with its own pid namespace, which holds no other processes. Raises OSError on an architecture without a call table.
    """
    if MACHINE not in _AUDIT_ARCH:
        raise OSError(f"seccomp: no system call table for {MACHINE}")
    process_calls = ("kill", "tkill", "tgkill", "prlimit64", "sched_setaffinity")
    allowed = ALLOWED if pid is not None else ALLOWED | PROCESSES | {name: CHECKED[name] for name in process_calls}
    code: list[_Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _AUDIT_ARCH[MACHINE]),  # 32-bit calls on a 64-bit kernel have different numbers
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    for first, last in _ranges(allowed):
        code += (
            [(_EQUAL, 0, 1, first), (_RETURN, 0, 0, _ALLOW)]
            if first == last
            else [(_AT_LEAST, 0, 2, first), (_ABOVE, 1, 0, last), (_RETURN, 0, 0, _ALLOW)]
        )
    code += _refuse_values("fcntl", 1, _FCNTLS, errno.EPERM)
    code += _allow_values("ioctl", 1, _IOCTLS, errno.ENOTTY)
    code += _allow_values("prctl", 0, _PRCTLS, errno.EPERM)
    code += _allow_values("socketpair", 0, (_AF_UNIX,), errno.EPERM)
    if pid is not None:
        for name in process_calls:
            code += _allow_values(name, 0, (0, pid), errno.EPERM)
    code += _default_actions(threads_only=pid is not None)
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


def _default_actions(threads_only: bool) -> list[_Instruction]:
    """Return the rules for `clone` and for every call that was not allowed before."""
    return [
        (_EQUAL, 0, 5, CHECKED["clone"][_COLUMN]),
        (_LOAD, 0, 0, 16),
        (_ANY_BIT, 2, 0, _NEW_NAMESPACES),
        (_ANY_BIT, 0, 1 if threads_only else 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERROR | errno.EPERM),
        (_EQUAL, 2, 0, _CLONE3),  # a filter cannot see its flags; on ENOSYS the C library uses clone
        (_AT_LEAST, 0, 2, LAST_KNOWN + 1),
        (_AT_LEAST, 1, 0, _X32),
        (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
        (_RETURN, 0, 0, _ERROR | errno.EPERM),
    ]


def _ranges(calls: dict[str, Numbers]) -> list[tuple[int, int]]:
    """Return the allowed numbers as ranges (first, last)."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(number for numbers in calls.values() if (number := numbers[_COLUMN]) is not None):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def _allow_values(name: str, argument: int, values: Iterable[int], refusal: int) -> list[_Instruction]:
    """Allow the call if the low 32 bits of its argument are one of `values`; otherwise return errno `refusal`."""
    body: list[_Instruction] = [(_LOAD, 0, 0, 16 + 8 * argument)]
    for value in values:
        body += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    body.append((_RETURN, 0, 0, _ERROR | refusal))
    return [(_EQUAL, 0, len(body), CHECKED[name][_COLUMN]), *body]


def _refuse_values(name: str, argument: int, values: Iterable[int], refusal: int) -> list[_Instruction]:
    """Return errno `refusal` if the low 32 bits of the argument are one of `values`; otherwise allow the call."""
    body: list[_Instruction] = [(_LOAD, 0, 0, 16 + 8 * argument)]
    for value in values:
        body += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ERROR | refusal)]
    body.append((_RETURN, 0, 0, _ALLOW))
    return [(_EQUAL, 0, len(body), CHECKED[name][_COLUMN]), *body]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def restrict_system_calls(code: bytes) -> None:
    """Install a filter for this process and its children. Needs no_new_privs. Raises OSError if refused."""
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(_Program(len(code) // 8, code)))
