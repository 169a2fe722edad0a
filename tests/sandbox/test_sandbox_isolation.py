"""A session reaches nothing of the host but the interpreter and its own copy of the table."""

# ruff: noqa: E501  a cell stays on one line where it can be read so

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox, SandboxError, Session
from tabletutor.sandbox.host.required_layers import LAYERS
from tests.support.isolation import check

ROOT = Path(__file__).parents[2]


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


AS_USER = """
import os
import sys
from pathlib import Path
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.sandbox.host.required_layers import LAYERS
from tests.support import isolation
from tests.support.polling import wait_until
assert os.getuid() == 12345
with Sandbox(Path(sys.argv[1]), SandboxConfig(soft_seconds=20, hard_seconds=30)) as sandbox, sandbox.session() as session:
    assert session.run("len(df)").stdout == "4\\n"
    assert sandbox.layers == LAYERS
    isolation.check(session)
with Sandbox(None, SandboxConfig(soft_seconds=20, hard_seconds=30, memory_mb=256)) as sandbox:
    for _ in range(30):  # the watcher may look while it dies
        with sandbox.session() as session:
            assert session.run("import os, time; time.sleep(0.05); os._exit(3)").ended == "crash"
    with sandbox.session() as session:
        assert session.run(isolation.FILL + "time.sleep(15)").ended == "memory"
    session = sandbox.session()
    assert session.run(isolation.FILL.replace("os.fork() == 0:", "os.fork() == 0:\\n        time.sleep(1)")).error is None
    wait_until(lambda: session.run("1").ended == "memory", lambda: f"an end between cells: {sandbox.incidents}")
    assert session.ended == "memory", sandbox.incidents
print("as user: ok")
"""


@pytest.mark.slow
def test_an_ordinary_user_gets_the_same(parquet: Path, tmp_path: Path, ordinary_user: list[str]) -> None:
    script = tmp_path / "as_user.py"
    script.write_text(AS_USER)
    table = tmp_path / "table.parquet"
    shutil.copy(parquet, table)
    run = subprocess.run(
        [*ordinary_user, "env", "HOME=/tmp", "CANARY=1", f"PYTHONPATH={ROOT}", sys.executable, "-B", script, table],
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
with Sandbox(None, SandboxConfig(soft_seconds=20, hard_seconds=30, required_layers=())) as sandbox:
    print(sandbox.layers)
    for _ in range(2):
        with sandbox.session() as session:
            cells = ["import os; os.fork()", "open('x', 'w').write('y')", "open('/etc/hostname')", "import socket; socket.socket()"]
            results = [session.run(code) for code in cells]
            print([(result.error or "").splitlines()[-1:] or result.stdout for result in results])
print(sum("'pid-namespace' is NOT in place" in line for line in said))
"""


def test_a_kernel_without_user_namespaces_is_named_once_and_the_rest_holds(tmp_path: Path) -> None:
    """Without namespaces, a session cannot start processes, and Landlock and seccomp block files and network."""
    if shutil.which("unshare") is None:
        pytest.skip("NOT TESTED without user namespaces: `unshare` (util-linux) is needed")
    script = tmp_path / "refused.py"
    script.write_text(REFUSED)
    command = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'  # changes the new user namespace only
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
