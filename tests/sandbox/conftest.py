"""Fixtures: a small table, a warm parent shared by tests that do not break it, and a container engine."""

import contextlib
import datetime
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host import image
from tabletutor.sandbox.host.pool import Sandbox, Session
from tests.support.polling import wait_until


@pytest.fixture(scope="session")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sandbox") / "table.parquet"
    table = pa.table(
        {
            "city": pa.array(["Oslo", "Köln", None, "Oslo"]),
            "count": pa.array([3, None, 5, 7], pa.int64()),
            "whole": pa.array([1, 2, 3, 4], pa.int64()),
            "open": pa.array([True, None, False, True]),
            "flag": pa.array([True, True, False, True]),
            "day": pa.array([datetime.date(2020, 1, 31), None, datetime.date(2021, 2, 1), datetime.date(2022, 3, 1)]),
            "share": pa.array([0.1, 0.25, None, 1 / 3]),
        }
    )
    pq.write_table(table, path)
    return path


@pytest.fixture(scope="session")
def config() -> SandboxConfig:
    """Long time-outs, so that a loaded machine does not change the results."""
    return SandboxConfig(soft_seconds=20, hard_seconds=30, memory_mb=256, output_bytes=2000)


@pytest.fixture(scope="session")
def sandbox(parquet: Path, config: SandboxConfig) -> Iterator[Sandbox]:
    with Sandbox(parquet, config) as warm:
        yield warm


@pytest.fixture(scope="session")
def hasty(parquet: Path, config: SandboxConfig) -> Iterator[Sandbox]:
    """A sandbox with short time-outs, for cells that never end by themselves."""
    with Sandbox(parquet, config.model_copy(update={"soft_seconds": 0.5, "hard_seconds": 1.5})) as warm:
        yield warm


@pytest.fixture
def hasty_session(hasty: Sandbox) -> Iterator[Session]:
    with hasty.session() as opened:
        yield opened


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    with sandbox.session() as opened:
        yield opened


def _start_engine(folder: Path) -> subprocess.Popen[bytes]:
    """Start a private Docker engine without network and registry, with all its files in `folder`."""
    return subprocess.Popen(
        [
            "dockerd", "--data-root", folder / "data", "--exec-root", folder / "exec", "-p", folder / "pid",
            "-H", f"unix://{folder}/docker.sock", "--exec-opt", "native.cgroupdriver=cgroupfs", "--bridge=none",
            "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--userland-proxy=false",
            "--log-driver", "none",
        ],
        stdout=(folder / "log").open("wb"), stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def _answers() -> bool:
    """Return whether an engine answers."""
    with contextlib.suppress(ConnectionError):
        image.connect()
        return True
    return False


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    """`DOCKER_HOST` of a running engine: an existing one, or one started for the tests."""
    before = os.environ.get("DOCKER_HOST")
    if _answers():
        yield before or ""
        return
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("NOT TESTED in containers: no engine answers, and none can be started (needs root and dockerd)")
    with tempfile.TemporaryDirectory(prefix="tabletutor-engine-", dir="/var/tmp") as name:
        folder = Path(name)
        daemon = _start_engine(folder)
        os.environ["DOCKER_HOST"] = f"unix://{folder}/docker.sock"
        try:
            with contextlib.suppress(TimeoutError):
                wait_until(lambda: _answers() or daemon.poll() is not None, "an answer of dockerd", every=0.1)
            if not _answers():
                daemon.kill()
                tail = (folder / "log").read_text(errors="replace")[-1500:]
                pytest.skip(f"NOT TESTED in containers: dockerd does not start here:\n{tail}")
            yield os.environ["DOCKER_HOST"]
        finally:
            daemon.terminate()
            daemon.wait(30)
            for path in sorted(folder.rglob("*"), reverse=True):
                if path.is_mount():
                    subprocess.run(["umount", "-l", path])
            os.environ.pop("DOCKER_HOST")
            if before is not None:
                os.environ["DOCKER_HOST"] = before
