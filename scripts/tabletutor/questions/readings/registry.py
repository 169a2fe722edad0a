"""All rules, and the readings of a program that they yield."""

from collections.abc import Callable

from tabletutor.programs.grammar import Program
from tabletutor.questions.readings import conditions, counting, form, missing, spread, statistics
from tabletutor.questions.readings.reading import Reading, Rule, Table
from tabletutor.questions.wording import column_words
from tabletutor.records.table import TableProfile

RULES: tuple[Rule, ...] = (
    conditions.total_rows,
    counting.distinct_entities,
    missing.missing_not_counted,
    missing.missing_counted,
    missing.rows_counted,
    missing.missing_as_value,
    missing.missing_as_group,
    missing.missing_as_zero,
    conditions.range_bounds,
    conditions.whole_day,
    conditions.lower_bin,
    conditions.case_ignored,
    conditions.whole_word,
    spread.population_deviation,
    spread.population_variance,
    spread.uncorrected_shape,
    statistics.quantile_interpolation,
    statistics.correlation_method,
    statistics.unweighted,
    statistics.mean_over_rows,
    statistics.other_variances,
    statistics.one_sided,
    statistics.other_group_first,
    statistics.yates_correction,
    counting.every_copy,
    counting.rank_ties,
    counting.empty_as_zero,
    counting.date_order,
    form.other_change,
    form.swapped_difference,
    form.fraction,
    form.half_away,
)


def other_readings(
    program: Program, profile: TableProfile, say: Callable[[str], str] = column_words
) -> tuple[Reading, ...]:
    """Return what else a question with this program could mean, most far-reaching first.

    `say` returns what a question calls a column, for the clauses. Several readings may have one name: they are ruled
    out by one clause.
    """
    table = Table(profile, say)
    return tuple(reading for rule in RULES for reading in rule(program, table))
