"""Converting six-turn episodes to rows: ours, `datasets.map` and a bare JSON loop, alternating. Not a test:

python tests/benchmarks/formats.py RESULTS_FOLDER [--episodes 20000] [--rounds 5] [--more prm]

Episodes are made from those of a built project (`formats_project.py`). All three write the same rows of `sft-standard`,
which is checked message by message. If values have several types, `datasets` truncates numbers at ten decimals and
converts digit strings to numbers. The number of affected rows is printed, and nothing else may differ. Each runs in its
own process and is measured after its imports (`formats_peers.py`):

- ours: the rule `format`. Reads profiles, questions, episodes and verdicts, checks each record against its type, and
  rejects questions of another split. Labels, weighs and removes duplicates. Writes rows, a note per row and statistics
  atomically (fsync).
- datasets: `load_dataset("json")`, `map`, `to_json`. Reads profiles, questions (`json`) and episodes; writes rows and
  its cache.
- bare loop: `json.loads`, the messages, `json.dumps`. Reads profiles, questions and episodes; writes rows.

The other two check nothing, keep duplicates and read no verdicts. Prints Markdown.
"""

import argparse
import json
import os
import re
import signal
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from engine_run import Failed, measure_command, median_text, note, table
from formats_project import TURNS, make_project

PEERS = Path(__file__).with_name("formats_peers.py")
STANDARD, DATASETS = "sft-standard", "datasets"
NUMBER = re.compile(r"'?(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)'?")
Cost = dict[str, float]


def run(project: Path, out: Path, command: list[str]) -> Cost:
    """Run one round of a peer."""
    out.mkdir(parents=True, exist_ok=True)
    told = measure_command([sys.executable, str(PEERS), str(project), str(out), *command], PEERS.parents[2])
    return json.loads(told.output.strip().splitlines()[-1])


def rows(folder: Path) -> dict[tuple[str, str], tuple[str, Any]]:
    """Return the rows that a peer wrote, by question and trace."""
    found: dict[tuple[str, str], tuple[str, Any]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.open(encoding="utf-8"):
            row = json.loads(line)
            messages = [(message["role"], message["content"]) for message in row["messages"]]  # peers set no weights
            found[row["question_id"], row["trace_id"]] = row["table"], messages
    return found


def check(count: int, folders: dict[str, Path]) -> dict[str, int]:
    """Return in how many rows of each peer values differ as allowed by `is_similar`.

    Raises Failed if a peer has not written the rows of the first peer, one per episode.
    """
    first, *others = folders
    expected = rows(folders[first])
    if len(expected) != count:
        raise Failed(f"{first}: {len(expected)} rows of {count} episodes")
    lost: dict[str, int] = {}
    for name in others:
        made = rows(folders[name])
        differ = [key for key in {**expected, **made} if expected.get(key) != made.get(key)]
        lost[name] = len(differ)
        for key in differ:
            if name != DATASETS or not is_similar(expected.get(key), made.get(key)):
                raise Failed(f"{name}: question and trace {key} differ from those of {first}")
    return lost


def is_similar(one: object, other: object) -> bool:
    """Return whether rows are equal, apart from digits after a number's tenth decimal and quotes around numbers."""
    texts = [json.dumps(each, sort_keys=True) for each in (one, other)]
    if len({NUMBER.sub("", text) for text in texts}) > 1:
        return False
    numbers = zip(*(map(float, NUMBER.findall(text)) for text in texts), strict=True)
    return all(abs(a - b) <= 1e-10 for a, b in numbers)


def report(found: dict[str, list[Cost]], count: int, same: list[str]) -> None:
    """Print the table. Ratios are within the same round."""
    ours = found[same[0]]
    lines: list[list[str]] = []
    for name, taken in found.items():
        line = [name, *(median_text([each[key] for each in taken], 2) for key in ("wall", "cpu"))]
        line.append(f"{count / median(each['cpu'] for each in taken):,.0f}")
        line.append(f"{median(each['peak'] for each in taken):,.0f} ({median(each['idle'] for each in taken):,.0f})")
        for key in ("wall", "cpu"):
            ratios = [b[key] / a[key] for a, b in zip(ours, taken, strict=True)]
            line.append("1" if name == same[0] else f"× {median_text(ratios, 2)}" if name in same else "–")
        lines.append(line)
    table(["", "wall, s", "CPU, s", "episodes a CPU-s", "peak, MB (after imports)", "wall ×", "CPU ×"], lines)
    print("\nMedian (minimum–maximum of the rounds); ratios are to the first peer in the same round.")


def main() -> None:
    """Create the episodes, run the peers in alternating rounds, check their rows, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of a built project")
    parser.add_argument("--episodes", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each peer")
    parser.add_argument("--more", nargs="*", default=["sft-interleaved", "prm"], help="further formats, ours only")
    options = parser.parse_args()
    same = {f"ours, {STANDARD}": ["ours", STANDARD], "bare loop": ["bare"], DATASETS: ["datasets"]}
    peers = {**same, **{f"ours, {name}": ["ours", name] for name in options.more}}
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that children are ended
    print(f"`python tests/benchmarks/formats.py {' '.join(sys.argv[1:])}`\n")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start.")
    found: dict[str, list[Cost]] = {}
    lost: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="formats-") as name:
        project = Path(name) / "project"
        project.mkdir()
        make_project(options.results, options.episodes, project)
        megabytes = sum(path.stat().st_size for path in project.rglob("*.jsonl")) / 1e6
        print(f"{options.episodes:,} episodes of {TURNS} turns per trace, {megabytes:,.0f} MB in total.\n", flush=True)
        folders = {peer: Path(name) / f"out-{number}" for number, peer in enumerate(peers)}
        for number in range(options.rounds):
            order = list(peers)
            for peer in order[number % len(order) :] + order[: number % len(order)]:
                found.setdefault(peer, []).append(run(project, folders[peer], peers[peer]))
                note(f"round {number + 1} of {options.rounds}: {peer}: {found[peer][-1]}")
            if number == 0:
                lost = check(options.episodes, {peer: folders[peer] for peer in same})
    report({peer: found[peer] for peer in peers}, options.episodes, list(same))
    digits = "; ".join(
        f"values came out otherwise in {count:,} of them ({peer})" for peer, count in lost.items() if count
    )
    print(f"All wrote the same rows{'; ' + digits if digits else ''}. Load {os.getloadavg()[0]:.1f} at the end.")


if __name__ == "__main__":
    main()
