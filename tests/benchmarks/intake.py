"""Read generated tables in several processes and report silently wrong cases. Not a test:

python -m tests.benchmarks.intake [--cases 20000] [--seed 7] [--jobs 2] [--shown 12]
python -m tests.benchmarks.intake --seed 7 --case 1234

Prints the number of cases that are right, reported, left as text or refused, reasons for the last two, and a minimal
version of silently wrong cases. Exits with 1 if there is one.
"""

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.support.tables.generated_tables import Run, failure_report, run


def piece(seed: int, numbers: range, limit: int) -> tuple[Run, list[str]]:
    """Run some of the cases, and return a report on the first silently wrong case of each kind."""
    done = run(seed, numbers)
    each = {outcome.signature: number for number, outcome in reversed(done.silent.items())}
    return done, [failure_report(seed, number, done.silent[number]) for number in sorted(each.values())[:limit]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--case", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--shown", type=int, default=12)
    asked = parser.parse_args()
    if asked.case is not None:
        pieces = [piece(asked.seed, range(asked.case, asked.case + 1), 1)]
    else:
        with ProcessPoolExecutor(asked.jobs) as pool:
            shares = [range(job, asked.cases, asked.jobs) for job in range(asked.jobs)]
            jobs = [pool.submit(piece, asked.seed, share, asked.shown // asked.jobs + 1) for share in shares]
            pieces = [job.result() for job in jobs]
    counts: Counter[str] = Counter()
    left: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for done, texts in pieces:
        counts.update(done.counts)
        left.update(done.left)
        kinds.update(kind for outcome in done.silent.values() for kind in outcome.silent)
        print("\n".join(texts))
    total = counts.total()
    print(f"{total} cases:", ", ".join(f"{n} {status} ({n / total:.1%})" for status, n in counts.most_common()))
    print("silent by kind:", dict(kinds.most_common()))
    for what, number in left.most_common(25):
        print(f"{number:6} {what}")
    return 1 if counts["silent"] else 0


if __name__ == "__main__":
    sys.exit(main())
