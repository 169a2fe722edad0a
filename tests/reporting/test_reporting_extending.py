"""The recipe for a metric in `docs/extending.md`, followed to the letter in a copy of the package."""

from pathlib import Path

import pytest

from tests.support.recipes import copy_package, follow, recipe, run_python

SUMMARISE = """
import sys
from pathlib import Path
from tabletutor.records.episode import Prediction, Score, Trace
from tabletutor.reporting.inputs import read_summary
from tabletutor.reporting.summary import as_csv, summarise

scores, predictions = [], []
for name, tokens in (("a", 5), ("b", 90), ("c", 7)):
    trace = Trace(f"t{name}", "student", "tuned", (), "submit", 1)
    predictions.append(Prediction(name, "planes", "tuned", 0, trace, tokens))
    kind = ("integer", "mean", "basic", "easy", "trained")
    scores.append(Score(name, "planes", "tuned", 0, True, *kind, 1, 1, 0, tokens))
Path("summary.csv").write_text(as_csv(summarise("tuned", "test", scores, predictions, 0.95)))
row = read_summary(Path("summary.csv"))[0]
print(row.group_by, row.median_tokens, row.mean_tokens)
"""


@pytest.mark.slow
def test_a_metric_of_ones_own_is_one_file(tmp_path: Path) -> None:
    root = copy_package(tmp_path)
    assert follow(recipe("A metric"), root) == {"scripts/tabletutor/reporting/summary.py"}
    assert run_python(SUMMARISE, root) == "overall 7.0 34.0\n"
