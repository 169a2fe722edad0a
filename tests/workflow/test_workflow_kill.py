"""The smoke run, killed repeatedly: the same command resumes it each time, and ends with the same bytes.

The test waits until the script of a rule that has not been killed yet is running. Then, after a random delay, it sends
SIGKILL to all descendant processes, including the sandbox's, in whatever session, group or namespace they are.
"""

import base64
import json
import os
import random
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tabletutor.records.journal import read_segment
from tabletutor.sandbox.layers.kernel import prctl
from tests.support.checkout import CONFIG, OPTIONS, Checkout, copy_checkout
from tests.support.polling import wait_until
from tests.support.warm_snakemake import Run, Warm

KILLS = 20  # at least
SEED = int(os.environ.get("TABLETUTOR_KILL_SEED", "1"))
RULES = (
    "table", "splits", "leaks", "questions", "episodes", "replays", "verdicts", "format", "audit", "model", "mask",
    "checkpoint", "worked_examples", "predictions", "lenient", "scores", "summary", "validation", "comparison", "arms",
    "report",
)  # fmt: skip
# When a rule's script is killed: at its start, in the first second of its work (its log file exists), or as soon as it
# has stored something for a later attempt. At the start, one script of each kind: plain, with a sandbox, with torch.
MOMENTS = {rule: ["work"] for rule in RULES}
MOMENTS["table"] = ["start", "work"]
MOMENTS["episodes"] = ["start", "work", "journal"]
MOMENTS["checkpoint"] = ["start", "work", "state"]
SCRIPT = re.compile(r"\.snakemake/scripts/\w+\.(\w+)\.py")
POLL_SECONDS = 0.03  # checking all processes takes some milliseconds of a core that the run needs
PR_SET_CHILD_SUBREAPER = 36

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def processes() -> dict[int, str]:
    """Return the command lines of all living descendants of this process, by process id."""
    children: dict[int, list[int]] = {}
    dead: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_bytes().rsplit(b")", 1)[1].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(parent), []).append(int(folder.name))
        if state in b"ZX":
            dead.add(int(folder.name))
    found: dict[int, str] = {}
    waiting = [os.getpid()]
    while waiting:
        for number in children.get(waiting.pop(), []):
            waiting.append(number)
            try:
                command = Path(f"/proc/{number}/cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if number not in dead:
                found[number] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def scripts(found: dict[int, str]) -> set[str]:
    """Return the rules whose scripts are running."""
    return {match[1] for command in found.values() if (match := SCRIPT.search(command))}


@pytest.fixture
def reaper(warm: Warm) -> Iterator[set[int]]:
    """Make orphaned processes children of this process, so that none escapes. Yields the processes that already exist,
    including `warm`.
    """
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    yield set(processes())
    prctl(PR_SET_CHILD_SUBREAPER, 0)


class Fuzz:
    """A checkout whose runs are killed."""

    def __init__(self, checkout: Checkout, warm: Warm, bystanders: set[int], draw: random.Random) -> None:
        self.checkout, self.warm, self.bystanders, self.draw = checkout, warm, bystanders, draw
        self.left = {rule: list(moments) for rule, moments in MOMENTS.items()}
        self.hits: Counter[str] = Counter()
        self.targets = ["all"]
        self.kills = 0
        self.killed: set[int] = set()
        self.journal: list[tuple[str, bytes]] = []
        self.outputs: list[str] = []

    def attempt(self, idle: float) -> bool:
        """Run the command and kill it, after `idle` seconds or in a rule's script. Return False if it finished."""
        run = self.warm.start([*self.targets, *OPTIONS], self.checkout.root, self.checkout.environment())
        if idle:
            time.sleep(idle)
        else:
            self._wait(run)
        ended = run.poll()
        if ended is None:
            self._kill(run)
        self.outputs.append(run.printed)
        assert ended in (None, 0), self.outputs[-1]
        return ended is None

    def _wait(self, run: Run) -> None:
        """Wait until the first running script that is still to be killed has reached its moment."""
        patience: dict[str, float] = {}
        began, saved = time.time(), self._saved_size()

        def is_time() -> bool:
            if run.poll() is not None:
                return True
            for rule in sorted(rule for rule in scripts(self._living()) if self.left[rule]):
                ready = patience.setdefault(rule, time.time() + self.draw.uniform(0.0, 1.0)) < time.time()
                if self._has_reached_moment(rule, self.left[rule][0], ready, began, saved):
                    del self.left[rule][0]
                    return True
            return False

        wait_until(is_time, lambda: f"a moment to kill the run: {run.printed}", seconds=1800, every=POLL_SECONDS)

    def _has_reached_moment(self, rule: str, moment: str, ready: bool, began: float, saved: int) -> bool:
        """Return whether a rule's script has reached its moment."""
        if moment == "sight":
            return True
        if moment in ("journal", "state"):
            return self._saved_size() > saved
        working = self._is_working(rule, began)
        if moment == "work" and working:
            time.sleep(self.draw.uniform(0.0, 0.1))
        return working or (moment == "start" and ready)

    def _is_working(self, rule: str, began: float) -> bool:
        """Return whether the rule has a log file of this run, which a working script has opened."""
        folder = {"summary": "metrics", "comparison": "metrics", "arms": "metrics"}.get(rule, rule)
        logs = self.checkout.root / "logs" / CONFIG["project"]
        name = re.compile(rf"({rule}|{folder}|{folder}s)(/|\.log$)")
        for path in logs.rglob("*.log"):
            if name.match(str(path.relative_to(logs))) and path.stat().st_mtime >= began:
                return True
        return False

    def _saved_size(self) -> int:
        """Return the number of bytes stored for a later attempt."""
        kept = self.checkout.root / ".tabletutor" / "cache"
        paths = [*kept.glob("episodes/**/*"), *kept.glob("training/*/resume.state")]
        return sum(path.stat().st_size for path in paths if path.is_file())

    def _living(self) -> dict[int, str]:
        return {number: command for number, command in processes().items() if number not in self.bystanders}

    def _kill(self, run: Run) -> None:
        """Send SIGKILL to all processes, in random order, until none is left."""
        self.kills += 1
        self.hits.update(scripts(self._living()))
        wait_until(
            lambda: not self._kill_living(run), lambda: f"an end of {self._living()}", seconds=30, every=POLL_SECONDS
        )
        run.wait()
        for number in self.killed:
            try:
                os.waitpid(number, os.WNOHANG)
            except ChildProcessError:
                continue
        self.journal = self.journal or self.journal_units()

    def _kill_living(self, run: Run) -> dict[int, str]:
        """Send SIGKILL to all living processes of the run, and return them."""
        living = self._living()
        for number in self.draw.sample(sorted(living), len(living)):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.killed.update(living)
        run.poll()
        return living

    def kill_fast_rules(self) -> bool:
        """Delete outputs of rules whose scripts were too fast to be killed, request them, and kill at first sight.

        The outputs are requested by name, because Snakemake does not rebuild missing inputs of existing files. If there
        were too few kills, use any rule. Return whether there are such rules.
        """
        missed = set(RULES) - set(self.hits)
        if not missed and self.kills < KILLS:
            missed = {self.draw.choice(RULES)}
        self.left |= {rule: ["sight"] for rule in missed}
        for name, (rule, *_) in metadata(self.checkout).items():
            if rule in missed:
                (self.checkout.root / name).unlink(missing_ok=True)
                self.targets.append(name)
        return bool(missed)

    def journal_units(self) -> list[tuple[str, bytes]]:
        """Return the units in the journals of episodes."""
        paths = sorted((self.checkout.root / ".tabletutor" / "cache" / "episodes").rglob("*.journal"))
        return [unit for path in paths for unit in read_segment(path).units.items()]


def metadata(checkout: Checkout) -> dict[str, Any]:
    """Return Snakemake's metadata of each artefact, without times."""
    result: dict[str, Any] = {}
    folder = checkout.root / ".snakemake" / "metadata"
    for path in folder.rglob("*"):
        if path.is_file():
            coded = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
            record = json.loads(path.read_text(encoding="utf-8"))
            name = base64.urlsafe_b64decode(coded).decode()
            result[name] = [record[key] for key in ("rule", "input", "params", "input_checksums", "incomplete")]
    return result


def groups_of(numbers: set[int]) -> list[Path]:
    """Return the sandbox's control groups that belonged to these processes."""
    groups = Path("/sys/fs/cgroup").glob("**/tabletutor.*")
    return [path for path in groups if int(path.name.split("+")[2]) in numbers]


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    built: Checkout, tmp_path: Path, warm: Warm, reaper: set[int]
) -> None:
    fuzz = Fuzz(copy_checkout(tmp_path / "checkout"), warm, reaper, random.Random(SEED))
    goes_on = True
    while goes_on:
        assert len(fuzz.outputs) < 60, f"never killed: {set(RULES) - set(fuzz.hits)}"
        # Every third time while Snakemake reads the rules, restores old files, plans, or soon after.
        idle = fuzz.draw.uniform(0.1, 2.0) if fuzz.kills % 3 == 0 else 0.0
        goes_on = fuzz.attempt(idle) or fuzz.kill_fast_rules()
    summary = f"TABLETUTOR_KILL_SEED={SEED}: {fuzz.kills} kills, {dict(fuzz.hits)}"
    print(summary)
    assert fuzz.kills >= KILLS, summary
    assert set(fuzz.hits) == set(RULES), summary
    assert not [text for text in fuzz.outputs if "cannot be locked" in text or "Traceback" in text]

    assert fuzz.checkout.digests() == built.digests(), summary
    assert metadata(fuzz.checkout) == metadata(built), summary
    assert "Nothing to be done" in fuzz.checkout.run().stdout

    # Work finished before a kill was not repeated.
    assert any("resumed after step" in text for text in fuzz.outputs), summary
    units = fuzz.journal_units()
    assert fuzz.journal, summary
    assert set(fuzz.journal) <= set(units), summary
    assert len(dict(units)) == len(units), summary

    # Nothing is left over.
    assert set(processes()) <= reaper
    assert groups_of(fuzz.killed) == []
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
    shutil.rmtree(tmp_path / "checkout")
