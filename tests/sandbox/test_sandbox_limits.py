"""Limits: whatever a cell does, the host gets a result, and only that session is affected."""

# ruff: noqa: E501  a cell stays on one line where it can be read so

import os
import re
import threading
from pathlib import Path

import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox, Session
from tests.support.polling import wait_until


def alive(mark: str) -> list[str]:
    """Return the live processes that named themselves `mark`."""
    found: list[str] = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and (folder / "comm").read_text().strip() == mark:
                found += [] if ") Z " in (folder / "stat").read_text() else [folder.name]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def children_of(process: int) -> list[int]:
    """Return all live descendants of `process`."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *children_of(child)]
    return found


def test_soft_time_out_interrupts_and_keeps_the_names(hasty_session: Session) -> None:
    hasty_session.run("x = 5")
    result = hasty_session.run("print('before')\nwhile True: pass")
    assert (result.stdout, result.ended) == ("before\n", "open")
    assert result.error is not None
    assert result.error.splitlines()[-1] == "TimeLimit: the cell ran longer than 0.5 s and was interrupted"
    stubborn = hasty_session.run("n = 0\nwhile n < 1:\n    try:\n        while True: pass\n    except Exception: n = 9")
    assert "TimeLimit" in (stubborn.error or "")
    assert hasty_session.run("x").stdout == "5\n"


@pytest.mark.parametrize(
    "code",
    [
        "sum(range(10**13))",
        "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException: pass",
        "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: pass",
    ],
)
def test_hard_time_out_ends_what_cannot_be_interrupted(hasty_session: Session, code: str) -> None:
    result = hasty_session.run(code)
    assert (result.ended, hasty_session.ended) == ("time", "time")
    assert result.error is not None
    assert "1.5 s" in result.error


def test_stopping_itself_does_not_hang_the_host(hasty_session: Session) -> None:
    # The first process of a pid namespace ignores signals from within; its child stops, and the time-out ends it.
    result = hasty_session.run(
        "import os, signal\npid = os.fork()\nif pid == 0: os.kill(0, signal.SIGSTOP)\nos.waitpid(pid, 0)"
    )
    assert result.error is not None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os._exit(7)", "exit status 7"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os.abort()", "signal"),
        ("import os; os.closerange(3, 2000)", "Crash"),
        (
            "import os\nfor n in range(1, 1100):\n    try: os.write(n, b'{\"ok\": true}\\n' * 9)\n    except OSError: pass",
            "Crash",
        ),
        ("import os\nos.write(1000, b'\\x7f\\xff\\xff\\xff')", "over the limit"),
        ("import os\nos.write(1000, (100_000).to_bytes(4, 'big') + b'[' * 100_000)", "not a Reply"),
        (
            'import os\nb = b\'{"nonce":"x","cell":1,"result":{}}\'\nos.write(1000, len(b).to_bytes(4, \'big\') + b)',
            "wrong nonce",
        ),
        ("import os\nos.write(1000, (50).to_bytes(4, 'big') + b'half'); os._exit(0)", "exit status 0"),
        ("import msgspec\nmsgspec.json.encode = lambda x: b'garbage'", "Crash"),
    ],
)
def test_a_broken_session_is_a_crash_and_the_next_one_is_whole(sandbox: Sandbox, code: str, words: str) -> None:
    with sandbox.session() as session:
        result = session.run(code)
        assert (result.ended, result.submitted) == ("crash", False)
        assert words in (result.error or "")
    with sandbox.session() as session:
        assert session.run("len(df)").stdout == "4\n"


def test_a_deep_claim_is_refused(session: Session) -> None:
    code = """
