"""A seccomp filter: system calls that no analysis needs and that attacks begin with answer EPERM.

Raw BPF through `prctl`, about a millisecond. Numbers from the kernel's tables (x86_64 `syscall_64.tbl`, the generic
table for aarch64).
"""

import ctypes
import errno
import struct

from tabletutor.sandbox.kernel import MACHINE, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prctl

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# name: (x86_64, aarch64); None where the architecture has no such call
_DENIED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198), "ptrace": (101, 117), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268), "swapon": (167, 224), "swapoff": (168, 225),
    "reboot": (169, 142), "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, None),
    "ioperm": (173, None), "init_module": (175, 105), "delete_module": (176, 106), "finit_module": (313, 273),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "acct": (163, 89), "syslog": (103, 116),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "personality": (135, 92),
    "perf_event_open": (298, 241), "bpf": (321, 280), "userfaultfd": (323, 282), "quotactl": (179, 60),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "kcmp": (312, 272), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "pidfd_getfd": (438, 438),
    "mount_setattr": (442, 442), "fanotify_init": (300, 262), "modify_ldt": (154, None), "uselib": (134, None),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "lookup_dcookie": (212, 18), "move_pages": (279, 239), "mbind": (237, 235), "migrate_pages": (256, 238),
    "vhangup": (153, 58),
}  # fmt: skip
_CLONE, _CLONE3 = {"x86_64": 56, "aarch64": 220}, 435
_CLONE_THREAD = 0x10000
_FORKS = ((57, None), (58, None))  # fork and vfork
_NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW* flag
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000


def _program(processes: bool) -> bytes:
    if MACHINE not in _AUDIT_ARCH:
        raise OSError(f"seccomp: no system call table for {MACHINE}")
    column = 0 if MACHINE == "x86_64" else 1
    refuse = (_RETURN, 0, 0, _ERROR | errno.EPERM)
    code: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, _AUDIT_ARCH[MACHINE]),  # 32-bit calls on a 64-bit kernel have other numbers: kill
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, 0x40000000),  # the x32 numbers
        refuse,
        (_EQUAL, 0, 1, _CLONE3),  # its flags are out of a filter's sight; glibc then falls back to clone
        (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
        (_EQUAL, 0, 5, _CLONE[MACHINE]),
        (_LOAD, 0, 0, 16),
        (_ANY_BIT, 1, 0, _NEW_NAMESPACES),  # refused
        (_ANY_BIT, 1, 1 if processes else 0, _CLONE_THREAD),  # a thread is allowed, a process may be
        refuse,
        (_RETURN, 0, 0, _ALLOW),
    ]
    for numbers in (*_DENIED.values(), *(() if processes else _FORKS)):
        number = numbers[column]
        if number is not None:
            code += [(_EQUAL, 0, 1, number), refuse]
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", operation, yes, no, value) for operation, yes, no, value in code)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def restrict_system_calls(processes: bool) -> None:
    """Install the filter for this process and all it starts; with `processes` false, only threads can be started.

    Needs no_new_privs; raises OSError where refused.
    """
    code = _program(processes)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(_Program(len(code) // 8, code)))
