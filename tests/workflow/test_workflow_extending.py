"""The recipes of `docs/extending.md`, followed exactly in a clone of the built smoke project."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.checkout import CONFIG, RESULTS, Checkout, worked
from tests.support.recipes import blocks, follow, recipe

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FORMAT, METHOD = recipe("A training format"), recipe("A training method")
TRAINING = "scripts/tabletutor/config/training.py"


def follow_both(root: Path) -> dict[str, Any]:
    """Write the files of the recipes, and return the smoke configuration extended with theirs."""
    follow(FORMAT, root)
    follow(METHOD, root)
    (written,) = [text for text in blocks(METHOD, "python") if text.startswith("class ")]
    union = "TrainingConfig = Annotated["
    before, after = (root / TRAINING).read_text(encoding="utf-8").split(union)
    named = after.replace(", Field(discriminator", " | HalfConfig, Field(discriminator", 1)
    (root / TRAINING).write_text(f"{before}{written}\n\n{union}{named}", encoding="utf-8")
    (formats,) = re.findall(r"`formats: (\{.*?\})`", FORMAT)
    (runs,) = map(yaml.safe_load, blocks(METHOD, "yaml"))
    return {**CONFIG, "formats": yaml.safe_load(formats), "runs": {**CONFIG["runs"], **runs["runs"]}}


def test_a_format_and_a_method_of_ones_own(clone: Checkout) -> None:
    """The existing rules build them, and earlier artefacts stay."""
    config = follow_both(clone.root)
    (clone.root / "config" / "smoke.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    results = clone.root / RESULTS
    targets = ("checkpoints/half/SHA256SUMS", "checkpoints/tuned/SHA256SUMS", "formats/answers/audit.json")
    done = clone.run(*(f"{RESULTS}/{target}" for target in targets))
    assert worked(done.stdout) == {"format answers", "audit answers", "mask half", "checkpoint half"}
    rows = [json.loads(line) for line in (results / "formats/answers/train.jsonl").open(encoding="utf-8")]
    assert {tuple(sorted(row)) for row in rows} == {("answer", "question_id", "table", "text", "trace_id")}
    assert set(Counter(row["table"] for row in rows).values()) == {5}, "as many rows of a table as the recipe says"
    lines = [json.loads(line) for line in (results / "checkpoints/half/metrics.ndjson").open(encoding="utf-8")]
    assert [line["step"] for line in lines if line["split"] == "train"] == [1, 2]