import os
start = next(o for o in walk() if type(o).__name__ == "Hello")
deep = b"[" * 300 + b"]" * 300
body = b'{"nonce":"' + start.nonce.encode() + b'","cell":1,"result":{"submitted":true,"ended":"submit","answer":' + deep + b"}}"
os.write(1000, len(body).to_bytes(4, "big") + body)
os._exit(0)
"""
    walk = "import sys\ndef walk():\n    f = sys._getframe()\n    while f: yield from f.f_locals.copy().values(); f = f.f_back\n"
    result = session.run(walk + code)
    assert (result.ended, result.error, result.answer) == ("crash", "Crash: a value nested too deeply", None)


def test_memory_is_limited_for_one_process_and_for_all_together(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        assert "MemoryError" in (session.run("keep = [bytearray(64 << 20) for _ in range(48)]").error or "")
        assert session.run("1").ended == "open"
    fill = "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        x = b'x' * (150 << 20); time.sleep(30); os._exit(0)\n"
    with sandbox.session() as session:
        result = session.run(fill + "os.wait()")  # until one of them is killed, or the first process itself
        assert result.ended == "memory"


@pytest.mark.parametrize(
    "code",
    [
        "import sys\nfor i in range(1 << 9): sys.stdout.write('é' * 32768)",
        "print('é' * (1 << 24), end='')",
    ],
)
def test_long_output_keeps_head_and_tail_and_counts_missing_bytes(session: Session, code: str) -> None:
    result = session.run(f"{code}\nprint('RESULT', 42)\nhook('n', 1)\n1 / 0")
    assert (result.truncated, result.hooks[0].value) == (True, 1)
    assert result.error is not None
    assert result.error.endswith("ZeroDivisionError: division by zero")
    head, count, tail = re.fullmatch(  # type: ignore[union-attr]
        r"(é+)\n… ([\d,]+) bytes left out …\n(é+RESULT 42\n)", result.stdout
    ).groups()
    assert len(head) == 500
    assert len(tail.encode()) in (999, 1000), "a character that the cut goes through is left out"
    assert int(count.replace(",", "")) == 2 * (1 << 24) - 1000 - len(tail.encode()) + len("RESULT 42\n")


def test_output_past_python_is_cut_the_same_way(session: Session) -> None:
    raw = session.run("import os\nfor i in range(100): os.write(1, b'x' * 1000)\nos.write(2, b'end\\xff\\n')\npass")
    assert raw.truncated
    assert re.fullmatch(r"x{1000}\n… 98,005 bytes left out …\nx{995}end\\xff\n", raw.stdout)
    whole = session.run("print('x' * 1999)")
    assert (whole.truncated, whole.stdout) == (False, "x" * 1999 + "\n")


def test_a_long_error_keeps_its_beginning_and_end(session: Session) -> None:
    error = session.run("raise ValueError('first ' + 'x' * 10_000 + ' last')").error
    assert error is not None
    assert re.fullmatch(r"ValueError: first x+ … 9,\d{3} bytes left out … x+ last", error.splitlines()[-1])
    assert len(error) < 1000
    long = session.run("x = '" + "y" * 400_000 + "'; 1 / 0").error
    assert long is not None
    assert long.endswith("\nZeroDivisionError: division by zero")
    assert session.run("1").stdout == "1\n"


def test_processes_descriptors_and_disk_are_limited(session: Session) -> None:
    bomb = "import os, time\nn = 0\ntry:\n    for i in range(200):\n        if os.fork() == 0: time.sleep(30); os._exit(0)\n        n += 1\nexcept OSError: pass\nn"
    assert int(session.run(bomb).stdout) < 64
    files = "fds = []\ntry:\n    while True: fds.append(os.open('/dev/null', 0))\nexcept OSError: pass\nlen(fds) < 300"
    assert session.run(files).stdout == "True\n"
    disk = "for fd in fds: os.close(fd)\nn = 0\ntry:\n    for i in range(9):\n        with open(f'f{i}', 'wb') as f: n += f.write(bytes(30 << 20))\nexcept OSError: pass\nn >> 20"
    assert int(session.run(disk).stdout) <= 64


def test_a_fork_that_comes_out_of_a_cell_does_not_answer(session: Session) -> None:
    assert session.run("import os\npid = os.fork()\nprint(pid > 0)\nif pid: os.waitpid(pid, 0)").error is None
    assert session.run("1 + 1").stdout == "2\n"


def test_patched_builtins_do_not_reach_the_next_cell_or_session(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        code = "import builtins, json, time, random\nbuiltins.len = lambda x: 0\nbuiltins.sorted = lambda x: []\njson.dumps = time.monotonic = lambda *a: 0\nprint(len('abc'))"
        assert session.run(code).stdout == "0\n"
        assert session.run("len('abc')").stdout == "3\n"
    with sandbox.session() as session:
        assert session.run("import json; json.dumps([len('ab')])").stdout == "'[2]'\n"


def test_nothing_is_left_of_a_session_or_of_a_sandbox(parquet: Path, config: SandboxConfig) -> None:
    daemon = (
        "import ctypes, os, time\nctypes.CDLL(None).prctl(15, b'ttmark')\nchild = os.fork()\nif child == 0:\n    os.setsid()\n"
        "    if os.fork() == 0: time.sleep(60)\n    os._exit(0)\nos.waitpid(child, 0)"  # the daemon runs by then
    )
    others = set(children_of(os.getpid()))  # other sandboxes may have sessions
    with Sandbox(parquet, config) as warm:
        with warm.session() as session:
            assert session.run(daemon).error is None
            assert len(alive("ttmark")) >= 2
        assert alive("ttmark") == []
        forgotten = warm.session()
        forgotten.run(daemon)
        own = set(children_of(os.getpid())) - others
        assert len(alive("ttmark")) >= 2
    assert alive("ttmark") == []
    assert not [process for process in own if Path(f"/proc/{process}").exists()]


def test_a_lost_warm_parent_is_replaced(parquet: Path, config: SandboxConfig) -> None:
    before = set(children_of(os.getpid()))
    with Sandbox(parquet, config) as warm:
        session = warm.session()
        for process in set(children_of(os.getpid())) - before:
            try:
                os.kill(process, 9)
            except ProcessLookupError:
                continue
        result = session.run("1")
        assert (result.ended, result.submitted) == ("crash", False)
        with warm.session() as other:
            assert other.run("len(df)").stdout == "4\n"


def test_sessions_run_at_once_from_several_threads(sandbox: Sandbox) -> None:
    outputs: dict[int, str] = {}
    together = threading.Barrier(6)

    def work(number: int) -> None:
        with sandbox.session() as session:
            session.run(f"df['mine'] = {number}")
            together.wait(60)  # all six are open now
            outputs[number] = session.run("set(df.mine)").stdout

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outputs == {number: f"{{{number}}}\n" for number in range(6)}


def test_a_sandbox_outlives_the_thread_that_made_it(parquet: Path, config: SandboxConfig) -> None:
    made: list[Sandbox] = []
    thread = threading.Thread(target=lambda: made.append(Sandbox(parquet, config).__enter__()))
    thread.start()
    thread.join()
    task = Path(f"/proc/self/task/{thread.native_id}")
    wait_until(lambda: not task.exists(), "the end of the thread, for the kernel as well")
    with made[0].session() as session:
        assert session.run("len(df)").stdout == "4\n"
    made[0].__exit__(None, None, None)
