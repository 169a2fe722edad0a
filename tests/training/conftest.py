"""Fixtures of the training tests: rows of every format, and a tiny model."""

from collections.abc import Callable
from pathlib import Path

import polars
import pytest

from tabletutor.config.formats import FORMAT_CONFIGS, FormatConfig
from tabletutor.config.models import ScratchModelConfig
from tabletutor.formats.registry import load_format
from tabletutor.models.scratch import make_scratch
from tabletutor.records.record import encode
from tests.support.cases import above
from tests.support.training_runs import FORMATS

SIZES = ScratchModelConfig(source="scratch", vocabulary=512, hidden=32, layers=2, heads=2, positions=1024)


@pytest.fixture(scope="session")
def project(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """Rows of every format, a table, and a model with a tokenizer trained on the rows."""
    return once("training", _make)


def _make(folder: Path) -> None:
    for name in FORMATS:
        kind, knobs = load_format(name), FORMAT_CONFIGS.get(name, FormatConfig)()
        for split, limits in (("train", range(60)), ("validation", range(60, 72))):
            rows = [row for limit in limits for row in kind.rows(above(limit), knobs, 0)]
            (folder / name).mkdir(exist_ok=True)
            (folder / name / f"{split}.jsonl").write_bytes(b"".join(encode(row) + b"\n" for row in rows))
    table = folder / "results" / "tables" / "t" / "table.parquet"
    table.parent.mkdir(parents=True)
    polars.DataFrame({"wind": [float(value) for value in range(90)]}).write_parquet(table)
    texts = [(folder / name / "train.jsonl").read_text() for name in ("sft-standard", "prm")]
    (folder / "model").mkdir()
    make_scratch(SIZES, texts, 0, folder / "model")
