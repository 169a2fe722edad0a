"""A small real table, and one warm parent for all tests that do not break theirs."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tabletutor.config.schema import SandboxConfig
from tabletutor.sandbox.pool import Sandbox, Session


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
    """Roomy times, so that a loaded machine does not change what a test sees."""
    return SandboxConfig(soft_seconds=20, hard_seconds=30, memory_mb=256, output_bytes=2000)


@pytest.fixture(scope="session")
def sandbox(parquet: Path, config: SandboxConfig) -> Iterator[Sandbox]:
    with Sandbox(parquet, config) as warm:
        yield warm


@pytest.fixture(scope="session")
def hasty(parquet: Path, config: SandboxConfig) -> Iterator[Sandbox]:
    """Short times, for cells that never end by themselves."""
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
