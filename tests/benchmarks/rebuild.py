"""Bringing the smoke project up to date beside DVC, with the same stages, in one run. Not a test:

python tests/benchmarks/rebuild.py [--rounds 5] [--keep FOLDER]

Peers take turns, in another order each round. `ours, trivial` and DVC run the same command in each stage (a copy of
what the real job made), so what differs is the engine; ours computes its digests of code as always. `ours, real` is the
smoke project itself. DVC is installed into a throw-away environment. Prints Markdown.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from engine_run import Taken, middle, note, table
from rebuild_peers import Dvc, Peer, Real, Trivial, dvc_program, modules

ALL, RUN, ASK, TITLE = "all stages, once", "nothing to do, run", "nothing to do, ask", "another title"
SCRIPT, SHARED = "a comment in one script", "a comment in a shared module"
Found = dict[tuple[str, str], list[tuple[Taken, int]]]  # by what is done and peer: what it took, stages run


def turn(name: str, peer: Peer, number: int, edited: dict[str, str], found: Found) -> None:
    """One turn of a peer: everything measured once."""

    def add(what: str, taken: Taken) -> None:
        found.setdefault((what, name), []).append((taken, peer.stages(taken)))

    add(RUN, peer.run())
    add(ASK, peer.ask())
    peer.retitle(number)
    add(TITLE, peer.run())
    for what, path in edited.items():
        peer.comment(path, number)
        add(what, peer.run())


def report(found: Found, names: list[str]) -> None:
    """One table: what each took, and how many times the first peer's."""
    first = names[0]
    rows: list[list[str]] = []
    for what in (ALL, RUN, ASK, TITLE, SCRIPT, SHARED):
        ours = [taken for taken, _ in found[what, first]]
        for name in names:
            if (what, name) not in found:
                continue
            taken = [each for each, _ in found[what, name]]
            ran = sorted({count for _, count in found[what, name]})
            row = [what if name == first else "", name, "–" if what == ASK else ", ".join(str(count) for count in ran)]
            row += [middle([each.wall for each in taken], 2), middle([each.cpu for each in taken], 2)]
            row.append(f"{median(each.peak for each in taken):,.0f}")
            for measure in ("wall", "cpu", "peak"):
                ratios = [getattr(b, measure) / getattr(a, measure) for a, b in zip(ours, taken, strict=True)]
                row.append("1" if name == first else f"× {middle(ratios, 2)}")
            rows.append(row)
    heads = ["what", "peer", "stages run", "wall, s", "CPU, s", "peak, MB", "wall ×", "CPU ×", "peak ×"]
    table(heads, rows)
    print("\nMedian (least–most of the rounds). Ratios are to the first peer in the same round; CPU is user and system")
    print("time of all processes, peak the largest resident set of one. `ask` is `snakemake -n` and `dvc status`.")


def measure(options: argparse.Namespace, kept: Path, folder: Path) -> None:
    """Make the peers, measure them in turns, print."""
    program = dvc_program(kept / "dvc")
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    (kept / "real").mkdir(exist_ok=True)
    real = Real(kept / "real")
    note(f"real project: {real.stages(real.run())} jobs built")
    peers: dict[str, Peer] = {}
    for name, make in (("trivial", lambda path: Trivial(path, real)), ("dvc", lambda path: Dvc(path, real, program))):
        (folder / name).mkdir()
        peers[name] = make(folder / name)
    peers = {"ours, trivial": peers["trivial"], "ours, real": real, f"DVC {version}": peers["dvc"]}
    stages = real.noted()
    reached = modules(real)
    readers = Counter(path for stage in stages for path in reached[stage.rule] if path.endswith(".py"))
    shared = max(readers, key=lambda path: (readers[path], (real.folder / path).stat().st_size))
    edited = {SCRIPT: f"scripts/{real.scripts()['report']}", SHARED: shared}
    print(
        f"{len(stages)} stages. The script is that of the report ({readers[edited[SCRIPT]]} stage), the shared module"
    )
    print(f"`{shared}` ({readers[shared]} stages).\n", flush=True)
    found: Found = {(ALL, name): [(peer.first, peer.stages(peer.first))] for name, peer in peers.items() if peer.first}
    names = list(peers)
    for number in range(options.rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            note(f"round {number + 1} of {options.rounds}: {name}")
            turn(name, peers[name], int(time.time()), edited, found)
    report(found, names)


def main() -> None:
    """Read the options, measure, leave nothing behind but what is to be kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each peer")
    parser.add_argument(
        "--keep", type=Path, help="folder in which DVC and the built smoke project stay for the next run"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that no child stays
    print(f"`python tests/benchmarks/rebuild.py {' '.join(sys.argv[1:])}`\n")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning.")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rebuild-") as name:
        folder = Path(name)
        kept = options.keep.resolve() if options.keep else folder / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        measure(options, kept, folder)
    note(f"took {time.monotonic() - begun:.0f} s; load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
