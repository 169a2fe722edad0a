"""Hypothesis tests in words."""

from tabletutor.programs import grammar as g


def hypothesis_test_words(step: g.HypothesisTest) -> str:
    """Return what a test asks, as an imperative clause."""
    raise NotImplementedError
