"""The container backend on a real engine: the same sessions, in one container per table."""

# ruff: noqa: E501  a cell stays on one line where it can be read so

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.records.record import encode
from tabletutor.sandbox.host import image
from tabletutor.sandbox.host.pool import Sandbox, SandboxError, Session
from tabletutor.sandbox.host.process_label import is_alive, process_label
from tabletutor.sandbox.host.required_layers import required_layers
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tests.support.polling import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def config(engine: str) -> SandboxConfig:
    return SandboxConfig(
        backend="docker", soft_seconds=1.5, hard_seconds=4, memory_mb=256, output_bytes=2000, max_containers=3
    )


@pytest.fixture(scope="module")
def client(engine: str) -> Iterator[Any]:
    """A client of the engine. At the end, none of our containers is left."""
    connected = image.connect()
    image.sweep(connected)
    yield connected
    image.sweep(connected, also=process_label())
    # The engine may still be removing one.
    wait_until(lambda: not ours(connected), lambda: f"nothing is left of {ours(connected)}", every=0.1)


@pytest.fixture(scope="module")
def contained(parquet: Path, config: SandboxConfig, client: Any) -> Iterator[Sandbox]:
    with Sandbox(parquet, config) as warm:
        yield warm


@pytest.fixture
def session(contained: Sandbox) -> Iterator[Session]:
    with contained.session() as opened:
        yield opened


def ours(client: Any) -> list[str]:
    """Return the labels of this project's containers, running or not."""
    return [found["Labels"][image.LABEL] for found in client.api.containers(all=True, filters={"label": image.LABEL})]


def test_every_layer_a_container_can_have_stands(contained: Sandbox, config: SandboxConfig) -> None:
    assert contained.layers == required_layers(config)


def test_the_container_is_hardened(contained: Sandbox, client: Any) -> None:
    found = next(c for c in client.api.containers(filters={"label": f"{image.LABEL}={process_label()}"}))
    settings = client.api.inspect_container(found["Id"])
    host = settings["HostConfig"]
    assert (host["NetworkMode"], host["ReadonlyRootfs"], host["CapDrop"], host["AutoRemove"]) == (
        "none",
        True,
        ["ALL"],
        True,
    )
    assert host["Memory"] == host["MemorySwap"] == 8192 << 20
    assert (host["PidsLimit"], host["NanoCpus"], host["Privileged"]) == (4096, 2_000_000_000, False)
    assert not host["Binds"]
    assert "noexec" in host["Tmpfs"]["/tmp"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    profile = json.loads(
        next(text for text in host["SecurityOpt"] if text.startswith("seccomp=")).removeprefix("seccomp=")
    )
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert not {"unshare", "mount", "ptrace", "socket", "bpf", "keyctl"} & set(profile["syscalls"][0]["names"])
    assert settings["Config"]["User"] == "64123:64123"


def test_both_backends_give_the_same_bytes(contained: Sandbox, parquet: Path) -> None:
    cells = [
        "df",
        "hook('f', df); object(), list({'b', 'a', 'c'}), np.random.rand()",
        "df.groupby('city')['whole'].mean().round(2)",
        "import scipy.stats, statsmodels.api, sklearn.linear_model; float(scipy.stats.norm.cdf(1))",
        "import matplotlib; matplotlib.use('Agg'); import io, matplotlib.pyplot as plt; plt.plot([1, 2]); b = io.BytesIO(); plt.savefig(b); b.getvalue()[:4]",
        "from concurrent.futures import ThreadPoolExecutor; list(ThreadPoolExecutor(2).map(len, ['a', 'bc']))",
        "df['nope']",
        "submit({'n': len(df), 'mean': df['share'].mean()})",
    ]
    roomy = SandboxConfig(output_bytes=2000, memory_mb=1024, soft_seconds=30, hard_seconds=40)
    results: list[list[bytes]] = []
    for warm in (Sandbox(parquet, roomy), Sandbox(parquet, roomy.model_copy(update={"backend": "docker"}))):
        with warm, warm.session() as session:
            results.append([encode(session.run(code)) for code in cells])
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("import os; os.getuid(), os.path.exists('/root/.ssh'), sorted(os.listdir('/proc/self/fd'))[:0]", "(64123, False, [])\n"),
        ("def opens(p, mode='r'):\n    try: open(p, mode).close(); return True\n    except OSError: return False\n"
         "[p for p in ('/proc/1/environ', '/proc/1/mem', '/proc/sys/kernel/core_pattern', '/etc/shadow', '/sys/kernel', '/x', pd.__file__) if opens(p, 'a') or (p[:5] == '/proc' and opens(p))]", "[]\n"),
        ("def runs(f):\n    try: f(); return True\n    except OSError: return False\n"
         "import os, signal, socket, subprocess\n"
         "[runs(f) for f in (os.fork, lambda: subprocess.run(['true']), lambda: os.kill(1, 9), lambda: os.kill(os.getppid(), 9), lambda: os.kill(-1, 9),"
         " lambda: socket.socket(), lambda: os.memfd_create('x'), lambda: os.sched_setaffinity(1, {0}))]", "[False, False, False, False, False, False, False, False]\n"),
    ],
)  # fmt: skip
def test_a_session_reaches_nothing_of_the_container(session: Session, code: str, printed: str) -> None:
    result = session.run(code)
    assert (result.stdout, result.error) == (printed, None)


