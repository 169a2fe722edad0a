"""Measure how many small faults the tests notice (`make mutation`). Not a test:

python tests/mutation/mutate.py matching verdicts/steps [--fresh] [--least 90]

Cosmic Ray makes the faults ("mutants") one by one: another operator, another number, a negated condition. The tests
named in `modules.toml` run on each mutant until one fails. A mutant that no test notices survives. Those listed in
`equivalent.toml` do not count.

The checkout is never changed: mutants are made in a copy, `.mutation/<module>/tree`. Results are kept in
`.mutation/<module>/session.sqlite`, so a stopped run continues. After an edit of the module everything runs again;
after an edit of the tests, the survivors do.
"""

import argparse
import ast
import gc
import hashlib
import importlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
FOLDER = ROOT / ".mutation"
LIBRARY = Path("scripts", "tabletutor")
# Imported once, before the forks that run the tests. Nothing of the project is among them.
WARM = ("numpy", "pandas", "pyarrow", "polars", "duckdb", "pydantic", "msgspec", "scipy.stats", "loguru", "xdist")
MEMORY = 6 << 30  # a mutant may fill the memory
# One or two replacements of each operator, those that a slip of the hand makes. Cosmic Ray has eleven of `+`, of which
# most raise a TypeError in any test: they take hours and make the score look better than it is.
REPLACEMENTS = {
    "BinaryOperator": "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Mul Mod_FloorDiv Pow_Mul BitOr_BitAnd BitAnd_BitOr "
    "BitXor_BitAnd LShift_RShift RShift_LShift",
    "ComparisonOperator": "Eq_NotEq NotEq_Eq Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt Is_IsNot IsNot_Is",
    "UnaryOperator": "Delete_Not Delete_USub Delete_Invert",
}
PASSED = 0  # pytest's exit code; any other means that a test or an import failed


class Mutant(NamedTuple):
    """A change of one place, and what became of it."""

    module: str
    number: int
    line: str
    mutant: str
    survived: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """The key of the mutant in `equivalent.toml`."""
        return self.module, self.line, self.mutant


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="a module or a package; all if none is named")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--least", type=float, default=90, help="the score in percent below which the run fails")
    options = parser.parse_args()
    known: dict[str, list[str]] = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))
    chosen = [name for name in known if _is_chosen(name, options.modules)]
    if not chosen:
        parser.error(f"no such module; there are {', '.join(known)}")
    equivalent = {
        (entry["module"], entry["line"], entry["mutant"])
        for entry in tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8")).get("equivalent", [])
    }
    os.environ.update(
        OMP_NUM_THREADS="1", POLARS_MAX_THREADS="1", HF_HUB_OFFLINE="1", PYTHONHASHSEED="0",
        TABLETUTOR_SHARED=os.environ.get("TABLETUTOR_SHARED", str(ROOT.parent / "shared")),
    )  # fmt: skip
    for name in WARM:
        importlib.import_module(name)
    gc.freeze()  # collections in the forks need not look through all that
    settings.register_profile(
        "mutation", phases=[Phase.explicit, Phase.generate], derandomize=True, database=None, deadline=None
    )
    low = [name for name in chosen if _report(name, _run(name, known[name], options.fresh), equivalent) < options.least]
    if low:
        print(f"below {options.least:g} %: {', '.join(low)}")
    return int(bool(low))


def _is_chosen(name: str, chosen: list[str]) -> bool:
    return not chosen or any(f"{name}/".startswith(f"{one.removesuffix('.py').rstrip('/')}/") for one in chosen)


def _run(name: str, tests: list[str], fresh: bool) -> list[Mutant]:
    """Try every mutant of a module that has no result yet; return all of them."""
    folder = FOLDER / name.replace("/", ".")
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    tree = folder / "tree"
    module = LIBRARY / f"{name}.py"
    source = (ROOT / module).read_text(encoding="utf-8")
    _copy(tree)
    judge = _digest(*(path.read_text(encoding="utf-8") for path in _test_files(tests)))
    session = folder / f"session-{_digest(_code(source))}.sqlite"
    for other in folder.glob("session-*.sqlite"):
        if other != session:
            other.unlink()
    seconds = _baseline(tree, tests)
    with use_db(session) as database:
        if not database.num_work_items:
            init([tree / module], database, {})
        pending = list(_pending(database, judge))
        print(f"{name}: {len(pending)} mutants to try, {seconds:.0f} s of tests for each at most", flush=True)
        for count, item in enumerate(pending, 1):
            database.set_result(item.job_id, _try(item, tree, tests, round(2 * seconds + 3), judge))
            if count % 50 == 0:
                print(f"{name}: {count} of {len(pending)}", flush=True)
        return [
            _mutant(name, item, result)
            for item, result in database.completed_work_items
            if result.worker_outcome == WorkerOutcome.NORMAL
        ]


def _copy(tree: Path) -> None:
    """Recreate the copy from the files that git tracks or would track."""
    shutil.rmtree(tree, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for path in filter(None, listed.split("\0")):
        if (ROOT / path).exists():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, tree / path)


