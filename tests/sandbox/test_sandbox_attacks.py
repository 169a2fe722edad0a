"""Attacks: each cell tries one way to escape or to do harm, and prints what it reached. It must reach nothing.

A cell that is ended for what it tries has lost its session only; the next session is whole, and the host unharmed.
"""

# ruff: noqa: E501  a cell stays on one line where it can be read so

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox

pytestmark = pytest.mark.slow

TOOLS = """
import ctypes, os, signal, socket, sys, time
libc = ctypes.CDLL(None, use_errno=True)
reached = []
def reach(name, call):
    try: value = call()
    except BaseException: return
    if value is not False and not (isinstance(value, int) and value == -1): reached.append(name)
def readable(path):
    def call():
        with open(path, 'rb') as f: return f.read(1) is not None
    return call
def writable(path):
    return lambda: os.close(os.open(path, os.O_WRONLY)) or True
"""
NOTHING = {
    "calls of the kernel": "for name, number, *args in [('ptrace', 101, 0, 0, 0, 0), ('unshare', 272, 0x10000000), ('setns', 308, 0, 0), ('mount', 165, 0, b'/tmp', b'tmpfs', 0, 0),"
    " ('umount', 166, b'/proc', 2), ('pivot_root', 155, b'/tmp', b'/tmp'), ('chroot', 161, b'/tmp'), ('bpf', 321, 0, 0, 0), ('perf_event_open', 298, 0, 0, 0, 0, 0),"
    " ('keyctl', 250, 0, 0), ('add_key', 248, b'user', b'k', b'v', 1, -3), ('io_uring_setup', 425, 4, 0), ('userfaultfd', 323, 0), ('memfd_create', 319, b'm', 0),"
    " ('memfd_secret', 447, 0), ('process_vm_readv', 310, os.getppid(), 0, 0, 0, 0, 0), ('kcmp', 312, 1, 1, 0, 0, 0), ('shmget', 29, 0, 4096, 0o1600), ('semget', 64, 0, 1, 0o1600),"
    " ('msgget', 68, 0, 0o1600), ('mq_open', 240, b'/q', 66, 0o600, 0), ('personality', 135, 0xffffffff), ('syslog', 103, 10, 0, 0), ('kexec_load', 246, 0, 0, 0, 0),"
    " ('init_module', 175, 0, 0, b''), ('open_by_handle_at', 304, 0, 0, 0), ('name_to_handle_at', 303, -100, b'/', 0, 0, 0), ('fanotify_init', 300, 0, 0), ('inotify_init1', 294, 0),"
    " ('setuid', 105, 0), ('setgid', 106, 0), ('setgroups', 116, 0, 0), ('capset', 126, 0, 0), ('sethostname', 170, b'x', 1), ('settimeofday', 164, 0, 0), ('swapon', 167, b'/x', 0),"
    " ('reboot', 169, 0, 0, 0), ('iopl', 172, 3), ('modify_ldt', 154, 0, 0, 0), ('seccomp', 317, 1, 0, 0), ('clone3', 435, 0, 0), ('pidfd_getfd', 438, 3, 0, 0), ('landlock_create_ruleset', 444, 0, 0, 1),"
    " ('splice', 275, 0, 0, 1, 0, 1, 0), ('vmsplice', 278, 1, 0, 0, 0), ('mknod', 133, b'/tmp/d', 0o20666, 0x103), ('setsockopt', 54, 1000, 1, 7, 0, 4), ('sched_setscheduler', 144, 0, 1, b'\\0' * 8), ('nice', 141, 0, 0, -5)]:\n"
    "    reach(name, lambda: libc.syscall(number, *args))",
    "networks": "for family, kind in [(2, 1), (2, 2), (10, 1), (1, 1), (1, 2), (16, 3), (17, 3), (38, 5), (40, 1)]: reach((family, kind), lambda: socket.socket(family, kind).close() or True)\n"
    "reach('inet pair', lambda: socket.socketpair(socket.AF_INET))\nreach('dns', lambda: socket.getaddrinfo('localhost.example', 80))\nreach('tcp', lambda: socket.create_connection(('127.0.0.1', PORT), 1))",
    "files of the machine": "for path in ('/etc/shadow', '/etc/hosts', '/root/.bashrc', '/home', '/var', '/sys', '/boot', '/run', '/proc/kcore', '/proc/kallsyms', '/proc/1/root/etc/shadow', '/proc/sys/kernel/hostname', '/proc/keys', '/proc/version', '/proc/modules',"
    " '/dev/mem', '/dev/kmsg', '/dev/sda', '/dev/vda', '/dev/fuse', '/dev/kvm', '/dev/tty', TABLE): reach(path, readable(path)); reach(path, lambda: os.listdir(path))",
    "writing": "for path in ('/proc/self/oom_score_adj', '/proc/self/comm', '/proc/self/uid_map', '/proc/self/attr/current', '/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern', '/etc/passwd', pd.__file__, sys.executable, '/usr/lib'):"
    " reach(path, writable(path))\nfor folder in ('/', '/usr', '/etc', '/dev', '/proc', '/var/tmp', '/opt', os.path.dirname(pd.__file__)): reach(folder, lambda: open(folder + '/probe', 'w').close() or True)\nreach('chmod', lambda: os.chmod(pd.__file__, 0o777) or True)",
    "the way out by links": "os.symlink('/proc/1/root/..', 'up'); os.symlink('/etc/shadow', 's'); reach('up', readable('up/etc/shadow')); reach('s', readable('s')); reach('hard', lambda: os.link(pd.__file__, 'h') or True); reach('dev', lambda: os.mknod('d', 0o20666, 0x103) or True); reach('fifo', lambda: os.mkfifo('f') or True)",
    "programs of its own": "import subprocess\nopen('run.sh', 'w').write('#!/bin/sh\\necho ran\\n'); os.chmod('run.sh', 0o755); reach('script', lambda: subprocess.run(['./run.sh'], capture_output=True).stdout == b'ran\\n')\n"
    "import shutil; shutil.copy('/bin/true', 'own'); os.chmod('own', 0o4755); reach('copy', lambda: subprocess.run(['./own']).returncode == 0)\nfor name in ('/bin/su', '/usr/bin/sudo', '/bin/mount', '/usr/bin/passwd', '/usr/bin/newuidmap', '/usr/bin/unshare'): reach(name, lambda: os.path.exists(name) and subprocess.run([name, '-r', 'true'], capture_output=True, stdin=-3).returncode == 0)",
    "other processes": "reach('others', lambda: [p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()] != [])\nfor pid in (os.getppid(), 2, 100, PARENT):\n    reach(('kill', pid), lambda: pid != os.getpid() and pid > 0 and os.kill(pid, 0) is None)\n"
    "reach('mem', readable('/proc/%d/mem' % PARENT)); reach('pidfd', lambda: os.pidfd_open(PARENT))",
    "secrets": "reach('environ', lambda: 'CANARY' in str(os.environ) or b'CANARY' in open('/proc/1/environ', 'rb').read())\nreach('cmdline', lambda: b'pytest' in open('/proc/1/cmdline', 'rb').read())\n"
    "reach('host name', lambda: os.uname().nodename == HOST)\nreach('descriptors', lambda: sorted(int(f) for f in os.listdir('/proc/self/fd'))[3:] not in ([1000], [3, 1000]))\n"
    "import gc\nreach('gold', lambda: any(isinstance(o, str) and 'GOLD-ANSWER' in o and 'reach' not in o for o in gc.get_objects()))",
    "new namespaces through clone": "reach('clone', lambda: libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0))\nreach('32 bit', lambda: False)",
}  # fmt: skip
HARM = {
    "threads": "import threading\nts = []\nfor _ in range(5000):\n    t = threading.Thread(target=time.sleep, args=(30,), daemon=True); t.start(); ts.append(t)",
    "processes that breed": "for _ in range(30):\n    try: os.fork()\n    except OSError: pass\ntime.sleep(30)",
    "zombies": "n = 0\nfor _ in range(2000):\n    try:\n        if os.fork() == 0: os._exit(0)\n        n += 1\n    except OSError: break\nassert n < 64",
    "shared memory that hides": "import mmap\nfor _ in range(20):\n    if os.fork() == 0:\n        m = mmap.mmap(-1, 200 << 20)\n        for o in range(0, 200 << 20, 4096): m[o] = 1\n        m.madvise(mmap.MADV_DONTNEED); time.sleep(30); os._exit(0)\ntime.sleep(30)",
    "many small files": "try:\n    for n in range(100_000): open(f'n{n}', 'w').close()\nexcept OSError: pass\nassert n < 5000",
    "deep folders": "for _ in range(3000):\n    os.mkdir('d'); os.chdir('d')",
    "a huge number as text": "sys.set_int_max_str_digits(0); str(7 ** 10_000_000)",
    "a billion laughs": "x = ['a'] * 10\nfor _ in range(12): x = [x] * 10\nrepr(x)",
    "an object that lies when shown": "class L:\n    def __repr__(self): os.write(1000, b'\\0\\0\\0\\2{}'); return 'x'\nL()",
    "an exit that waits": "import atexit, threading\natexit.register(time.sleep, 60); threading.Thread(target=time.sleep, args=(60,)).start(); sys.exit(0)",
    "no alarm": "signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
    "a trace that never ends": "sys.settrace(lambda *a: time.sleep(60))\ndef f(): pass\nf()",
    "the channel closed and opened anew": "os.close(1000)\na, b = socket.socketpair(); os.dup2(a.fileno(), 200)",
    "its own death": "os.kill(os.getpid(), signal.SIGKILL); os.abort()",
    "a stack without end": "sys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nf(0)",
    "a regular expression without end": "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "garbage instead of a reply": "for n in range(50): os.write(1000, os.urandom(4096))",
    "half a reply": "os.write(1000, (1000).to_bytes(4, 'big') + b'{'); time.sleep(60)",
    "the machinery gutted": "import msgspec, builtins, json\nfor m in (msgspec.json, builtins, json, os, time):\n    for n in list(vars(m)):\n        if not n.startswith('__'):\n            try: setattr(m, n, None)\n            except Exception: pass",
}  # fmt: skip


