"""Hypothesis tests as pandas source."""

from tabletutor.programs import grammar as g


def hypothesis_test(step: g.HypothesisTest, frame: str) -> str:
    """Return the expression for a part of a test over the rows of `frame`."""
    raise NotImplementedError
