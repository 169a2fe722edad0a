"""The columns that explorations look at: drawn by role, so that each conversation sees another side of the table."""

from collections.abc import Sequence

from tabletutor.records.identity import rng
from tabletutor.records.table import Role, TableProfile

_SIDES: tuple[tuple[int, frozenset[Role]], ...] = (
    (2, frozenset({"additive", "intensive", "duration"})),
    (2, frozenset({"category", "flag", "ordinal", "label", "code", "list"})),
    (1, frozenset({"date", "year", "date_part"})),
)
_UNASKED: frozenset[Role] = frozenset({"constant", "empty"})
TRIES = 20  # draws until one differs from those of earlier conversations


def draw_focuses(profile: TableProfile, number: int, seed: int) -> list[tuple[str, ...]]:
    """Return the headers for each conversation: at most two measures, two groupings and one date. They differ if the
    table has enough columns.
    """
    result: list[tuple[str, ...]] = []
    for conversation in range(number):
        focus: tuple[str, ...] = ()
        for attempt in range(TRIES):
            focus = _draw(profile, seed, conversation, attempt)
            if focus not in result:
                break
        result.append(focus)
    return result


def _draw(profile: TableProfile, seed: int, conversation: int, attempt: int) -> tuple[str, ...]:
    source = rng(seed, "focus", profile.sha256, conversation, attempt)
    chosen: list[str] = []
    for most, roles in _SIDES:
        names = _names(profile, roles)
        chosen += source.sample(names, min(most, len(names)))
    if not chosen:
        names = [column.name for column in profile.columns if column.role not in _UNASKED]
        chosen = source.sample(names, min(3, len(names)))
    order = [column.name for column in profile.columns]
    return tuple(sorted(chosen, key=order.index))


def _names(profile: TableProfile, roles: frozenset[Role]) -> Sequence[str]:
    return [column.name for column in profile.columns if column.role in roles]
