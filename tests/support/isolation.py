"""Cells that try to reach what a session must not, with the output that they must give."""

# ruff: noqa: E501  a cell stays on one line where it can be read so

import socket

import pytest

from tabletutor.sandbox.host.pool import Session

CELLS = [
    # (code, expected output)
    ("import os; os.getuid() != 0", "True\n"),
    ("[l.split()[1] for l in open('/proc/self/status') if l[:6] in ('CapEff', 'CapPrm', 'CapBnd', 'NoNewP', 'Seccom')][:5]",
     "['0000000000000000', '0000000000000000', '0000000000000000', '1', '2']\n"),
    ("sorted(int(p) for p in os.listdir('/proc') if p.isdigit())", "[1]\n"),
    ("sorted(int(f) for f in os.listdir('/proc/self/fd'))[:3]", "[0, 1, 2]\n"),
    ("def opens(path, mode='r'):\n    try: open(path, mode).close(); return True\n    except OSError: return False\n"
     "[p for p in ('/etc/shadow', '/etc/hostname', '/root/x', '/proc/sys/kernel/core_pattern') if opens(p)]",
     "[]\n"),
    ("[p for p in ('/x', '/usr/x', '/etc/x', '/dev/x', '/proc/x', os.path.expanduser('~/x'), pd.__file__, '/var/tmp/x')"
     " if opens(p, 'a')]", "[]\n"),
    ("opens('here.txt', 'w'), opens('/tmp/there.txt', 'w'), opens('/dev/null', 'w'), opens(pd.__file__)",
     "(True, True, True, True)\n"),
    ("def runs(call):\n    try: call(); return True\n    except OSError: return False\nimport socket\n"
     "[runs(lambda: socket.create_connection(('127.0.0.1', PORT), 2)), runs(lambda: socket.socket(socket.AF_UNIX)),"
     " runs(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)), runs(socket.socketpair)]",
     "[False, False, False, True]\n"),
    ("import ctypes\nc = ctypes.CDLL(None)\n[c.unshare(0x10000000), c.ptrace(0, 0, 0, 0), c.mount(b'n', b'/tmp', b'tmpfs', 0, 0),"
     " c.syscall(321, 0, 0, 0), c.setuid(0), c.chroot(b'/tmp'), c.personality(0x40000)]", "[-1, -1, -1, -1, -1, -1, -1]\n"),
    ("import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True).stdout", "b'42\\n'\n"),
    ("import scipy.stats; round(float(scipy.stats.norm.cdf(0)), 3)", "0.5\n"),
    ("sorted(set(os.environ) - {'LC_CTYPE'})", "['HOME', 'LANG', 'MPLCONFIGDIR', 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS',"
     " 'PATH', 'PYTHONHASHSEED', 'TMPDIR', 'TZ', 'XDG_CACHE_HOME']\n"),
    ("[n for p in os.listdir('/proc') if p.isdigit() for n in ('CANARY',) if n in open(f'/proc/{p}/environ').read()]", "[]\n"),
]  # fmt: skip
# Six children take 150 MB each, of shared memory that no process shows.
FILL = """
import mmap, os, time
for _ in range(6):
    if os.fork() == 0:
        m = mmap.mmap(-1, 150 << 20)
        for place in range(0, 150 << 20, 4096): m[place] = 1
        m.madvise(mmap.MADV_DONTNEED)
        time.sleep(30); os._exit(0)
"""


def check(session: Session) -> None:
    """Run CELLS in a session."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        session.run(f"PORT = {port}")
        for code, expected in CELLS:
            result = session.run(code)
            assert (result.stdout, result.error) == (expected, None), code
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
