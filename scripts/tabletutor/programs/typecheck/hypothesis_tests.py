"""Check hypothesis tests."""

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.kinds import AnswerKind, Columns


def hypothesis_test_kind(step: g.HypothesisTest, columns: Columns) -> AnswerKind:
    """Return the kind of a part of a test. Raises `IllTypedError` if it does not fit the columns."""
    raise NotImplementedError
