"""When two answers to one question are the same: a pure relation, reflexive, symmetric and never raising on JSON.

Declared type first (see `canonical`). Integers, categories, truth values and instants are exact; numbers are within a
relative tolerance, or within half a unit of the last declared decimal; lists are ordered, sets are not, mappings go by
key. There is no absolute tolerance but the one a question declares.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, get_args

from tabletutor.config.nearest import suggestion
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.canonical import Canonical, Entries, Items, Number, canonical
from tabletutor.records.question import AnswerSpec, AnswerType

TYPES: tuple[AnswerType, ...] = get_args(AnswerType)
ZERO_NOISE = 1e-12  # what a sum that is truly 0 may leave behind in doubles; a relative tolerance has no meaning at 0
ROUNDING_NOISE = 1e-9  # share of half a unit by which a value exactly on the edge may miss it in doubles


def match(gold: Any, candidate: Any, answer_type: AnswerType, spec: AnswerSpec, config: VerdictsConfig) -> bool:
    """Whether `candidate` is the answer `gold`, both as JSON. Symmetric in the two; no JSON raises an error. Raises
    ValueError for an unknown answer type.

    Percentages are in percent points: 45.3, "45.3" and "45.3%" are equal, 0.453 is not. A list of one is not its
    member. `spec.decimals` holds for a number or percentage and for such members of a list, set or mapping.
    """
    for kind in (answer_type, spec.item):
        if kind is not None and kind not in TYPES:
            raise ValueError(f"no answer type {kind!r}; {suggestion(str(kind), TYPES)}")
    return _same(canonical(gold, answer_type, spec), canonical(candidate, answer_type, spec), spec, config)


def close(first: float, second: float, spec: AnswerSpec, config: VerdictsConfig) -> bool:
    """Whether two numbers are equal under the declared decimals, or else the relative tolerance. Symmetric."""
    if first == second:
        return True
    distance = abs(first - second)
    largest = max(abs(first), abs(second))
    if largest == float("inf"):
        return False
    if spec.decimals is not None:
        half = 0.5 * 10.0**-spec.decimals
        return distance <= half * (1 + ROUNDING_NOISE) + ZERO_NOISE * largest
    if first == 0 or second == 0:
        return distance <= ZERO_NOISE
    return distance <= config.relative_tolerance * largest


def _same(first: Canonical, second: Canonical, spec: AnswerSpec, config: VerdictsConfig) -> bool:
    if isinstance(first, Number) and isinstance(second, Number):
        return close(first.value, second.value, spec, config)
    if isinstance(first, Items) and isinstance(second, Items):
        if first.ordered:
            pairs = zip(first.members, second.members, strict=False)
            return len(first.members) == len(second.members) and all(_same(a, b, spec, config) for a, b in pairs)
        return _covers(first.members, second.members, spec, config) and _covers(
            second.members, first.members, spec, config
        )
    if isinstance(first, Entries) and isinstance(second, Entries):
        return _same_entries(first, second, spec, config)
    return type(first) is type(second) and first == second


def _covers(
    members: Sequence[Canonical], others: Sequence[Canonical], spec: AnswerSpec, config: VerdictsConfig
) -> bool:
    """Whether each of `members` has its equal among `others`; repeats do not count, a set has none."""
    exact = {other for other in others if not isinstance(other, Number)}
    numbers = sorted(other.value for other in others if isinstance(other, Number))
    zeros = [0.0] if 0.0 in numbers else []  # beside the two neighbours: at 0 another rule holds, see `close`
    for member in members:
        if isinstance(member, Number):
            place = bisect_left(numbers, member.value)
            near = [*numbers[max(place - 1, 0) : place + 1], *zeros]
            if not any(close(member.value, other, spec, config) for other in near):
                return False
        elif member not in exact:
            return False
    return True


def _same_entries(first: Entries, second: Entries, spec: AnswerSpec, config: VerdictsConfig) -> bool:
    """Mappings by folded key; by the key as written where folding would make two keys of one mapping one."""
    folded = all(len({entry[0] for entry in side.entries}) == len(side.entries) for side in (first, second))
    place = 0 if folded else 1
    ours = {entry[place]: entry[2] for entry in first.entries}
    theirs = {entry[place]: entry[2] for entry in second.entries}
    return ours.keys() == theirs.keys() and all(_same(ours[key], theirs[key], spec, config) for key in ours)
