"""Score the reader on a local copy of the Pollock benchmark (github.com/HPI-Information-Systems/Pollock).

    python tests/benchmarks/pollock.py FOLDER [polluted_files | survey_sample] [--only REGEX]

FOLDER is a checkout with its files. The benchmark's own `pollock/metrics.py` computes the scores; it needs multiset,
price-parser, chardet and joblib. The reader gets no hints, and a refused file scores 0.
"""

import argparse
import csv
import json
import re
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tabletutor.tables.errors import TableError
from tabletutor.tables.read import TextTable, read_text


def write_loaded(table: TextTable, target: Path) -> None:
    """Write the table as the benchmark expects it: a plain CSV, with a header only if the file has one.

    The benchmark compares headers exactly, so the headings of the file are written: repeated names without the number
    that the reader adds ("a", "a_2"), and unnamed columns without a name.
    """
    columns = [table.column(index).fill_null("").to_list() for index in range(len(table.names))]
    with target.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([*([table.headings] if table.headings else []), *zip(*columns, strict=True)])


def score(folder: Path, dataset: str, name: str) -> tuple[str, list[float], str]:
    """Return the name of a file, its ten measures, and the refusal or the warnings."""
    sys.path.insert(0, str(folder))
    from pollock.metrics import header_record_cell_measures_csv

    with tempfile.TemporaryDirectory() as spool:
        try:
            table = read_text(folder / dataset / "csv" / name, name, Path(spool), 10**9)
        except TableError as error:
            return name, [0.0] * 10, f"refused: {error}"
        loaded = Path(spool) / "loaded.csv"
        write_loaded(table, loaded)
        measures = header_record_cell_measures_csv(str(folder / dataset / "clean" / name), str(loaded))
    return name, [1.0, *map(float, measures)], "; ".join(table.warnings)


def main() -> None:
    """Print the scores, and the files that lost points."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("dataset", nargs="?", default="polluted_files")
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    csvs = sorted((chosen.folder / chosen.dataset / "csv").glob("*.csv"))
    clean = chosen.folder / chosen.dataset / "clean"
    names = [path.name for path in csvs if re.search(chosen.only, path.name) and (clean / path.name).is_file()]
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(partial(score, chosen.folder, chosen.dataset), names, chunksize=20))
    for name, measures, warning in sorted(found, key=lambda entry: sum(entry[1])):
        if sum(measures) < 9.9999 or not warning:
            print(f"{sum(measures):7.4f} {name}: {warning[:300] or 'no warning'}")
    refused = Counter(bool(measures[0] == 0) for _, measures, _ in found)[True]
    print(f"{len(found)} files, {refused} refused; simple {sum(sum(m) for _, m, _ in found) / len(found):.3f}")
    if chosen.dataset == "polluted_files":
        weights = json.loads((chosen.folder / "pollock_weights.json").read_text())
        total = sum(weights[name] for name in names)
        print(f"weighted {sum(weights[name] * sum(measures) for name, measures, _ in found) / total:.3f}")


if __name__ == "__main__":
    main()
