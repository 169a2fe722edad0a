"""`tabletutor code`: what a rule's code consists of, why, and what has changed since a revision."""

import ast
import difflib
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from tabletutor.config.nearest import suggestion
from tabletutor.workflow.identity.code import LOCK, SCRIPTS, Closure, Entry, closure


def script_of(rule: str) -> str:
    """Return the name of a rule's script. Raises ValueError with the nearest name if there is no such rule."""
    known = sorted(path.stem for path in SCRIPTS.glob("*.py"))
    if rule not in known:
        raise ValueError(f"no rule {rule!r}; {suggestion(rule, known)}")
    return f"{rule}.py"


def summary(reached: Closure) -> Iterator[str]:
    """Yield lines with the number of parts by kind, and the digest."""
    kinds = [entry.kind for entry in reached.entries]
    modules = {entry.unit.module for entry in reached.entries if entry.unit}
    yield f"{kinds.count('code')} functions, classes and constants in {len(modules)} modules"
    yield f"{kinds.count('file')} data files"
    yield f"{kinds.count('version')} packages: {', '.join(e.key for e in reached.entries if e.kind == 'version')}"
    yield f"digest {reached.digest()}"


def explanation(reached: Closure) -> Iterator[str]:
    """Yield a line for each part with what reached it first, and one for the digest."""
    for entry in reached.entries:
        yield f"{entry.kind:<8} {_short_value(entry):<18} {entry.key}  ← {entry.reason}"
    yield f"{'digest':<8} {reached.digest()}"


def differences(rule: str, revision: str, checkout: Path) -> Iterator[str]:
    """Yield what has changed in a rule's code since a git revision of `checkout`; nothing if the digest is the same.

    Code is shown unparsed, without comments and formatting, because they are not part of the digest. Raises ValueError
    if git does not know the revision, or if the rule did not exist.
    """
    script = script_of(rule)
    with tempfile.TemporaryDirectory() as folder:
        _check_out(revision, checkout, Path(folder))
        if not Path(folder, "scripts", script).is_file():
            raise ValueError(f"no rule {rule!r} at {revision}")
        old = {(entry.kind, entry.key): entry for entry in closure(script, Path(folder, "scripts")).entries}
        new = {(entry.kind, entry.key): entry for entry in closure(script).entries}
        for key in sorted(old.keys() | new.keys()):
            yield from _difference(old.get(key), new.get(key))


def _check_out(revision: str, checkout: Path, folder: Path) -> None:
    command = ["git", "-C", str(checkout), "archive", "--format=zip", revision, "--", "scripts", LOCK.as_posix()]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise ValueError(f"cannot read revision {revision!r}: {done.stderr.decode(errors='replace').strip()}")
    with zipfile.ZipFile(BytesIO(done.stdout)) as archive:
        archive.extractall(folder)


def _difference(old: Entry | None, new: Entry | None) -> Iterator[str]:
    entry = new or old
    if entry is None or (old and new and old.value == new.value):
        return
    change = "changed" if old and new else "reached now" if new else "no longer reached"
    yield f"{entry.kind:<8} {entry.key}  {change}, ← {entry.reason}"
    if old and new and entry.kind in ("import", "version"):
        yield f"         {old.value} → {new.value}"
    if old and new and old.unit and new.unit:
        lines = difflib.unified_diff(_source(old), _source(new), n=1, lineterm="")
        yield from (f"         {line}" for line in list(lines)[2:])


def _source(entry: Entry) -> list[str]:
    return [line for node in (entry.unit.nodes if entry.unit else ()) for line in ast.unparse(node).splitlines()]


def _short_value(entry: Entry) -> str:
    return entry.value[:16] if entry.kind in ("code", "file") else entry.value
