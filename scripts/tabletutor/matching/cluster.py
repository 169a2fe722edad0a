"""Group equal answers into clusters, independently of their order."""

from collections.abc import Mapping
from typing import Any

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.records.question import AnswerSpec, AnswerType


def cluster(
    answers: Mapping[str, Any], answer_type: AnswerType, spec: AnswerSpec, config: VerdictsConfig
) -> dict[str, int]:
    """Return the cluster number of each voter's answer. Answers share a cluster if a chain of equal answers joins them.

    Equality within a tolerance is not transitive. Clusters are therefore the connected components of the relation,
    which do not depend on the order of answers. They are numbered from 0, in the order of their first voters by name.
    """
    voters = sorted(answers)
    numbers: dict[str, int] = {}
    count = 0
    for start in voters:
        if start in numbers:
            continue
        numbers[start] = count
        pending = [start]
        while pending:
            here = pending.pop()
            for other in voters:
                if other not in numbers and match(answers[here], answers[other], answer_type, spec, config):
                    numbers[other] = count
                    pending.append(other)
        count += 1
    return numbers
