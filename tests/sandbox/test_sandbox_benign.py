"""Benign code works: everyday analysis prints in a session exactly what it prints in plain Python.

The notebooks are `tests/data/benign/*.py.txt`, their cells parted by `# %%`. Each notebook runs twice: in one session,
and in a fresh Python without a sandbox (`plain_notebook.py`) whose environment fixes what a session's fixes. Only the
notebook `processes` needs that sessions may start processes, for which they must have a pid namespace of their own.
"""

import datetime
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tabletutor
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox

FOLDER = Path(__file__).parents[1] / "data" / "benign"
NOTEBOOKS = sorted(path.name.removesuffix(".py.txt") for path in FOLDER.glob("*.py.txt"))
PLAIN = Path(__file__).with_name("plain_notebook.py")
PACKAGE = Path(tabletutor.__file__).parents[1]
ENVIRONMENT = {
    "PYTHONHASHSEED": "0", "TZ": "UTC", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin", "PYTHONPATH": str(PACKAGE),
}  # fmt: skip
CONFIG = SandboxConfig(soft_seconds=60, hard_seconds=90, memory_mb=1024, output_bytes=20000)


def cells(notebook: str) -> list[str]:
    """Return the cells of a notebook."""
    text = (FOLDER / f"{notebook}.py.txt").read_text(encoding="utf-8")
    return [cell.strip("\n") for cell in text.removeprefix("# %%\n").split("\n# %%\n")]


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 400 orders: integers, prices, text, dates and booleans, most with missing values."""
    draw = random.Random(20)
    start = datetime.date(2022, 11, 1)
    days = [start + datetime.timedelta(draw.randrange(700)) for _ in range(400)]
    noon = datetime.time(12, 30)
    table = pa.table(
        {
            "order": range(1001, 1401),
            "city": draw.choices(["Oslo", "Köln", "São Paulo", "New York", "東京", " Lima ", None], k=400),
            "product": draw.choices(["lamp", "desk", "chair", "shelf"], [4, 2, 3, 1], k=400),
            "quantity": pa.array(draw.choices([1, 2, 3, 5, 12, None], k=400), pa.int64()),
            "price": [round(draw.lognormvariate(4.2, 0.6), 2) for _ in range(400)],
            "discount": draw.choices([0.0, 0.05, 0.1, 0.25, None], k=400),
            "ordered": days,
            "delivered": [
                None
                if draw.random() < 0.1
                else datetime.datetime.combine(day, noon) + datetime.timedelta(minutes=draw.randrange(20000))
                for day in days
            ],
            "paid": [draw.random() < 0.7 for _ in range(400)],
            "returned": draw.choices([True, False, None], [1, 5, 1], k=400),
            "rating": draw.choices(range(1, 6), k=400),
            "note": draw.choices(["", "late parcel 3", "gift wrap", "called 2 times, late", "Naïve note", None], k=400),
        }
    )
    path = tmp_path_factory.mktemp("benign") / "orders.parquet"
    pq.write_table(table, path)
    return path


@pytest.fixture(scope="module")
def warm(orders: Path) -> Iterator[Sandbox]:
    with Sandbox(orders, CONFIG) as opened:
        yield opened


def plain(orders: Path, sources: list[str], folder: Path) -> list[tuple[str, str | None]]:
    """Run the cells in a separate plain Python; return the text and error of each."""
    done = subprocess.run(
        [sys.executable, "-s", "-P", "-B", str(PLAIN), str(orders)],
        input=json.dumps(sources),
        env={**ENVIRONMENT, "TMPDIR": str(folder), "MPLCONFIGDIR": str(folder), "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [(text, error) for text, error in json.loads(done.stdout)]


def test_there_are_many_different_cells() -> None:
    every = [cell for notebook in NOTEBOOKS for cell in cells(notebook)]
    assert len(set(every)) == len(every) >= 400


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_session_gives_what_plain_python_gives(warm: Sandbox, orders: Path, notebook: str, tmp_path: Path) -> None:
    sources = cells(notebook)
    expected = plain(orders, sources, tmp_path)
    with warm.session() as session:
        results = [session.run(source) for source in sources]
    assert [error for _, error in expected if error] == [], "plain Python fails"
    assert "" not in [text for text, _ in expected], "a cell that shows nothing proves nothing"
    broken = {
        source: {"plain Python": text, "sandbox": result.stdout, "error": result.error, "ended": result.ended}
        for source, (text, _), result in zip(sources, expected, results, strict=True)
        if (result.stdout, result.error, result.ended, result.truncated) != (text, None, "open", False)
    }
    assert not broken, json.dumps(broken, indent=1, ensure_ascii=False).replace("\\n", "\n")
