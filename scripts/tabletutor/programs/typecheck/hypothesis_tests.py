"""Check hypothesis tests."""

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.kinds import DISCRETE, NUMERIC, AnswerKind, Columns, IllTypedError, require


def hypothesis_test_kind(step: g.HypothesisTest, columns: Columns) -> AnswerKind:
    """Return the kind of a part of a test. Raises `IllTypedError` if it does not fit the columns."""
    two_groups = step.kind in ("welch_t", "student_t", "mann_whitney")
    require(step, columns, step.column, DISCRETE if step.kind == "chi_square" else NUMERIC)
    if (step.by is None) != (step.kind == "shapiro"):
        raise IllTypedError(f"{step}: a test needs `by`, except shapiro, which has none")
    if step.by is not None:
        require(step, columns, step.by, ("text",) if two_groups else DISCRETE)
        if step.by == step.column:
            raise IllTypedError(f"{step}: `by` and `column` are the same column")
    if (two_groups and len(set(step.values)) != 2) or len(step.values) != 2 * two_groups:
        raise IllTypedError(f"{step}: `values` has two different names for a test of two groups, else none")
    if not 0 < step.level < 1:
        raise IllTypedError(f"{step}: the level is not between 0 and 1")
    return "boolean" if step.part == "decision" else "number"