@pytest.mark.parametrize(
    ("code", "ended", "words"),
    [
        ("while True: pass", "open", "TimeLimit"),
        ("import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass", "time", "4 s"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "time", "4 s"),
        ("x = [bytearray(64 << 20) for _ in range(40)]", "open", "MemoryError"),
        ("import ctypes; ctypes.string_at(0)", "crash", "SIGSEGV"),
        ("import os; os._exit(7)", "crash", "Crash"),
        ("import os\nwhile True: os.write(1000, b'x' * 65536)", "crash", "Crash"),
        ("import os\nos.write(1000, b'\\x7f\\xff\\xff\\xff')", "crash", "Crash"),
    ],
)
def test_what_breaks_a_session_ends_it_alone(contained: Sandbox, code: str, ended: str, words: str) -> None:
    with contained.session() as sibling, contained.session("q1") as session:
        sibling.run("x = 5")
        result = session.run(code)
        assert (result.ended, words in (result.error or "")) == (ended, True), result
        assert sibling.run("x").stdout == "5\n"
        assert contained.incidents[-1].question == "q1" or ended == "open"


def test_a_container_that_dies_is_replaced(parquet: Path, config: SandboxConfig, client: Any) -> None:
    def running() -> set[str]:
        return {found["Id"] for found in client.api.containers(filters={"label": image.LABEL})}

    others = running()
    with Sandbox(parquet, config) as warm:
        session = warm.session()
        for container in running() - others:
            client.api.kill(container)
        assert session.run("1").ended == "crash"
        with warm.session() as other:
            assert other.run("len(df)").stdout == "4\n"


KILLED = """
import sys
from pathlib import Path
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox
with Sandbox(Path(sys.argv[1]), SandboxConfig(backend="docker")) as warm, warm.session() as session:
    print(session.run("len(df)").stdout, end="", flush=True)
    input()
"""


def test_nothing_is_left_when_the_host_is_killed(parquet: Path, client: Any, contained: Sandbox) -> None:
    command = [sys.executable, "-c", KILLED, str(parquet)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        assert host.stdout.readline() == b"4\n"
        mine, labels = process_label(), ours(client)
        assert mine in labels
        dead = next(label for label in labels if label != mine)
        host.send_signal(signal.SIGKILL)
    assert not is_alive(dead)
    image.sweep(client)  # as the next start does; the container also ends by itself, a little later
    wait_until(lambda: dead not in ours(client), f"nothing is left of {dead}", every=0.1)
    assert mine in ours(client)


def test_an_image_of_a_dead_run_goes_and_one_that_lives_stays(client: Any, contained: Sandbox, tmp_path: Path) -> None:
    host, boot, number, _ = process_label().split("/")
    (tmp_path / "file").write_text("x")
    archive = tmp_path / "root.tar"
    subprocess.run(["tar", "-cf", archive, "-C", tmp_path, "file"], check=True)
    labels = {"dead": f"{host}/{boot}/{number}/1", "alive": process_label(), "elsewhere": f"{host}x/{boot}/{number}/1"}
    for tag, label in labels.items():
        client.api.import_image(
            str(archive), repository="tabletutor-test", tag=tag, changes=[f'LABEL "{image.LABEL}"="{label}"']
        )
    gone = image.sweep(client)
    assert gone == ["tabletutor-test:dead"]
    image.sweep(client, also=labels["elsewhere"])
    client.api.remove_image("tabletutor-test:alive", force=True)


def test_no_more_containers_than_allowed(parquet: Path, config: SandboxConfig, contained: Sandbox, client: Any) -> None:
    others = [parquet.with_name(f"{name}.parquet") for name in "abc"]
    for other in others:
        if not other.exists():
            other.symlink_to(parquet)
    with Sandboxes(config) as sandboxes:
        for other in others:  # one after the other: two slots are left, and idle sandboxes are closed
            with sandboxes.use({"t": other}) as boxes, boxes["t"].session() as session:
                assert session.run("len(df)").stdout == "4\n"
                assert len(ours(client)) <= 3
        with (
            pytest.raises(SandboxError, match="max_containers"),
            sandboxes.use({str(n): p for n, p in enumerate([*others, parquet])}),
        ):
            pass


def test_an_image_that_is_not_there_is_named(parquet: Path, config: SandboxConfig) -> None:
    with (
        pytest.raises(ValueError, match="no image 'nobody/none:1'"),
        Sandbox(parquet, config.model_copy(update={"image": "nobody/none:1"})),
    ):
        pass


def test_no_engine_is_an_error_that_says_what_to_do(parquet: Path) -> None:
    code = "from tabletutor.sandbox.host import image; image.connect()"
    env = {**os.environ, "DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert "no engine answers" in run.stderr
    assert "set sandbox.backend to process" in run.stderr.replace("\n", " ")