@pytest.fixture(scope="module")
def quick(parquet: Path) -> Iterator[Sandbox]:
    config = SandboxConfig(soft_seconds=1, hard_seconds=3, memory_mb=256, output_bytes=2000)
    with Sandbox(parquet, config) as warm:
        yield warm


@pytest.mark.parametrize("attack", NOTHING)
def test_nothing_is_reached(quick: Sandbox, parquet: Path, attack: str) -> None:
    gold = "GOLD-" + "ANSWER-17"
    with socket.create_server(("127.0.0.1", 0)) as server, quick.session(gold) as session:
        place = f"PORT, TABLE, PARENT, HOST = {server.getsockname()[1]}, {str(parquet)!r}, {os.getpid()}, {os.uname().nodename!r}\n"
        assert session.run(TOOLS + place).error is None
        result = session.run(NOTHING[attack])
        assert result.error is None, result.error
        assert session.run("reached").stdout == "[]\n"
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("attack", HARM)
def test_harm_stays_in_the_session(quick: Sandbox, attack: str) -> None:
    with quick.session() as sibling:
        sibling.run("x = 7")
        begun = time.monotonic()
        with quick.session() as session:
            session.run(TOOLS)
            result = session.run(HARM[attack])
            assert not result.submitted
            assert len(result.stdout) <= 2100
        assert time.monotonic() - begun < 8
        assert sibling.run("x").stdout == "7\n"
    with quick.session() as after:
        assert after.run("len(df)").stdout == "4\n"


