"""`tabletutor sandbox run`, and a host that is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tabletutor.cli.sandbox import app
from tests.support.polling import wait_until


def test_a_cell_prints_and_the_exit_status_tells(tmp_path: Path, parquet: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("print(len(df), '\\x1b[2J')\nsubmit({'n': 4})\n")
    bad.write_text("1 / 0")
    run = CliRunner().invoke(app, ["run", str(good), "--table", str(parquet)])
    assert (run.exit_code, run.stdout) == (0, "4 \\x1b[2J\nsubmitted: {'n': 4}\n")
    run = CliRunner().invoke(app, ["run", str(bad)])
    assert (run.exit_code, run.stdout) == (1, "")
    assert run.stderr.endswith("ZeroDivisionError: division by zero\n")


HOST = """
import os, sys
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox
with Sandbox(None, SandboxConfig(soft_seconds=60, hard_seconds=60)) as sandbox:
    session = sandbox.session()
    session.run("import ctypes; ctypes.CDLL(None).prctl(15, b'tthost" + sys.argv[1].encode().decode() + "')")
    print("ready", flush=True)
    session.run("import time; time.sleep(50)")
"""


def named(mark: str) -> list[str]:
    """Return the processes that named themselves `mark`."""
    found: list[str] = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            found += [comm.parent.name] if comm.read_text().strip() == mark else []
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_or_interrupted_host_leaves_no_process(how: signal.Signals) -> None:
    mark = f"tthost{os.getpid() % 1000}{int(how)}"
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, mark.removeprefix("tthost")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with host:
        assert host.stdout is not None
        assert host.stdout.readline() == b"ready\n"
        assert len(named(mark)) == 1
        host.send_signal(how)
        host.wait(30)
    wait_until(lambda: not named(mark), f"no process {mark} is left", seconds=10)
