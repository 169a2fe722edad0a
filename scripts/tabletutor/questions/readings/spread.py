"""Readings of measures of spread and shape: of the sample or of the population, corrected for bias or not."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from tabletutor.programs.grammar import (
    Aggregate,
    Aggregation,
    Group,
    GroupStatistic,
    Outliers,
    Pivot,
    Program,
    Scale,
    Step,
)
from tabletutor.questions.readings.reading import Reading, ReadingName, Table, change_steps

STD: Mapping[Aggregation, Aggregation] = {"std": "population_std"}
VAR: Mapping[Aggregation, Aggregation] = {"var": "population_var"}
SKEW: Mapping[Aggregation, Aggregation] = {"skew": "population_skew"}
KURT: Mapping[Aggregation, Aggregation] = {"kurt": "population_kurt"}
PEARSON: Mapping[Aggregation, Aggregation] = {"kurt": "pearson_kurt"}

SAMPLE_STD = ("Use the sample standard deviation.", "Take the sample standard deviation.")
SAMPLE_VAR = ("Use the sample variance.", "Take the sample variance.")
SKEWNESS = ("Correct the skewness for bias.", "Use the skewness corrected for bias.")
KURTOSIS = ("Correct the kurtosis for bias.", "Use the kurtosis corrected for bias.")
EXCESS = ("Use the excess kurtosis.", "Give the excess kurtosis.")


def population_deviation(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading with the deviation of the population, also in z-scores and over groups."""

    def change(step: Step) -> Step:
        match step:
            case GroupStatistic(statistic="std"):
                return GroupStatistic("population_std")
            case Outliers(method="zscore") | Scale(method="zscore"):
                return replace(step, population=True)
            case _:
                return _swap(step, STD)

    if changed := change_steps(program, change):
        yield Reading("population_deviation", changed, SAMPLE_STD)


def population_variance(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading with the variance of the population."""
    if changed := change_steps(program, lambda step: _swap(step, VAR)):
        yield Reading("population_variance", changed, SAMPLE_VAR)


def uncorrected_shape(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the readings of skewness and kurtosis that are not corrected for bias, or give 3 for a normal curve."""
    ways: tuple[tuple[ReadingName, Mapping[Aggregation, Aggregation], tuple[str, ...]], ...] = (
        ("uncorrected_skewness", SKEW, SKEWNESS),
        ("uncorrected_kurtosis", KURT, KURTOSIS),
        ("pearson_kurtosis", PEARSON, EXCESS),
    )
    for name, swap, clause in ways:
        if changed := change_steps(program, lambda step, swap=swap: _swap(step, swap)):
            yield Reading(name, changed, clause)


def _swap(step: Step, swap: Mapping[Aggregation, Aggregation]) -> Step:
    """Return the step with its aggregation replaced."""
    if isinstance(step, Aggregate | Group | Pivot) and step.aggregation in swap:
        return replace(step, aggregation=swap[step.aggregation])
    return step
