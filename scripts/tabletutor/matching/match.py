"""Decide whether two answers to one question are equal. The relation is reflexive and symmetric, for any JSON.

The declared type decides (see `canonical`). Integers, categories, booleans and instants are compared exactly. Numbers
are equal within a relative tolerance or, if the question declares decimals, within half a unit of the last one. A
question may also declare an absolute tolerance. Lists are ordered, sets are not. Mappings, records and tables are
compared by key.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, get_args

from tabletutor.config.nearest import suggestion
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.canonical import Canonical, Entries, Items, Number, canonical
from tabletutor.records.question import AnswerSpec, AnswerType

TYPES: tuple[AnswerType, ...] = get_args(AnswerType)
ZERO_NOISE = 1e-12  # rounding error of a sum that is 0; a relative tolerance has no meaning at 0
ROUNDING_NOISE = 1e-9  # relative rounding error of a value exactly half a unit away


def match(gold: Any, candidate: Any, answer_type: AnswerType, spec: AnswerSpec, config: VerdictsConfig) -> bool:
    """Return whether two answers, given as JSON, are equal. Symmetric. Raises ValueError for an unknown type, and
    for a part of type record.

    Percentages are in percentage points: 45.3, "45.3" and "45.3%" are equal, 0.453 is not. A list with one member does
    not equal the member. `spec.decimals` and `spec.tolerance` apply to numbers and percentages, also inside a list,
    set, mapping, record or table.
    """
    for kind in (answer_type, spec.item, *(kind for _, kind in spec.parts)):
        if kind is not None and kind not in TYPES:
            raise ValueError(f"no answer type {kind!r}; {suggestion(str(kind), TYPES)}")
    for name, kind in spec.parts:
        if kind == "record":
            raise ValueError(f"part {name!r} is a record; a part of a record must have another type")
    return _equal(canonical(gold, answer_type, spec), canonical(candidate, answer_type, spec), spec, config)


def is_close(first: float, second: float, spec: AnswerSpec, config: VerdictsConfig) -> bool:
    """Return whether two numbers are equal within the declared decimals, or else the relative tolerance; or within the
    declared absolute tolerance. Symmetric.
    """
    if first == second:
        return True
    distance = abs(first - second)
    largest = max(abs(first), abs(second))
    if largest == float("inf"):
        return False
    if spec.tolerance is not None and distance <= spec.tolerance * (1 + ROUNDING_NOISE) + ZERO_NOISE * largest:
        return True
    if spec.decimals is not None:
        half = 0.5 * 10.0**-spec.decimals
        return distance <= half * (1 + ROUNDING_NOISE) + ZERO_NOISE * largest
    if first == 0 or second == 0:
        return distance <= ZERO_NOISE
    return distance <= config.relative_tolerance * largest


def _equal(first: Canonical, second: Canonical, spec: AnswerSpec, config: VerdictsConfig) -> bool:
    if isinstance(first, Number) and isinstance(second, Number):
        return is_close(first.value, second.value, spec, config)
    if isinstance(first, Items) and isinstance(second, Items):
        if first.ordered:
            pairs = zip(first.members, second.members, strict=False)
            return len(first.members) == len(second.members) and all(_equal(a, b, spec, config) for a, b in pairs)
        return _covers(first.members, second.members, spec, config) and _covers(
            second.members, first.members, spec, config
        )
    if isinstance(first, Entries) and isinstance(second, Entries):
        return _equal_entries(first, second, spec, config)
    return type(first) is type(second) and first == second


def _covers(
    members: Sequence[Canonical], others: Sequence[Canonical], spec: AnswerSpec, config: VerdictsConfig
) -> bool:
    """Return whether each of `members` has an equal among `others`. Repeats do not count."""
    exact = {other for other in others if not isinstance(other, Number)}
    numbers = sorted(other.value for other in others if isinstance(other, Number))
    zeros = [0.0] if 0.0 in numbers else []  # always a candidate: `is_close` has another rule at 0
    for member in members:
        if isinstance(member, Number):
            place = bisect_left(numbers, member.value)
            near = [*numbers[max(place - 1, 0) : place + 1], *zeros]
            if not any(is_close(member.value, other, spec, config) for other in near):
                return False
        elif member not in exact:
            return False
    return True


def _equal_entries(first: Entries, second: Entries, spec: AnswerSpec, config: VerdictsConfig) -> bool:
    """Compare mappings by folded key, or by the key as written if folding merges two keys of one mapping."""
    folded = all(len({entry[0] for entry in side.entries}) == len(side.entries) for side in (first, second))
    place = 0 if folded else 1
    ours = {entry[place]: entry[2] for entry in first.entries}
    theirs = {entry[place]: entry[2] for entry in second.entries}
    return ours.keys() == theirs.keys() and all(_equal(ours[key], theirs[key], spec, config) for key in ours)
