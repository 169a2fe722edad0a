"""What a session can reach: nothing of the host's but the interpreter and its own copy of the table."""

# ruff: noqa: E501  a cell stays on one line where it can be read so

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox, SandboxError, Session
from tabletutor.sandbox.host.required_layers import LAYERS

CELLS = [
    # (code, what must come out)
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


def test_every_layer_stands_and_holds(sandbox: Sandbox, session: Session) -> None:
    assert sandbox.layers == LAYERS
    check(session)


def test_the_table_is_a_copy_and_its_file_is_out_of_sight(sandbox: Sandbox, parquet: Path) -> None:
    before = parquet.read_bytes()
    with sandbox.session() as session:
        assert session.run(f"import os; os.path.exists({str(parquet)!r})").stdout == "False\n"
        session.run("df.loc[:, 'whole'] = 0; del df")
    with sandbox.session() as session:
        assert session.run("df.whole.sum()").stdout == "10\n"
    assert parquet.read_bytes() == before


def test_no_name_of_the_host_reaches_a_frame_walk(session: Session) -> None:
    code = "import sys\nf, names = sys._getframe(), set()\nwhile f:\n    names |= set(f.f_globals); f = f.f_back\n"
    result = session.run(
        code + "sorted(n for n in names for w in ('secret', 'gold', 'harness', 'verdict') if w in n.lower())"
    )
    assert result.stdout == "[]\n"


def test_a_missing_or_broken_table_is_an_error_that_names_it(tmp_path: Path, config: SandboxConfig) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"not parquet")
    with pytest.raises(SandboxError, match="ArrowInvalid") as caught, Sandbox(broken, config):
        pass
    assert broken.name in str(caught.value)
    with pytest.raises(FileNotFoundError, match="none"), Sandbox(tmp_path / "none.parquet", config):
        pass


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
AS_USER = """
import sys
import time
from pathlib import Path
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox
sys.path.insert(0, sys.argv[1])
import test_sandbox_isolation as isolation
import os
assert os.getuid() == 12345
with Sandbox(Path(sys.argv[2]), SandboxConfig(soft_seconds=20, hard_seconds=30)) as sandbox, sandbox.session() as session:
    assert session.run("len(df)").stdout == "4\\n"
    assert sandbox.layers == isolation.LAYERS
    isolation.check(session)
with Sandbox(None, SandboxConfig(soft_seconds=20, hard_seconds=30, memory_mb=256)) as sandbox:
    for _ in range(30):  # the watcher may look while it dies
        with sandbox.session() as session:
            assert session.run("import os, time; time.sleep(0.05); os._exit(3)").ended == "crash"
    with sandbox.session() as session:
        assert session.run(isolation.FILL + "time.sleep(15)").ended == "memory"
    session = sandbox.session()
    assert session.run(isolation.FILL.replace("os.fork() == 0:", "os.fork() == 0:\\n        time.sleep(1)")).error is None
    for _ in range(100):  # between cells
        time.sleep(0.1)
        if session.run("1").ended == "memory":
            break
    assert session.ended == "memory", sandbox.incidents
print("as user: ok")
"""


def test_an_ordinary_user_gets_the_same(parquet: Path, tmp_path: Path, ordinary_user: list[str]) -> None:
    script = tmp_path / "as_user.py"
    script.write_text(AS_USER)
    table = tmp_path / "table.parquet"
    shutil.copy(parquet, table)
    run = subprocess.run(
        [*ordinary_user, "env", "HOME=/tmp", "CANARY=1", sys.executable, "-B", str(script), str(Path(__file__).parent), str(table)],
        capture_output=True, text=True, cwd="/",
    )  # fmt: skip
    refused = run.stderr.split("Traceback")[0]
    if "ModuleNotFoundError" in run.stderr or "Permission denied" in refused or "No such file" in refused:
        pytest.skip(f"NOT TESTED as an ordinary user: the environment is not readable for one: {run.stderr[-300:]}")
    assert run.stdout == "as user: ok\n", run.stderr[-3000:]


REFUSED = """
import sys
from loguru import logger
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox
said = []
logger.remove()
logger.add(lambda line: said.append(str(line)), level="WARNING")
with Sandbox(None, SandboxConfig(soft_seconds=20, hard_seconds=30, require=())) as sandbox:
    print(sandbox.layers)
    for _ in range(2):
        with sandbox.session() as session:
            cells = ["import os; os.fork()", "open('x', 'w').write('y')", "open('/etc/hostname')", "import socket; socket.socket()"]
            results = [session.run(code) for code in cells]
            print([(result.error or "").splitlines()[-1:] or result.stdout for result in results])
print(sum("'pid-namespace' is NOT in place" in line for line in said))
"""


def test_a_kernel_without_user_namespaces_is_named_once_and_the_rest_holds(tmp_path: Path) -> None:
    """Without namespaces no process can be started, and Landlock and seccomp keep files and network away."""
    if shutil.which("unshare") is None:
        pytest.skip("NOT TESTED without user namespaces: `unshare` (util-linux) is needed")
    script = tmp_path / "refused.py"
    script.write_text(REFUSED)
    command = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'  # of the new user namespace, not the machine's
    run = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", command, "sh", sys.executable, "-B", str(script)], capture_output=True, text=True
    )
    denied = "PermissionError: [Errno 1] Operation not permitted"
    hidden = "PermissionError: [Errno 13] Permission denied: '/etc/hostname'"
    absent = "FileNotFoundError: [Errno 2] No such file or directory: '/etc/hostname'"
    lines = run.stdout.splitlines()
    assert len(lines) == 4, run.stderr[-2000:]
    assert {"seccomp", "landlock", "resource-limits", "process-bound", "memory-bound"} <= set(eval(lines[0]))
    assert lines[1] == lines[2]
    assert lines[1].replace(absent, hidden) == repr([[denied], "1\n", [hidden], [denied]]), lines[1]
    assert lines[3] == "1"
