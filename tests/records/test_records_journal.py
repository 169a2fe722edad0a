"""The journal serves finished units again, but only to the same work. Truncated units are redone, and `resume` does
each unit once.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.records.episode import Vote
from tabletutor.records.journal import Journal, Work, read_segment, resume

KEYS = st.text(st.characters(blacklist_characters="\t\n", blacklist_categories=("Cs",)), min_size=1, max_size=12)
PAYLOADS = st.binary(max_size=40).filter(lambda data: b"\n" not in data)
WORK = Work("episodes", "cars", "a" * 64)


def segments(cache: Path, work: Work = WORK) -> list[Path]:
    return sorted(work.folder(cache).glob("*.journal"))


@given(units=st.dictionaries(KEYS, PAYLOADS, max_size=8))
def test_finished_units_are_read_back(tmp_path_factory: pytest.TempPathFactory, units: dict[str, bytes]) -> None:
    cache = tmp_path_factory.mktemp("cache")
    with Journal(cache, WORK) as journal:
        for key, payload in units.items():
            journal.put(key, payload)
    with Journal(cache, WORK) as journal:
        assert {key: journal.get(key) for key in units} == units
        assert len(journal) == len(units)


@given(cut=st.integers(min_value=2, max_value=60))  # without its line feed alone it is whole
def test_a_torn_last_record_is_dropped_and_the_rest_kept(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    cache = tmp_path_factory.mktemp("cache")
    with Journal(cache, WORK) as journal:
        journal.put("first", b"1")
        journal.put("second", b"2" * 60)
    (path,) = segments(cache)
    path.write_bytes(path.read_bytes()[:-cut])
    torn = path.read_bytes()
    with Journal(cache, WORK) as journal:
        assert journal.get("first") == b"1"
        assert journal.get("second") is None
        journal.put("second", b"3")
    assert path.read_bytes() == torn  # it may be another writer's
    with Journal(cache, WORK) as journal:
        assert journal.get("second") == b"3"


@given(place=st.integers(min_value=0), value=st.integers(min_value=0, max_value=255))
def test_a_changed_byte_never_changes_a_payload(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    units = {"first": b"1", "second": b"2", "third": b"3"}
    with Journal(cache, WORK) as journal:
        for key, payload in units.items():
            journal.put(key, payload)
    (path,) = segments(cache)
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(bytes(content))
    with Journal(cache, WORK) as journal:
        served = {key: journal.get(key) for key in units}
    assert {key: payload for key, payload in served.items() if payload is not None}.items() <= units.items()


def test_writers_at_once_have_a_file_each_and_read_each_other(tmp_path: Path) -> None:
    with Journal(tmp_path, WORK) as one, Journal(tmp_path, WORK) as other:
        one.put("a", b"1")
        other.put("b", b"2")
        one.put("c", b"3")
    assert len(segments(tmp_path)) == 2
    with Journal(tmp_path, WORK) as journal:
        assert {key: journal.get(key) for key in "abc"} == {"a": b"1", "b": b"2", "c": b"3"}


@pytest.mark.parametrize(
    "other",
    [WORK._replace(identity="a" * 63 + "b"), WORK._replace(subject="boats"), WORK._replace(stage="questions")],
    ids=["identity", "subject", "stage"],
)
def test_units_of_other_work_are_never_served(tmp_path: Path, other: Work) -> None:
    """Journals may share a file name: the first 16 digits of these identities are the same."""
    with Journal(tmp_path, WORK) as journal:
        journal.put("key", b"payload")
    (path,) = segments(tmp_path)
    other.folder(tmp_path).mkdir(parents=True, exist_ok=True)
    (other.folder(tmp_path) / "copied.journal").write_bytes(path.read_bytes())
    with Journal(tmp_path, other) as journal:
        assert journal.get("key") is None


def test_a_line_of_other_work_under_a_right_header_is_broken(tmp_path: Path) -> None:
    other = WORK._replace(identity="b" * 64)
    with Journal(tmp_path, WORK) as journal:
        journal.put("key", b"payload")
    (path,) = segments(tmp_path)
    path.write_bytes(other.header + path.read_bytes().split(b"\n", 1)[1])
    assert read_segment(path) == (other, {}, 1)


def test_nothing_is_made_before_the_first_unit(tmp_path: Path) -> None:
    with Journal(tmp_path / "cache", WORK):
        pass
    assert not (tmp_path / "cache").exists()


def test_a_key_that_would_break_the_line_is_refused(tmp_path: Path) -> None:
    with Journal(tmp_path, WORK) as journal, pytest.raises(ValueError, match="tab or line feed"):
        journal.put("a\tb", b"")


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


def test_the_file_of_a_writer_is_as_it_always_was(tmp_path: Path) -> None:
    with Journal(tmp_path / "new", WORK) as journal:
        journal.put("first", b"1\t2")
        journal.put("\u00e9", b"")
        (path,) = segments(tmp_path / "new")
        assert len(Journal(tmp_path / "new", WORK)) == 2, "durable before the journal is closed"
    assert path.parent == tmp_path / "new" / "episodes" / "cars-aaaaaaaaaaaaaaaa"
    assert re.fullmatch(r"[0-9]+-[0-9a-f]{16}\.journal", path.name)
    assert path.read_bytes().split(b"\n") == [
        b"tabletutor-journal 1\tepisodes\tcars\t" + b"a" * 64,
        b"first\teb4190bdd29e20ca\t1\t2",
        "\u00e9\t952c3ac1f8a30b68\t".encode(),
        b"",
    ]
    assert read_segment(path) == (WORK, {"first": b"1\t2", "\u00e9": b""}, 0)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", (None, {}, 1)),
        (WORK.header[:-1], (None, {}, 1)),  # cut before its line feed
        (WORK.header.replace(b"journal 1", b"journal 2"), (None, {}, 1)),
        (WORK.header.replace(b"\tcars", b""), (None, {}, 1)),
        (WORK.header.replace(b"cars", b"cars\tmore"), (None, {}, 1)),
        (b"\xff" + WORK.header, (None, {}, 1)),
        (WORK.header, (WORK, {}, 0)),
        (WORK.header + b"first\teb4190bdd29e20ca\n\xff\teb4190bdd29e20ca\t1\n", (WORK, {}, 2)),
        (WORK.header + b"torn\n\n" + b"first\teb4190bdd29e20ca\t1\t2\n", (WORK, {"first": b"1\t2"}, 1)),
    ],
)
def test_a_file_that_is_not_whole_is_read_as_far_as_it_is(
    tmp_path: Path, content: bytes, found: tuple[Work | None, dict[str, bytes], int]
) -> None:
    (tmp_path / "one.journal").write_bytes(content)
    assert read_segment(tmp_path / "one.journal") == found


@pytest.mark.parametrize(("key", "payload"), [("a\tb", b""), ("a\nb", b""), ("a", b"1\n")])
def test_whatever_would_break_a_line_is_refused(tmp_path: Path, key: str, payload: bytes) -> None:
    with Journal(tmp_path, WORK) as journal:
        with pytest.raises(ValueError, match="tab or line feed"):
            journal.put(key, payload)
        assert (len(journal), journal.get(key), segments(tmp_path)) == (0, None, [])


def test_the_file_of_other_work_is_skipped_and_those_after_it_are_read(tmp_path: Path) -> None:
    with Journal(tmp_path, WORK) as journal:
        journal.put("key", b"payload")
    (path,) = segments(tmp_path)
    path.with_name("0-first.journal").write_bytes(WORK._replace(identity="b" * 64).header)
    assert Journal(tmp_path, WORK).get("key") == b"payload"
