"""Required layers, control groups, the watcher, slots, process labels, and recorded incidents."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

import pytest
from loguru import logger
from msgspec import UNSET

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.records.episode import Trace, Turn
from tabletutor.sandbox.host import cgroup, slots
from tabletutor.sandbox.host.incident import incident_causes
from tabletutor.sandbox.host.memory import Bounds, GroupBounds, WatcherBounds, usage
from tabletutor.sandbox.host.pool import Sandbox, SandboxError
from tabletutor.sandbox.host.process_label import is_alive, process_label
from tabletutor.sandbox.host.sandboxes import MAX_IDLE, Sandboxes
from tests.support.polling import wait_until

FILL = "x = bytearray({mb} << 20)\nfor place in range(0, len(x), 4096): x[place] = 1\nimport time\ntime.sleep(60)"


def groups(process: int | None = None) -> list[Path]:
    """Return the control groups of this process or another one."""
    try:
        return [folder for place in cgroup.parent_folders() for folder in place.glob(f"*+{process or os.getpid()}+*")]
    except OSError as error:
        pytest.skip(f"NOT TESTED with control groups: {error}")


def ended_by(bounds: Bounds, megabytes: int) -> bool:
    """Return whether `bounds` end a process that takes `megabytes`; check that the guard reports it."""
    process = subprocess.Popen([sys.executable, "-c", f"input()\n{FILL.format(mb=megabytes)}"], stdin=subprocess.PIPE)
    guard = bounds.guard(process.pid)
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.close()
    try:
        ended = process.wait(3) == -signal.SIGKILL
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        ended = False
    assert guard.is_over_limit() is ended
    guard.release()
    return ended


@pytest.mark.slow
def test_a_missing_layer_is_an_error_only_where_it_is_required() -> None:
    """Run in a user namespace that forbids further ones, so that sessions get no namespaces."""
    code = (
        "from tabletutor.config.sandbox import SandboxConfig\nfrom tabletutor.sandbox.host.pool import Sandbox\n"
        "with Sandbox(None, SandboxConfig(required_layers={required!r})) as box:\n"
        "    print('pid-namespace' in box.layers)"
    )
    shell = ["unshare", "-Ur", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"]

    def run(required: object) -> subprocess.CompletedProcess[str]:
        command = [*shell, sys.executable, "-B", "-c", code.format(required=required)]
        return subprocess.run(command, capture_output=True, text=True)

    assert run(("seccomp", "landlock")).stdout == "False\n"
    for required in (None, ("seccomp", "pid-namespace")):
        failed = run(required)
        assert failed.stdout == ""
        assert "layers that sandbox.required_layers asks for do not stand here:" in failed.stderr
        assert "  pid-namespace: it is the host's" in failed.stderr
        assert "The kernel refused: " in failed.stderr


@pytest.mark.slow
def test_a_control_group_ends_what_takes_too_much_and_is_used_again() -> None:
    groups()
    before = set(groups())
    bounds = GroupBounds(cgroup.parent_folders(), 128)
    for megabytes, over in ((400, True), (20, False), (400, True)):
        assert ended_by(bounds, megabytes) is over
        assert len(set(groups()) - before) in (1, 2)  # one for version 2, two for version 1
    bounds.close()
    assert set(groups()) == before


def test_groups_of_a_host_that_was_killed_are_swept() -> None:
    groups()
    code = (
        "from tabletutor.sandbox.host import cgroup\ngroup = cgroup.Group(cgroup.parent_folders(), 1 << 30)\n"
        "print('made', flush=True)\ninput()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == b"made\n"
        host.kill()
    assert groups(host.pid) == []  # `parent_folders` removes groups of dead processes


@pytest.mark.slow
def test_the_watcher_ends_what_takes_too_much() -> None:
    bounds = WatcherBounds(128)
    assert ended_by(bounds, 400)
    assert not ended_by(bounds, 20)
    bounds.close()
    with pytest.raises(PermissionError, match="cannot be read"):
        bounds.guard(2**22 + 1)
    assert usage(os.getpid()).held_mb > 10


def test_threads_that_come_and_go_are_no_reason_to_end_a_session() -> None:
    code = (
        "import threading\nprint('here', flush=True)\n"
        "while True:\n    threads = [threading.Thread(target=int) for _ in range(20)]\n"
        "    for thread in threads: thread.start()\n    for thread in threads: thread.join()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"here\n"
            assert {usage(process.pid).processes for _ in range(500)} == {1}
        finally:
            process.kill()


def test_memory_counts_between_cells_too(parquet: Path) -> None:
    config = SandboxConfig(soft_seconds=20, hard_seconds=30, memory_mb=256)
    cell = (
        "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        time.sleep(1); x = b'x' * (150 << 20)\n"
        "        time.sleep(60); os._exit(0)"
    )
    with Sandbox(parquet, config) as warm, warm.session("q7") as session:
        assert session.run(cell).error is None
        wait_until(lambda: session.run("1").ended == "memory", "a session ended between cells", every=0.1)
        assert session.ended == "memory"
        incident = warm.incidents[-1]
        assert (incident.table, incident.question, incident.cause) == (parquet.parent.name, "q7", "memory")


def test_incidents_are_logged_and_counted(parquet: Path) -> None:
    config = SandboxConfig(soft_seconds=0.3, hard_seconds=1)
    lie = "class TimeLimit(Exception): pass\nraise TimeLimit('the cell ran longer than 0.3 s and was interrupted')"
    cells = (lie, "while True: pass", "import os; os._exit(3)")
    digests = [hashlib.sha256(code.encode()).hexdigest()[:16] for code in cells]
    lines: list[str] = []
    sink = logger.add(lambda line: lines.append(str(line)), level="WARNING", format="{message}")
    turns: list[Turn] = []
    try:
        with Sandbox(parquet, config) as warm, warm.session("q1") as session:
            for number, code in enumerate(cells):
                result = session.run(code)
                turns.append(result.to_turn(number, "", code))
    finally:
        logger.remove(sink)
    assert [incident.cause for incident in warm.incidents] == ["interrupted", "crash"]
    assert lines == [
        f"sandbox incident: table={parquet.parent.name} question=q1 cell={digests[1]} cause=interrupted: "
        "ran longer than 0.3 s\n",
        f"sandbox incident: table={parquet.parent.name} question=q1 cell={digests[2]} cause=crash: "
        "Crash: the session died by exit status 3\n",
    ]
    trace = Trace(trace_id="t", role="student", teacher="x", turns=tuple(turns), ended="crash")
    assert incident_causes(trace) == ["interrupted", "crash"]
    assert [turn.interrupted for turn in turns] == [UNSET, True, UNSET]


def test_slots_are_taken_together_and_freed_by_death() -> None:
    name = f"test{os.getpid()}"
    first = slots.try_acquire(name, 2, 3)
    assert first is not None
    assert slots.try_acquire(name, 2, 3) is None  # and does not keep the one free slot
    code = (
        f"from tabletutor.sandbox.host import slots\nslot = slots.acquire({name!r}, 3)\n"
        "print('taken', flush=True)\ninput()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"taken\n"
        assert slots.try_acquire(name, 1, 3) is None
        waiting: list[slots.Slot] = []
        thread = threading.Thread(target=lambda: waiting.append(slots.acquire(name, 3)))
        thread.start()
        other.kill()
    thread.join(10)
    assert len(waiting) == 1
    for slot in (*first, *waiting, *waiting):
        slot.release()
    again = slots.try_acquire(name, 3, 3)
    assert again is not None
    for slot in again:
        slot.release()


def test_a_label_differs_from_that_of_another_process_with_the_same_id() -> None:
    host, boot, number, start = process_label().split("/")
    assert is_alive(process_label())
    assert not is_alive(f"{host}/{boot}/{number}/{int(start) + 1}")
    assert not is_alive(f"{host}/other/{number}/{start}")
    assert is_alive(f"elsewhere/{boot}/{number}/1")  # unknown, as it is another machine
    with subprocess.Popen(["sleep", "60"]) as child:
        label = process_label(child.pid)
        assert is_alive(label)
        child.kill()
    assert not is_alive(label)


@pytest.mark.slow
def test_a_job_has_one_warm_parent_a_table_and_keeps_few(parquet: Path, tmp_path: Path) -> None:
    config = SandboxConfig()
    tables = {f"t{number}": tmp_path / f"t{number}.parquet" for number in range(MAX_IDLE + 2)}
    for path in tables.values():
        path.symlink_to(parquet)
    with Sandboxes(config) as sandboxes:
        with sandboxes.use({"a": tables["t0"]}) as first, sandboxes.use({"b": tables["t0"]}) as second:
            assert first["a"] is second["b"]
        with sandboxes.use({"a": tables["t0"]}) as third:
            assert third["a"] is first["a"]
        for name, path in tables.items():
            with sandboxes.use({name: path}) as boxes, boxes[name].session() as session:
                assert session.run("len(df)").stdout == "4\n"
        with pytest.raises(SandboxError, match="not open"):
            first["a"].session()  # the least recently used one made room
        with sandboxes.use({"a": tables["t0"]}) as fourth, fourth["a"].session() as session:
            assert session.run("len(df)").stdout == "4\n"


@pytest.mark.slow
def test_hundreds_of_sessions_leave_nothing(parquet: Path) -> None:
    """`tests/benchmarks/sandbox_leaks.py` opens ten thousand, and checks memory and mounts too."""

    def held() -> tuple[int, int, int]:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        return len(list(Path("/proc/self/fd").iterdir())), len(children), threading.active_count()

    def settle(expected: tuple[int, int, int], groups: int = 0) -> None:
        """Wait for the session in preparation. Each of up to `groups` further control groups keeps a descriptor."""
        wanted = [(expected[0] + more, *expected[1:]) for more in range(groups + 1)]
        wait_until(lambda: held() in wanted, lambda: f"{held()} is not {expected}")

    looks: deque[tuple[int, int, int]] = deque(maxlen=10)

    def is_steady() -> bool:
        looks.append(held())
        return looks.count(looks[0]) == looks.maxlen

    others, before = groups(), held()
    with Sandbox(parquet, SandboxConfig(soft_seconds=20, hard_seconds=30)) as warm:
        warm.session().close()
        wait_until(is_steady, "the session ahead is ready", every=0.05)
        first = held()
        for number in range(300):
            with warm.session() as session:
                session.run("import os; os._exit(1)" if number % 10 == 0 else "len(df)")
        settle(first, groups=2)
        forgotten = warm.session()
    assert forgotten.run("1").ended == "crash"
    settle(before)
    assert set(groups()) <= set(others)
