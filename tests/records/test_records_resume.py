"""Work through units with a journal: each is done once, in order, and a failure keeps what came before it."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

from tabletutor.records.episode import Vote
from tabletutor.records.journal import Journal, Work
from tabletutor.records.resume import resume

WORK = Work("episodes", "cars", "a" * 64)


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def vote(item: int) -> Vote:
    """A record that says its item; zero cannot be worked on."""
    return Vote(f"trace {item}", 12 // item)


def through(items: list[int], journal: Journal, pool: Executor) -> Iterator[tuple[Vote, bool]]:
    return (tuple(unit) for unit in resume(items, str, vote, Vote, journal, pool))


def test_units_come_in_order_and_the_next_time_from_the_journal(tmp_path: Path, pool: Executor) -> None:
    with Journal(tmp_path, WORK) as journal:
        assert list(through([3, 1, 2], journal, pool)) == [(vote(item), False) for item in (3, 1, 2)]
    with Journal(tmp_path, WORK) as journal:
        assert list(through([2, 4, 3], journal, pool)) == [(vote(2), True), (vote(4), False), (vote(3), True)]
        assert len(journal) == 4


def test_what_was_done_before_a_failure_is_kept(tmp_path: Path, pool: Executor) -> None:
    with Journal(tmp_path, WORK) as journal, pytest.raises(ZeroDivisionError):
        list(through([2, 3, 0, 4], journal, pool))
    with Journal(tmp_path, WORK) as journal:
        assert {item for item in range(5) if journal.get(str(item))} == {2, 3}
