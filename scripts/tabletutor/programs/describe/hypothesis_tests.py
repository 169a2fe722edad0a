"""Hypothesis tests in words."""

from tabletutor.programs import grammar as g

_TESTS = {
    "welch_t": "Welch's t-test",
    "student_t": "Student's t-test",
    "mann_whitney": "the Mann-Whitney test",
    "anova": "a one-way analysis of variance",
    "chi_square": "a chi-square test",
    "shapiro": "the Shapiro-Wilk test",
}


def hypothesis_test_words(step: g.HypothesisTest) -> str:
    """Return what a test asks, as an imperative clause."""
    where = f" on {step.column!r}" if step.by is None else f" on {step.column!r} by {step.by!r}"
    if step.values:
        where += f", {step.values[0]!r} against {step.values[1]!r},"
    return f"run {_TESTS[step.kind]}{where} and {_part(step)}"


def _part(step: g.HypothesisTest) -> str:
    match step.part:
        case "statistic":
            return "take the statistic"
        case "p":
            return "take the p-value"
        case "decision":
            return f"test if p < {step.level!r}"
