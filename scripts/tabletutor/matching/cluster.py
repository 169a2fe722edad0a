"""Equal answers gathered into clusters, whatever order they come in."""

from collections.abc import Mapping
from typing import Any

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.records.question import AnswerSpec, AnswerType


def cluster(
    answers: Mapping[str, Any], answer_type: AnswerType, spec: AnswerSpec, config: VerdictsConfig
) -> dict[str, int]:
    """The cluster of each voter's answer. Two answers share one if a chain of equal answers joins them.

    A tolerance is not transitive, so clusters are the connected components of the relation: that alone does not depend
    on the order. Clusters are numbered from 0 by their smallest voter.
    """
    voters = sorted(answers)
    numbers: dict[str, int] = {}
    found = 0
    for start in voters:
        if start in numbers:
            continue
        numbers[start] = found
        pending = [start]
        while pending:
            here = pending.pop()
            for other in voters:
                if other not in numbers and match(answers[here], answers[other], answer_type, spec, config):
                    numbers[other] = found
                    pending.append(other)
        found += 1
    return numbers
