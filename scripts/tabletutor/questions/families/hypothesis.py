"""Hypothesis tests: the statistic, the p-value or the decision."""

from typing import Literal

from tabletutor.programs.grammar import HypothesisTest
from tabletutor.questions.draw import MANY_DISTINCT, CannotDraw, Draw
from tabletutor.questions.english import a_or_an
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import VALUE
from tabletutor.questions.readings.reading import ReadingName
from tabletutor.questions.wording import value_words

DECISION = (
    "Does {test} reject its null hypothesis at the {level} level{back}?",
    "{front}does {test} reject its null hypothesis at the {level} level?",
    "[Check|Test] with {test} whether the null hypothesis is rejected at the {level} level{back}.",
    "[Can|Could] you check if the p-value of {test} is below {level}{back}?",
    "Please report whether {test} is significant at the {level} level{back}.",
    # held out
    "Run {test}{back}. Is its p-value below {level}?",
    "True or false, for {whole}: {test} has a p-value below {level}?",
)
Part = Literal["statistic", "p"]
NAMED_TEST = frozenset[ReadingName]({"equal_variances", "unequal_variances", "one_sided", "yates_correction"})


def _test(draw: Draw) -> tuple[HypothesisTest, str, str]:
    """Return a test with the part "statistic", its words after an article, and the symbol of its statistic."""
    kind = draw.choice(("welch_t", "welch_t", "student_t", "mann_whitney", "anova", "chi_square", "shapiro"))
    if kind == "shapiro":
        column = draw.measure()
        if column.unique < MANY_DISTINCT or draw.profile.rows > 5000:
            raise CannotDraw
        return (
            HypothesisTest(kind, column.name, "statistic"),
            f"Shapiro-Wilk test of {draw.say_the(column)} for normality",
            "W",
        )
    if kind == "chi_square":
        by, other = draw.category(most=8), draw.category(most=8)
        words = f"chi-square test of independence of {draw.say(other)} and {draw.say(by)} (without Yates' correction)"
        return HypothesisTest(kind, other.name, "statistic", by.name), words, "chi-square"
    by, column = draw.category(most=8 if kind == "anova" else 60), draw.measure()
    name, groups = draw.say_the(column), draw.say(by)
    if column.unique < MANY_DISTINCT:
        raise CannotDraw
    if kind == "anova":
        return HypothesisTest(kind, column.name, "statistic", by.name), f"one-way ANOVA of {name} by {groups}", "F"
    left, right = draw.values(by, 2)
    sides = f"of {name} between {groups} {value_words(left)} and {groups} {value_words(right)}"
    words, symbol = {
        "welch_t": ("two-sided Welch t-test (unequal variances)", "t"),
        "student_t": ("two-sided Student t-test (equal variances)", "t"),
        "mann_whitney": ("two-sided Mann-Whitney U test (normal approximation)", "U"),
    }[kind]
    return HypothesisTest(kind, column.name, "statistic", by.name, (left, right)), f"{words} {sides}", symbol


def _number(draw: Draw) -> Candidate:
    test, words, symbol = _test(draw)
    part: Part = draw.choice(("statistic", "p", "p"))
    noun = f"p-value of the {words}" if part == "p" else f"statistic ({symbol}) of the {words}"
    step = HypothesisTest(test.kind, test.column, part, test.by, test.values)
    return Candidate(
        chain(step), {"noun": noun}, "number", rounds=True, variant=f"{test.kind}_{part}", settled=NAMED_TEST
    )


def _decision(draw: Draw) -> Candidate:
    test, words, _ = _test(draw)
    level = draw.choice((0.05, 0.05, 0.01))
    step = HypothesisTest(test.kind, test.column, "decision", test.by, test.values, level)
    slots = {"test": a_or_an(words), "level": str(level)}
    return Candidate(
        chain(step), slots, "boolean", tags=("binary_choice",), variant=f"{test.kind}_decision", settled=NAMED_TEST
    )


FAMILIES = (
    Family("test_number", "test", _number, VALUE, conditions=(0, 1), front=True),
    Family("test_decision", "test", _decision, DECISION, conditions=(0, 1), front=True),
)
