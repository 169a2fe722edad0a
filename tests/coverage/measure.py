"""Run the tests and count which lines and branches of the project they run (`make coverage`). Not a test:

python tests/coverage/measure.py [--append] [ARGUMENTS OF PYTEST]

Every process counts: the tests, their sub-processes and forks, Snakemake's jobs in copies of the checkout, and the
sandbox's sessions (see `startup.py`). The results: a table on the terminal, `coverage.xml` and `htmlcov/index.html`.
`--append` adds to what the last run has measured.
Ends with 1 if a test failed, and with 2 below the gate (`fail_under` in `pyproject.toml`).
"""

import json
import os
import shutil
import site
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from coverage import CoverageData
from startup import SLICE, SUFFIX

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".coverage-data"
HOOK = Path(site.getsitepackages()[0], "tabletutor_coverage.pth")
PREAMBLE = 3  # lines that Snakemake writes before a job's script
DEFAULT = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
Arc = tuple[int, int]


def main() -> int:
    append = "--append" in sys.argv
    if not append:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    FOLDER.chmod(0o1777)  # some tests run as another user
    HOOK.write_text(_hook(), encoding="utf-8")
    environment = {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml"), "COVERAGE_FILE": str(FOLDER / "data")}
    arguments = [argument for argument in sys.argv[1:] if argument != "--append"] or DEFAULT
    try:
        command = [sys.executable, "-m", "pytest", *arguments]
        failed = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode
    finally:
        HOOK.unlink(missing_ok=True)
    _combine(FOLDER / "all")
    codes = [_coverage(command) for command in ("report", "xml", "html")]
    total = ElementTree.parse(ROOT / "coverage.xml").getroot()
    for name in ("lines", "branches"):
        covered, valid = (int(total.get(f"{name}-{part}", "0")) for part in ("covered", "valid"))
        print(f"{name}: {covered} of {valid}, {100 * covered / valid:.1f} %")
    return int(failed != 0) or max(codes)


def _hook() -> str:
    """A line for `site` to run at the start of every Python: it measures the sandbox's warm parents."""
    here = str(Path(__file__).parent)
    wanted = f"any(a.endswith('sandbox/guest/warm.py') for a in sys.orig_argv) and os.access({str(FOLDER)!r}, os.W_OK)"
    start = f"sys.path.insert(0, {here!r}), __import__('startup').start({str(FOLDER)!r}), sys.path.remove({here!r})"
    return f"import os, sys; {wanted} and ({start})\n"


def _coverage(command: str) -> int:
    arguments = [sys.executable, "-m", "coverage", command, f"--data-file={FOLDER / 'all'}"]
    return subprocess.run(arguments, cwd=ROOT, check=False).returncode


def _combine(target: Path) -> None:
    """Gather what all processes have measured, as if the files of this checkout had run."""
    target.unlink(missing_ok=True)
    data = CoverageData(str(target))
    files = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "scripts").rglob("*.py"))]
    known = set(files)
    for arcs_by_file in _measured():
        for name, arcs in arcs_by_file.items():
            file, shift = _source(Path(name))
            if file in known:
                data.add_arcs({file: [_shifted(arc, shift) for arc in arcs]})
    data.touch_files(files)  # those that never ran
    data.write()


def _measured() -> Iterator[dict[str, Iterable[Arc]]]:
    for path in sorted(FOLDER.glob("data.*")):
        part = CoverageData(str(path))
        part.read()
        yield {name: part.arcs(name) or [] for name in part.measured_files()}
    for path in sorted(FOLDER.glob(f"*{SUFFIX}")):
        with path.open("rb") as stream:
            while head := stream.read(SLICE):
                if not head[0]:  # no further process
                    break
                for line in head.rstrip(b"\0").splitlines():
                    yield {name: [(start, end) for start, end in arcs] for name, arcs in json.loads(line).items()}


def _source(path: Path) -> tuple[str, int]:
    """The file of this checkout that a measured file is, is a copy of, or was made from; lines before its own."""
    parts = path.parts
    if parts[-3:-1] == (".snakemake", "scripts"):  # tmpRANDOM.NAME.py
        return f"scripts/{path.name.partition('.')[2]}", PREAMBLE
    if "site-packages" in parts or "scripts" not in parts:
        return "", 0
    return "/".join(parts[len(parts) - 1 - parts[::-1].index("scripts") :]), 0


def _shifted(arc: Arc, lines: int) -> Arc:
    """An arc of a file without its first lines. Negative numbers stand for entries and exits of a definition."""

    def place(line: int) -> int:
        size = max(abs(line) - lines, 1)
        return -size if line < 0 or line <= lines else size

    return (place(arc[0]), place(arc[1])) if lines else arc


if __name__ == "__main__":
    sys.exit(main())
