"""Time and memory of reading one large CSV, compared with pandas. Not a test:

python tests/benchmarks/ingest_large.py [--rows 400000]

The file repeats the rows of `resources/tables/txhousing.csv`. Each reader runs in its own process, reads a small file
first, and writes Parquet. Prints CPU time and the growth of the process. pandas gets no hints either.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "resources" / "tables" / "txhousing.csv"


def write_large(target: Path, rows: int) -> None:
    """Write the source's header, and its rows repeated."""
    header, *lines = SOURCE.read_text(encoding="utf-8").splitlines(keepends=True)
    with target.open("w", encoding="utf-8") as stream:
        stream.write(header)
        stream.writelines(islice(cycle(lines), rows))


def ours(csv: Path, folder: Path) -> None:
    from loguru import logger

    from tabletutor.config.tables import TablesConfig
    from tabletutor.tables.ingest import ingest

    logger.disable("tabletutor")
    ingest(
        csv,
        table="large",
        source_path=csv.name,
        config=TablesConfig(),
        parquet=folder / "table.parquet",
        profile=folder / "profile.json",
    )


def pandas(csv: Path, folder: Path) -> None:
    import pandas as pd

    pd.read_csv(csv).to_parquet(folder / "table.parquet", index=False)


def measure(reader: str, csv: Path, small: Path) -> dict[str, float]:
    """Return CPU seconds, and megabytes beyond those of reading a small file."""
    read = {"ours": ours, "pandas": pandas}[reader]
    with tempfile.TemporaryDirectory() as folder:
        read(small, Path(folder))
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        read(csv, Path(folder))
    seconds = time.process_time() - began
    return {"cpu_seconds": seconds, "more_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--reader", choices=["ours", "pandas"], help=argparse.SUPPRESS)
    parser.add_argument("--csv", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.reader:
        print(json.dumps(measure(asked.reader, asked.csv, SOURCE)))
        return
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "large.csv"
        write_large(csv, asked.rows)
        print(f"{asked.rows:,} rows, {csv.stat().st_size / 1e6:.1f} MB")
        for reader in ("ours", "pandas"):
            command = [sys.executable, __file__, "--reader", reader, "--csv", str(csv)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found = json.loads(done.stdout)
            print(f"{reader:6} {found['cpu_seconds']:6.1f} CPU-seconds, {found['more_mb']:6.0f} MB")


if __name__ == "__main__":
    main()
