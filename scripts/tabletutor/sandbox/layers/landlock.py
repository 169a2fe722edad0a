"""Landlock: the kernel refuses access to files outside the interpreter and the session's folder, whatever is mounted.

Uses raw system calls; their numbers are the same on all architectures. See Documentation/userspace-api/landlock.rst in
Linux.
"""

import ctypes
import os
import stat
from collections.abc import Iterable

from tabletutor.sandbox.layers.kernel import syscall

_CREATE, _ADD_RULE, _RESTRICT, _VERSION = 444, 445, 446, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_PATH_BENEATH = 1


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def restrict_files(readable: Iterable[str], devices: Iterable[str], writable: Iterable[str]) -> None:
    """Restrict file access of this process and its children to three groups of paths.

    Below `readable` they may read and execute, below `devices` read and write files, below `writable` everything but
    execute. Newer kernels also refuse TCP, abstract sockets and signals to processes outside the session. Needs
    no_new_privs. Raises OSError if the kernel has no Landlock.
    """
    version = syscall(_CREATE, None, 0, _VERSION)
    files = (1 << (13 if version < 2 else 14 if version < 3 else 15 if version < 5 else 16)) - 1
    ruleset = _Ruleset(files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    handle = syscall(_CREATE, ruleset, size, 0)
    try:
        for paths, allowed in (
            (readable, _EXECUTE | _READ_FILE | _READ_DIR),
            (devices, _READ_FILE | _WRITE_FILE),
            (writable, files & ~_EXECUTE),
        ):
            for path in paths:
                _allow(handle, path, allowed)
        syscall(_RESTRICT, handle, 0)
    finally:
        os.close(handle)


def _allow(handle: int, path: str, allowed: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            allowed &= _EXECUTE | _WRITE_FILE | _READ_FILE  # the kernel rejects rights of folders on a file
        syscall(_ADD_RULE, handle, _PATH_BENEATH, _PathBeneath(allowed, parent), 0)
    finally:
        os.close(parent)