def _code(source: str) -> str:
    """Return a module without comments and docstrings, so that results outlast new words."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(tree)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def _test_files(tests: list[str]) -> list[Path]:
    paths = [ROOT / test for test in tests if not test.startswith("-")]
    return sorted(file for path in paths for file in ([path] if path.is_file() else path.glob("*.py")))


def _baseline(tree: Path, tests: list[str]) -> float:
    """Seconds of processor time that the tests take on the unchanged module. Exit if they fail."""
    _pytest(tree, tests, 3600, writes=True)  # compiles what later runs read
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = _pytest(tree, tests, 3600)
    if code != PASSED:
        sys.exit(f"the tests fail without a mutant (pytest ended with {code}): see {tree.parent / 'output.txt'}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _pending(database: WorkDB, judge: str) -> Iterator[WorkItem]:
    """Yield mutants without a result and those that survived other tests. Skip operators that are not chosen."""
    results = {str(job): result for job, result in database.results}
    for item in sorted(database.work_items, key=lambda item: (item.mutations[0].start_pos, item.job_id)):
        result = results.get(item.job_id)
        _, _, operator = item.mutations[0].operator_name.partition("core/Replace")
        family, _, change = operator.partition("_")
        if result is None and family in REPLACEMENTS and change not in REPLACEMENTS[family].split():
            database.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED))
        elif result is None or (result.test_outcome == TestOutcome.SURVIVED and result.output != judge):
            yield item


def _try(item: WorkItem, tree: Path, tests: list[str], seconds: int, judge: str) -> WorkResult:
    [mutation] = item.mutations
    operator = get_operator(mutation.operator_name)(**mutation.operator_args)
    with use_mutation(mutation.module_path, operator, mutation.occurrence) as (before, after):
        if after is None:
            return WorkResult(WorkerOutcome.NO_TEST)
        if not is_fault(before, after, "BinaryOperator" in mutation.operator_name):
            return WorkResult(WorkerOutcome.SKIPPED)
        code = _pytest(tree, tests, seconds)
    outcome = TestOutcome.SURVIVED if code == PASSED else TestOutcome.KILLED
    return WorkResult(WorkerOutcome.NORMAL, judge, outcome, _change(before, after))


def is_fault(before: str, after: str, of_operator: bool) -> bool:
    """Return whether a change is one that somebody could make: no syntax error, and not of an annotation alone.

    Cosmic Ray also takes the star of `f(*values)` or `def f(*, name)` for an operator.
    """
    try:
        old, new = ast.parse(before), ast.parse(after)
    except SyntaxError:
        return False
    if of_operator and _operators(old) == _operators(new):
        return False
    for tree in (old, new):
        for node in ast.walk(tree):
            for name in ("annotation", "returns"):
                if isinstance(getattr(node, name, None), ast.expr):
                    setattr(node, name, ast.Constant(None))
    return ast.dump(old) != ast.dump(new)


def _operators(tree: ast.AST) -> Counter[str]:
    return Counter(type(node.op).__name__ for node in ast.walk(tree) if isinstance(node, ast.BinOp))


def _change(before: str, after: str) -> str:
    """The lines that differ, old and new, on one line each."""
    old, new = before.splitlines(), after.splitlines()
    first = next((number for number, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
    tail = next(
        (number for number, pair in enumerate(zip(old[::-1], new[::-1], strict=False)) if pair[0] != pair[1]), 0
    )
    changed = (lines[first : len(lines) - tail] for lines in (old, new))
    parts = (" ".join(line.partition("  # ")[0].strip() for line in lines) for lines in changed)
    return "\n".join([str(first + 1), *parts])


def _mutant(name: str, item: WorkItem, result: WorkResult) -> Mutant:
    number, line, mutant = (result.diff or "").split("\n")
    return Mutant(name, int(number), line, mutant, result.test_outcome == TestOutcome.SURVIVED)


def _pytest(tree: Path, tests: list[str], seconds: int, writes: bool = False) -> int:
    """Run tests in a fork, in the copy, for at most `seconds` of processor time, or ten times that by the clock.

    Return pytest's exit code, or -1 if they were killed or ran out of time.
    """
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 3
        try:
            with (tree.parent / "output.txt").open("wb") as stream:
                os.dup2(stream.fileno(), 1)
                os.dup2(stream.fileno(), 2)
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            os.chdir(tree)
            sys.dont_write_bytecode = not writes  # a mutant may be as old as the next one, by the second
            sys.path[:0] = [str(tree / "scripts")]
            os.environ["PYTHONPATH"] = str(tree / "scripts")
            if not writes:
                os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
            options = ["-x", "-q", "-o", "timeout=0", "--tb", "no", "-p", "no:unraisableexception", "-p", "no:anyio"]
            options += ["-W", "ignore::pytest.PytestAssertRewriteWarning", "--rootdir", str(tree)]
            options += ["--hypothesis-profile", "mutation"]
            code = int(pytest.main([*options, *tests]))
            sys.stdout.flush()
        finally:
            os._exit(code)
    deadline = time.monotonic() + 10 * seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            _end_group(child)
            return max(os.waitstatus_to_exitcode(status), -1)
        time.sleep(0.01)
    _end_group(child)
    os.waitpid(child, 0)
    return -1


def _end_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _report(name: str, mutants: list[Mutant], equivalent: set[tuple[str, str, str]]) -> float:
    """Print the score of a module and its survivors; return the score in percent."""
    counted = [mutant for mutant in mutants if not (mutant.survived and mutant.key in equivalent)]
    survivors = sorted((mutant for mutant in counted if mutant.survived), key=lambda mutant: mutant.number)
    score = 100 * (1 - len(survivors) / len(counted)) if counted else 100.0
    for mutant in survivors:
        print(f"{LIBRARY / name}.py:{mutant.number}\n  - {mutant.line}\n  + {mutant.mutant}")
    excluded = len(mutants) - len(counted)
    print(f"{name}: {score:.1f} % of {len(counted)} mutants killed; {excluded} equivalent ones left out", flush=True)
    return score


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        gc.unfreeze()  # otherwise some modules report leaked objects at exit
