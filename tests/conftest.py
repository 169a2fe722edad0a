"""Shared test set-up: test order, folders built once for all workers, and commands run as another user."""

import fcntl
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from loguru import logger

settings.register_profile("quick", max_examples=20)  # for `make test-fast`

# Set before torch is imported: its threads wait by spinning, which with tiny models in two workers on two cores takes
# ten times the CPU time of the work. For jobs, Snakemake sets this to their `threads`.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")  # as for every job
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # as for every job


@pytest.fixture(autouse=True)
def _log() -> None:
    """Show the library's log in each test: the API disables it on import, and so do some tests."""
    logger.enable("tabletutor")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run whole builds first, because the longest one would run alone if started last.

    One file makes the build that others share (`built` of `tests/workflow`). Meanwhile the other worker runs builds
    that do not need it, instead of waiting.
    """
    slow = [item for item in items if item.get_closest_marker("slow")]
    sharing = [item.path for item in slow if {"built", "once"} <= set(getattr(item, "fixturenames", ()))]
    sharing = [path for path in sharing if path.parent.name == "workflow"]

    def place(item: pytest.Item) -> int:
        if item not in slow:
            return 3
        return 1 if item.path not in sharing else 0 if item.path == sharing[0] else 2

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Exclude imported objects from garbage collection, because libraries trigger full collections often."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Unfreeze, so that modules are finalised as usual; some report leaks then."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder for temporary files of tests and their processes; removed at the end, even if they were killed.

    It is outside pytest's own folder, which other users cannot enter and whose paths are too long for sockets.
    """
    tmp_path_factory.getbasetemp()
    folder = Path(tempfile.mkdtemp(prefix="tabletutor-tests-"))
    folder.chmod(0o1777)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    yield folder
    tempfile.tempdir = before
    os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """`once(name, make)` returns a folder filled by `make(folder)` once for all workers; the others wait.

    Tests must not change the folder.
    """
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent

    def folder_once(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = common / name, common / f"{name}.done"
        with (common / f"{name}.lock").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return folder_once


@pytest.fixture
def ordinary_user(tmp_path: Path) -> list[str]:
    """The start of a command line that, run as root, runs a command as user 12345.

    The command runs in a mount namespace in which that user can read the interpreter and `tmp_path`.
    """
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        pytest.skip("NOT TESTED as an ordinary user: `unshare` and `setpriv` (util-linux) are needed")
    base = Path(sys.base_prefix).resolve()
    # Cover the topmost folder above the interpreter that other users cannot enter with one that they can.
    closed = next((path for path in reversed(base.parents) if path.stat().st_mode & 0o005 != 0o005), None)
    cover = f"mount --bind {base} {tmp_path}/py && mount -t tmpfs -o mode=755 tmpfs {closed} && mkdir -p {base} && " \
            f"mount --move {tmp_path}/py {base} && " if closed else ""  # fmt: skip
    (tmp_path / "py").mkdir()
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o011)
    become = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"]
    return ["unshare", "-m", "sh", "-c", f'{cover}exec "$@"', "sh", *become]
