"""Full disks and read-only folders: the run names the file and says what to do, and finished work stays.

The results are in a small tmpfs in a mount namespace of the run. This needs root, whom permission bits would not stop.
"""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.checkout import COMMAND, RESULTS, Checkout, copy_checkout

PAGE = 4096
# Jobs to run on a full disk: (target, what is missing), a file and a folder. `report` follows below.
CASES = {
    "table": ("tables/mpg/table.parquet", ["tables/mpg"]),
    "model": ("masks/tuned.json", ["models", "masks"]),  # with a downstream job
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED, full and read-only disks: mounting one needs root"),
]


@dataclass(frozen=True)
class Place:
    """A folder on its own file system, accessed through the process that holds its mount namespace."""

    holder: int
    folder: Path

    def inside(self, *command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["nsenter", f"--mount=/proc/{self.holder}/ns/mnt", *command],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options,
        )  # fmt: skip

    def mount(self, *options: str | Path) -> None:
        done = self.inside("mount", *options)
        assert done.returncode == 0, done.stdout

    def resize(self, size: int) -> None:
        self.mount("-o", f"remount,size={size}", self.folder)

    def fill(self, spare: int) -> None:
        """Fill the file system, leaving this many bytes free."""
        state = os.statvfs(self.seen)
        self.resize((state.f_blocks - state.f_bfree) * state.f_frsize + spare)

    @property
    def seen(self) -> Path:
        return Path(f"/proc/{self.holder}/root{self.folder}")

    def digests(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.seen)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.seen.rglob("*"))
            if path.is_file() and not path.name.endswith("timing.json")
        }


@pytest.fixture
def holder() -> Iterator[int]:
    """A process in its own mount namespace; the mounts disappear with it."""
    with subprocess.Popen(["unshare", "--mount", "sh", "-c", "echo ready; exec sleep infinity"],
                          stdout=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def run(checkout: Checkout, place: Place, *targets: str) -> subprocess.CompletedProcess[str]:
    """Run a command inside the mount namespace."""
    environment = {**os.environ, **checkout.environment()}
    return place.inside("env", "--chdir", checkout.root, *COMMAND, *targets, env=environment)


@pytest.fixture
def small(built: Checkout, tmp_path: Path, holder: int) -> Iterator[tuple[Checkout, Place]]:
    """The built smoke project with its results on a separate file system."""
    checkout = copy_checkout(tmp_path / "checkout", built.root, made=True)
    place = Place(holder, checkout.root / RESULTS)
    place.mount("-t", "tmpfs", "-o", "size=100m", "tmpfs", place.folder)
    shutil.copytree(built.root / RESULTS, place.seen, dirs_exist_ok=True)
    yield checkout, place
    shutil.rmtree(checkout.root)


def has_advice(printed: str, rule: str, folder: str) -> bool:
    """Return whether the message names the file and says what to do."""
    pattern = rf"^{rule}.*: {RESULTS}/{folder}/.+: No space left on device; make room, and run the same command again"
    return re.search(pattern, printed, re.MULTILINE) is not None


@pytest.mark.parametrize("rule", CASES)
def test_a_full_disk(rule: str, small: tuple[Checkout, Place]) -> None:
    checkout, place = small
    before = place.digests()
    target, missing = CASES[rule]
    for name in missing:
        shutil.rmtree(place.seen / name)
    place.fill(PAGE)
    left = place.digests()
    failed = run(checkout, place, f"{RESULTS}/{target}")
    assert failed.returncode == 1, failed.stdout
    assert has_advice(failed.stdout, rule, missing[0]), failed.stdout
    assert place.digests() == left  # and nothing partially written remains
    place.resize(100 << 20)
    again = run(checkout, place, f"{RESULTS}/{target}")
    assert again.returncode == 0, again.stdout
    assert place.digests() == before


def test_a_folder_that_is_read_only(small: tuple[Checkout, Place]) -> None:
    """It is an error, before the first job, only if something has to be written."""
    checkout, place = small
    before = place.digests()
    (place.seen / "report/index.html").unlink()
    place.mount("-o", "remount,ro", place.folder)
    failed = run(checkout, place)
    assert failed.returncode == 1, failed.stdout
    assert re.search(rf"^{RESULTS}: Read-only file system; make the folder writable", failed.stdout, re.MULTILINE)
    assert "Traceback" not in failed.stdout
    assert set(before.items()) - set(place.digests().items()) == {("report/index.html", before["report/index.html"])}
    place.mount("-o", "remount,rw", place.folder)
    again = run(checkout, place)
    assert again.returncode == 0, again.stdout
    assert place.digests() == before
    place.mount("-o", "remount,ro", place.folder)
    nothing = run(checkout, place)
    assert nothing.returncode == 0, nothing.stdout
    assert "Nothing to be done" in nothing.stdout


def test_what_was_to_be_made_again_is_there_again(small: tuple[Checkout, Place]) -> None:
    """On a full disk, the old file is removed, the new one cannot be written, and the old one is restored."""
    checkout, place = small
    before = place.digests()
    place.fill(PAGE)
    failed = run(checkout, place, "--forcerun", "report")
    assert failed.returncode == 1, failed.stdout
    assert has_advice(failed.stdout, "report", "report"), failed.stdout
    assert f"restored the old file, to be rebuilt: {RESULTS}/report/index.html" in failed.stdout
    assert place.digests() == before
    place.resize(100 << 20)
    again = run(checkout, place)
    assert again.returncode == 0, again.stdout
    assert re.search(r"^(local)?rule report:", again.stdout, re.MULTILINE), again.stdout
    assert place.digests() == before
