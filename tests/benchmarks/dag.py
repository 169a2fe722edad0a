"""Measure how planning time grows with the number of tables: a dry run without results, and a run with nothing to do.

python tests/benchmarks/dag.py [--tables 100 1000 10000] [--splits pinned hash] [--repeat 3] [--limit 900]
                               [--persistence-backend db]

Creates a project of tiny CSVs in a temporary folder, measures the dry run, lets Snakemake record every job as done
(`dag_noted.py`), and measures the run with nothing left to do. Not a test. Prints Markdown.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import yaml
from engine_run import (
    Cost,
    Failed,
    command_text,
    copy_checkout,
    jobs,
    measure_command,
    median_text,
    note,
    snakemake,
    table,
)

SPLITS = ("train", "validation", "test")
BASE, CONFIG = "config/smoke.yaml", "config/dag.yaml"
QUIET = ("--quiet", "rules", "reason", "host")  # still prints the table of jobs, which is parsed
GOAL = (1000, 30.0)


@dataclass
class Size:
    """The measurements for one number of tables."""

    tables: int
    splits: str
    jobs: int = 0
    edited: int | None = None
    dry: list[Cost] = field(default_factory=list)
    idle: list[Cost] = field(default_factory=list)
    fault: str = ""


def project(folder: Path, count: int, splits: str) -> None:
    """Create a project like the smoke project, but with `count` different tables."""
    copy_checkout(folder)
    width = len(str(count - 1))
    lines = ["table\tpath\tsplit"]
    (folder / "csv").mkdir()
    for number in range(count):
        name = f"t{number:0{width}}"
        (folder / "csv" / f"{name}.csv").write_text(f"x,y\n{number},1\n", encoding="utf-8")
        lines.append(f"{name}\tcsv/{name}.csv\t{SPLITS[number % len(SPLITS)] if splits == 'pinned' else ''}")
    (folder / "config" / "dag.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = yaml.safe_load((folder / BASE).read_text(encoding="utf-8"))
    config["table_list"] = "config/dag.tsv"
    (folder / CONFIG).write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


def retitle(folder: Path) -> None:
    """Make an edit that only the report depends on."""
    path = folder / CONFIG
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["reporting"]["title"] = "another title"
    path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


def measure(size: Size, options: argparse.Namespace) -> None:
    """Fill in the measurements of one size that finish within the limit."""
    more = ["--persistence-backend", options.persistence_backend] if options.persistence_backend else []
    common = snakemake(CONFIG, *more)
    plan, idle = [*common, "-n", *QUIET], [*common, *QUIET]
    record = [sys.executable, str(Path(__file__).with_name("dag_noted.py")), *common[3:], "--quiet", "all"]
    with tempfile.TemporaryDirectory(prefix="dag-") as name:
        folder = Path(name)
        project(folder, size.tables, size.splits)
        label = f"{size.tables} tables, {size.splits}"
        for number in range(options.repeat):
            size.dry.append(measure_command(plan, folder, options.limit))
            size.jobs = jobs(size.dry[-1].output)
            note(f"{label}: dry run {number + 1} of {options.repeat}, {size.jobs} jobs, {size.dry[-1]}")
        taken = measure_command(record, folder, options.limit * 4)
        note(f"{label}: all jobs recorded as done, {taken}")
        for number in range(options.repeat):
            size.idle.append(measure_command(idle, folder, options.limit))
            if left := jobs(size.idle[-1].output):
                raise Failed(f"{command_text(idle)}: {left} jobs, but nothing should be left to do")
            note(f"{label}: no-op {number + 1} of {options.repeat}, {size.idle[-1]}")
        retitle(folder)
        size.edited = jobs(measure_command(plan, folder, options.limit).output)


def report(sizes: list[Size]) -> None:
    """Print the table, and whether the goal is met."""
    heads = ["tables", "split", "jobs"]
    for what in ("dry run", "no-op"):
        heads += [f"{what}: wall, s", "CPU, s", "peak, MB", "CPU × the size before"]
    heads.append("jobs after one edit")
    rows: list[list[str]] = []
    for size in sizes:
        before = max(
            (other for other in sizes if other.splits == size.splits and other.tables < size.tables),
            key=lambda other: other.tables,
            default=None,
        )
        row = [f"{size.tables:,}", size.splits, f"{size.jobs:,}"]
        for name in ("dry", "idle"):
            taken: list[Cost] = getattr(size, name)
            earlier: list[Cost] = getattr(before, name) if before else []
            if not taken:
                row += ["–"] * 4
                continue
            growth = median(a.cpu for a in taken) / median(a.cpu for a in earlier) if earlier else None
            row += [
                median_text([a.wall for a in taken]),
                median_text([a.cpu for a in taken]),
                f"{max(a.peak for a in taken):,.0f}",
                "–" if growth is None else f"× {growth:.1f}",
            ]
        rows.append([*row, "–" if size.edited is None else f"{size.edited:,}"])
    table(heads, rows)
    print(
        "\nMedian (least–most); CPU is user and system time of all processes, peak the largest resident set of one.\n"
    )
    for size in sizes:
        if size.fault:
            print(f"**{size.tables:,} tables, {size.splits}: {size.fault}**\n")
        if size.tables == GOAL[0] and size.dry:
            seen = median(a.wall for a in size.dry)
            verdict = "met" if seen <= GOAL[1] else "not met"
            print(f"goal: {GOAL[0]:,} tables ({size.splits}) planned in {GOAL[1]:g} s: {verdict} ({seen:.1f} s)")


def main() -> None:
    """Read the options, measure, and clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--splits", nargs="+", choices=("pinned", "hash"), default=["pinned"])
    parser.add_argument("--repeat", type=int, default=3, help="number of runs")
    parser.add_argument("--limit", type=float, default=900, help="maximum seconds of a run (recording: four times)")
    parser.add_argument("--persistence-backend", choices=("file", "db"), help="Snakemake's metadata store")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that children are ended
    print(f"`python tests/benchmarks/dag.py {' '.join(sys.argv[1:])}`".replace(" `", "`"))
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start. Measured:")
    print(f"`{command_text(snakemake(CONFIG, '-n', *QUIET))}` and the same without `-n`.\n", flush=True)
    begun = time.monotonic()
    sizes: list[Size] = []
    for splits in options.splits:
        for count in sorted(options.tables):
            sizes.append(Size(count, splits))
            try:
                measure(sizes[-1], options)
            except Failed as error:
                sizes[-1].fault = str(error)
                note(str(error))
    report(sizes)
    note(f"took {time.monotonic() - begun:.0f} s; load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
