"""Fixtures with the smoke project, built once for all workflow tests."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.checkout import Checkout, copy_checkout
from tests.support.warm_snakemake import Warm


@pytest.fixture(scope="session")
def built(once: Callable[[str, Callable[[Path], object]], Path]) -> Checkout:
    """A checkout in which the smoke project has been built. Tests must not change it."""
    folder = once("smoke", lambda folder: copy_checkout(folder / "checkout").run(PYTHONHASHSEED="1"))
    return Checkout(folder / "checkout")


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    """A process that has imported Snakemake and starts runs of it."""
    parent = Warm(tmp_path_factory.mktemp("warm"))
    yield parent
    parent.close()


@pytest.fixture
def clone(built: Checkout, tmp_path: Path) -> Iterator[Checkout]:
    """A clone of the built checkout at another path, including results. Tests may change it."""
    target = tmp_path / "another" / "place"
    target.parent.mkdir()
    yield copy_checkout(target, built.root, made=True)
    shutil.rmtree(target)
