"""Hypothesis tests: the statistic, the p-value or the decision."""

from typing import Literal, NamedTuple

from tabletutor.programs.grammar import HypothesisTest
from tabletutor.questions.draw import MANY_DISTINCT, CannotDraw, Draw
from tabletutor.questions.english import a_or_an
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import VALUE
from tabletutor.questions.phrases import two_groups
from tabletutor.questions.readings.reading import ReadingName

DECISION = (
    "Does {test} reject {null} at the {level} level{back}?",
    "{front}does {test} reject {null} at the {level} level?",
    "[Check|Test] whether {test} rejects {null} at the {level} level{back}.",
    "[Can|Could] you check if the p-value of {whole_test} is below {level}{back}?",
    "Please report whether {test} rejects {null} at the {level} level{back}.",
    # held out
    "Run {whole_test}{back}. Is its p-value below {level}?",
    "True or false, for {whole}: {test} rejects {null} at the {level} level?",
)
Part = Literal["statistic", "p"]
NAMED_TEST = frozenset[ReadingName]({"equal_variances", "unequal_variances", "one_sided", "yates_correction"})


class Words(NamedTuple):
    """A test without an article, the columns that it is of, its null hypothesis, and the symbol of its statistic."""

    test: str
    of: str
    null: str
    symbol: str

    @property
    def whole(self) -> str:
        """The test with its columns: "Shapiro-Wilk test of fare for normality"."""
        return f"{self.test} {self.of}"


def _test(draw: Draw) -> tuple[HypothesisTest, Words]:
    """Return a test with the part "statistic", and its words."""
    kind = draw.choice(("welch_t", "welch_t", "student_t", "mann_whitney", "anova", "chi_square", "shapiro"))
    if kind == "shapiro":
        column = draw.measure()
        if column.unique < MANY_DISTINCT or draw.profile.rows > 5000:
            raise CannotDraw
        name = draw.say_the(column)
        words = Words("Shapiro-Wilk test", f"of {name} for normality", f"normality of {name}", "W")
        return HypothesisTest(kind, column.name, "statistic"), words
    if kind == "chi_square":
        by, other = draw.category(most=8), draw.category(most=8)
        null = f"independence of {draw.say(other)} and {draw.say(by)}"
        words = Words("chi-square test (without Yates' correction)", f"of the {null}", null, "chi-square")
        return HypothesisTest(kind, other.name, "statistic", by.name), words
    by, column = draw.category(most=8 if kind == "anova" else 60), draw.measure()
    name = draw.say_the(column)
    if column.unique < MANY_DISTINCT:
        raise CannotDraw
    if kind == "anova":
        null = f"equal means of {name} for all {draw.say_many(by)}"
        words = Words("one-way ANOVA", f"of {name} by {draw.say(by)}", null, "F")
        return HypothesisTest(kind, column.name, "statistic", by.name), words
    left, right = draw.values(by, 2)
    test, equal, symbol = {
        "welch_t": ("two-sided Welch t-test (unequal variances)", "means", "t"),
        "student_t": ("two-sided Student t-test (equal variances)", "means", "t"),
        "mann_whitney": ("two-sided Mann-Whitney U test (normal approximation)", "distributions", "U"),
    }[kind]
    of = f"of {name} for {two_groups(draw, by, (left, right))}"
    words = Words(test, of, f"equal {equal} {of}", symbol)
    return HypothesisTest(kind, column.name, "statistic", by.name, (left, right)), words


def _number(draw: Draw) -> Candidate:
    test, words = _test(draw)
    part: Part = draw.choice(("statistic", "p", "p"))
    noun = f"p-value of the {words.whole}" if part == "p" else f"statistic ({words.symbol}) of the {words.whole}"
    step = HypothesisTest(test.kind, test.column, part, test.by, test.values)
    return Candidate(
        chain(step), {"noun": noun}, "number", rounds=True, variant=f"{test.kind}_{part}", settled=NAMED_TEST
    )


def _decision(draw: Draw) -> Candidate:
    test, words = _test(draw)
    level = draw.choice((0.05, 0.05, 0.01))
    step = HypothesisTest(test.kind, test.column, "decision", test.by, test.values, level)
    slots = {"test": a_or_an(words.test), "whole_test": a_or_an(words.whole), "null": words.null, "level": str(level)}
    return Candidate(
        chain(step), slots, "boolean", tags=("binary_choice",), variant=f"{test.kind}_decision", settled=NAMED_TEST
    )


FAMILIES = (
    Family("test_number", "test", _number, VALUE, conditions=(0, 1), front=True),
    Family("test_decision", "test", _decision, DECISION, conditions=(0, 1), front=True),
)
