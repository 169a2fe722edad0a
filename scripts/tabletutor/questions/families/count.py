"""Count: how many rows or values there are, and what share of the rows fulfils a condition."""

from tabletutor.programs.grammar import Aggregate, Count, Missing, MissingShare, Outliers, Repeated, Share, Where
from tabletutor.questions.columns import splits_rows
from tabletutor.questions.conditions import draw_condition
from tabletutor.questions.draw import MANY_DISTINCT, CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import COUNT, VALUE
from tabletutor.questions.population import OUTLIERS, are_outliers
from tabletutor.questions.readings.reading import ReadingName
from tabletutor.records.table import TEMPORAL, ColumnProfile

SHARE = (
    "What percentage of the {rows}{back} have {attribute}?",
    "{front}what percentage of {rows} have {attribute}?",
    "[Compute|Find] the percentage of {rows} with {attribute}{back}.",
    "[Can|Could] you tell me what percentage of the {rows}{back} have {attribute}?",
    "Please report the share of {rows} with {attribute}{back}, in percent.",
    "Just the percentage of {rows} with {attribute}, please.",
    # held out
    "Out of {whole}, what percentage have {attribute}?",
    "{front}what part of the {rows} has {attribute}, in percent?",
)
DISTINCT = (
    "How many different {whats} are there{back}?",
    "{front}how many different {whats} are there?",
    "Count the [distinct|different] {whats}{back}.",
    "What is the number of [distinct|different] {whats}{back}?",
    "[Can|Could] you count the different {whats}{back}?",
    "Please report the number of distinct {whats}{back}.",
    # held out
    "Counting each of them once, how many {whats} do you find in {whole}?",
    "{front}how many {whats} are there, not counting repeats?",
)
GAPS = (
    "In how many {rows} is {name} missing?",
    "How many {rows} have no value for {name}?",
    "Count the {rows} in which {name} is missing.",
    "What is the number of missing values of {name}?",
    "[Can|Could] you count the {rows} without a value for {name}?",
    "Please report how many values of {name} are missing.",
    "{front}how many values of {name} are missing?",
    # held out
    "How many empty cells does {name} have in {whole}?",
    "Looking at {whole}, how many have no value in {name}?",
)
MOST_KINDS = 0.5  # different codes among the rows; codes that hardly recur only distinguish rows
EMPTY_NOUNS = frozenset({"number", "count", "value", "amount", "total"})  # "the number of different numbers"
MIN_GAPS = 3  # in a column whose gaps are counted
MIN_GAP_SHARE = 0.01
MIN_KINDS = 4  # values of a column whose different values are counted


def _rows(draw: Draw) -> Candidate:
    return Candidate(chain(Count()), {}, "integer")


def _share(draw: Draw) -> Candidate:
    condition = draw_condition(draw, ("is", "threshold"))
    (step,) = condition.steps
    if not isinstance(step, Where) or condition.attribute is None:
        raise CannotDraw
    program = chain(Share(step.column, step.comparison, step.value))
    return Candidate(
        program,
        {"attribute": condition.attribute},
        "percentage",
        unit="%",
        rounds=True,
        variant=condition.kind,
        settled=condition.settled | frozenset[ReadingName]({"fraction"}),
    )


def _distinct(draw: Draw) -> Candidate:
    column = draw.column(("category", "code", "year"))
    known = draw.profile.rows - column.missing
    recurs = column.role != "code" or column.unique <= MOST_KINDS * known
    if column.unique < MIN_KINDS or not recurs or not splits_rows(column, draw.profile.rows):
        raise CannotDraw
    if draw.say(column).casefold() in EMPTY_NOUNS:
        raise CannotDraw
    return Candidate(chain(Aggregate(column.name, "nunique")), {"whats": draw.say_many(column)}, "integer")


def _with_gaps(draw: Draw) -> ColumnProfile:
    """Return a column with enough gaps to ask about them. A handful in a large table is an oversight."""
    column = draw.incomplete()
    if column.missing < max(MIN_GAPS, MIN_GAP_SHARE * draw.profile.rows):
        raise CannotDraw
    return column


def _missing(draw: Draw) -> Candidate:
    column = _with_gaps(draw)
    return Candidate(chain(Missing(column.name), Count()), {"name": draw.spoken[column.name].quoted}, "integer")


def _missing_share(draw: Draw) -> Candidate:
    column = _with_gaps(draw)
    name = draw.spoken[column.name].quoted
    noun = draw.choice((f"percentage of rows in which {name} is missing", f"percentage of missing values in {name}"))
    return Candidate(
        chain(MissingShare(column.name)),
        {"noun": noun},
        "percentage",
        unit="%",
        rounds=True,
        settled=frozenset({"fraction"}),
    )


def _outliers(draw: Draw) -> Candidate:
    column = draw.measure()
    if column.unique < MANY_DISTINCT:
        raise CannotDraw
    name = draw.say_the(column)
    method, words = draw.choice(OUTLIERS)
    if method == "iqr":
        words = draw.choice((words, "by the 1.5 IQR rule"))
    noun = draw.choice(
        (
            f"number of outliers in {name} ({words})",
            f"number of rows whose {draw.say(column)} {are_outliers(draw, column)} ({words})",
        )
    )
    return Candidate(chain(Outliers(column.name, method), Count()), {"noun": noun}, "integer", variant=method)


def _repeated(draw: Draw) -> Candidate:
    columns = draw.profile.columns
    if not any(column.unique > MOST_KINDS * draw.profile.rows or column.kind in TEMPORAL for column in columns):
        raise CannotDraw  # equal rows are people of one age and sex, not copies
    noun = draw.choice(
        (
            "number of rows that repeat an earlier row in all columns",
            "number of duplicate rows, not counting the first of each",
        )
    )
    return Candidate(chain(Repeated(), Count()), {"noun": noun}, "integer", settled=frozenset({"every_copy"}))


FAMILIES = (
    Family("count_rows", "count", _rows, COUNT, conditions=(1, 2), weight=6),
    Family("share_of_rows", "count", _share, SHARE, conditions=(0, 1), front=True, weight=4),
    Family("distinct_count", "count", _distinct, DISTINCT, conditions=(0, 1), weight=2),
    Family("missing_count", "missing", _missing, GAPS, conditions=(0, 1), front=True, weight=2),
    Family("missing_share", "missing", _missing_share, VALUE, conditions=(0, 1), front=True),
    Family("outlier_count", "count", _outliers, VALUE, conditions=(0, 0)),
    Family("repeated_rows", "count", _repeated, VALUE, conditions=(0, 0)),
)
