"""Every family of questions, in the order of their categories."""

from tabletutor.questions.families import aggregate, compare, dates, filter, group, missing, rank, relate, texts
from tabletutor.questions.family import Family

FAMILIES: tuple[Family, ...] = (
    *filter.FAMILIES,
    *aggregate.FAMILIES,
    *group.FAMILIES,
    *rank.FAMILIES,
    *compare.FAMILIES,
    *relate.FAMILIES,
    *dates.FAMILIES,
    *texts.FAMILIES,
    *missing.FAMILIES,
)
