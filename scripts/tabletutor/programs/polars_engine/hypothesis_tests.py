"""Hypothesis tests in Polars and Python."""

from typing import Any

import polars as pl

from tabletutor.programs import grammar as g


def compute_test(step: g.HypothesisTest, frame: pl.DataFrame) -> Any:
    """Return a part of a hypothesis test, as JSON."""
    raise NotImplementedError
