"""Every family of questions, in the order of their categories."""

from tabletutor.questions.families import (
    aggregate,
    breakdown,
    compare,
    conditions,
    dates,
    group,
    missing,
    rank,
    relate,
    texts,
)
from tabletutor.questions.family import Family

FAMILIES: tuple[Family, ...] = (
    *conditions.FAMILIES,
    *aggregate.FAMILIES,
    *group.FAMILIES,
    *breakdown.FAMILIES,
    *rank.FAMILIES,
    *compare.FAMILIES,
    *relate.FAMILIES,
    *dates.FAMILIES,
    *texts.FAMILIES,
    *missing.FAMILIES,
)
