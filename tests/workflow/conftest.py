"""The smoke project, built once for all tests of the workflow."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import Checkout, copy_checkout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the smoke project has been built once. Tests leave it as it is."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # common to all workers: one builds, the others wait
    with (folder / "built.lock").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        place, done = folder / "built" / "checkout", folder / "built" / "done"
        if not done.exists():
            shutil.rmtree(place.parent, ignore_errors=True)
            place.parent.mkdir()
            copy_checkout(place).run(PYTHONHASHSEED="1")
            done.touch()
    return Checkout(place)


@pytest.fixture
def clone(built: Checkout, tmp_path: Path) -> Iterator[Checkout]:
    """A clone of the built checkout at another path, results included, to change at will."""
    target = tmp_path / "another" / "place"
    target.parent.mkdir()
    yield copy_checkout(target, built.root, made=True)
    shutil.rmtree(target)
