"""Hypothesis tests as pandas source, with scipy.stats."""

from typing import assert_never

from tabletutor.programs import grammar as g


def hypothesis_test_preparation(step: g.HypothesisTest, frame: str) -> tuple[str, ...]:
    """Return the lines of code that must stand before the expression for a part of a test."""
    if step.tails != 2 or step.yates:
        raise ValueError(f"{step}: only Polars computes one-sided and corrected tests")
    match step.kind:
        case "welch_t":
            return _two_groups(step, frame, "stats.ttest_ind(first, second, equal_var=False)")
        case "student_t":
            return _two_groups(step, frame, "stats.ttest_ind(first, second)")
        case "mann_whitney":
            return _two_groups(step, frame, "stats.mannwhitneyu(first, second, method='asymptotic')")
        case "anova":
            rows = f"{frame}.dropna(subset=[{step.column!r}])"
            samples = f"samples = [values for _, values in {rows}.groupby({step.by!r})[{step.column!r}]]"
            return ("from scipy import stats", samples, "test = stats.f_oneway(*samples)")
        case "chi_square":
            counts = f"counts = pd.crosstab({frame}[{step.by!r}], {frame}[{step.column!r}])"
            return ("from scipy import stats", counts, "test = stats.chi2_contingency(counts, correction=False)")
        case "shapiro":
            return ("from scipy import stats", f"test = stats.shapiro({frame}[{step.column!r}].dropna())")
        case _:
            assert_never(step.kind)


def hypothesis_test(step: g.HypothesisTest) -> str:
    """Return the expression for a part of the test that the preparation has computed."""
    match step.part:
        case "statistic":
            return "test.statistic"
        case "p":
            return "test.pvalue"
        case "decision":
            return f"bool(test.pvalue < {step.level!r})"


def _two_groups(step: g.HypothesisTest, frame: str, test: str) -> tuple[str, ...]:
    names = zip(("first", "second"), step.values, strict=True)
    samples = [
        f"{variable} = {frame}.loc[{frame}[{step.by!r}] == {name!r}, {step.column!r}].dropna()"
        for variable, name in names
    ]
    return ("from scipy import stats", *samples, f"test = {test}")