def test_claims_are_checked_but_never_believed(quick: Sandbox) -> None:
    """A session can forge its reply; the host checks its form and never trusts its content."""
    forge = """
hello = next(o for o in walk() if type(o).__name__ == "Hello")
body = b'{"nonce":"' + hello.nonce.encode() + b'","cell":1,"result":' + RESULT + b"}"
os.write(1000, len(body).to_bytes(4, "big") + body); os._exit(0)
"""
    walk = "import os, sys\ndef walk():\n    f = sys._getframe()\n    while f: yield from f.f_locals.copy().values(); f = f.f_back\n"
    for claim, ended in (
        (b'{"submitted":true,"ended":"submit","answer":42}', "submit"),  # as if it had called submit(42)
        (b'{"submitted":true,"ended":"open","answer":42}', "crash"),
        (b'{"ended":"memory"}', "crash"),
        (b'{"verdict":"correct"}', "crash"),
        (b'{"stdout":"' + b"x" * 100_000 + b'"}', "crash"),
        (b'{"hooks":[{"name":"h","value":1,"value_sha256":3}]}', "crash"),
        (b'{"stdout":"\xff"}', "crash"),
    ):
        with quick.session() as session:
            assert session.run(walk + f"RESULT = {claim!r}" + forge).ended == ended, claim
