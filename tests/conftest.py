"""What tests of all packages share: their order, what is made once for all workers, commands run as another user."""

import fcntl
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Before torch is imported: its threads wait for each other by spinning, which for tiny models in two workers on two
# cores takes ten times the processor time of the work. Jobs have this from Snakemake, which sets it to their `threads`.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")  # as for every job
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # as for every job


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole builds first: begun last, the longest of them would run alone. One file makes the build that others share
    (`built` of `tests/workflow`) while another worker does what needs none; the others would wait for it.
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
    """What was imported stays: the garbage collector need not look through it again, which libraries ask for often."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Modules are taken down as ever; some say what is left of theirs."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the tests and all processes that they start have their temporary files; gone after them, killed or not.

    Not in pytest's own folder, which no other user can enter, and whose paths are long for sockets.
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
    """`once(name, make)`: a folder made by `make(folder)` once for all workers; one makes it, the others wait. Tests
    leave it as it is.
    """
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = common / name, common / f"{name}.done"
        with (common / f"{name}.lock").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return made


@pytest.fixture
def ordinary_user(tmp_path: Path) -> list[str]:
    """As root, the beginning of a command that runs as user 12345, in a mount namespace where that user can read the
    interpreter and `tmp_path`.
    """
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        pytest.skip("NOT TESTED as an ordinary user: `unshare` and `setpriv` (util-linux) are needed")
    base = Path(sys.base_prefix).resolve()
    # The topmost folder on the interpreter's way that others may not pass is covered by one that they may.
    closed = next((path for path in reversed(base.parents) if path.stat().st_mode & 0o005 != 0o005), None)
    cover = f"mount --bind {base} {tmp_path}/py && mount -t tmpfs -o mode=755 tmpfs {closed} && mkdir -p {base} && " \
            f"mount --move {tmp_path}/py {base} && " if closed else ""  # fmt: skip
    (tmp_path / "py").mkdir()
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o011)
    become = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"]
    return ["unshare", "-m", "sh", "-c", f'{cover}exec "$@"', "sh", *become]
