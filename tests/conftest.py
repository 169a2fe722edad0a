"""What tests of all packages share: their order, and commands run as an ordinary user."""

import os
import shutil
import sys
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole builds first: begun last, the longest of them would run alone."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


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
