"""A long job's units in threads: what the journal has is taken from it, what is new is worked on and kept in it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Generic, NamedTuple, TypeVar

from tabletutor.records.journal import Journal
from tabletutor.records.record import Record, decode, encode

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class Unit(NamedTuple, Generic[R]):
    """The record of a finished unit, and whether it came from the journal."""

    record: R
    served: bool


def resume(
    items: Iterable[T], key: Callable[[T], str], work: Callable[[T], R], kind: type[R], journal: Journal, pool: Executor
) -> Iterator[Unit[R]]:
    """The units of all items, in their order, each in the journal before it is yielded; raises what `work` raises.

    `work` runs in the threads of the pool. Only the thread that iterates writes to the journal.
    """

    def attempt(item: T) -> tuple[str, R]:
        name = key(item)
        stored = journal.get(name)
        return name, decode(stored, kind) if stored is not None else work(item)

    for name, record in pool.map(attempt, items):
        served = journal.get(name) is not None
        if not served:
            journal.put(name, encode(record))
        yield Unit(record, served)
