"""The journal: what was finished is served again; what was torn is redone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.records.journal import Journal

KEYS = st.text(st.characters(blacklist_characters="\t\n", blacklist_categories=("Cs",)), min_size=1, max_size=12)
PAYLOADS = st.binary(max_size=40).filter(lambda data: b"\n" not in data)


@given(units=st.dictionaries(KEYS, PAYLOADS, max_size=8))
def test_finished_units_are_read_back(tmp_path_factory: pytest.TempPathFactory, units: dict[str, bytes]) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    with Journal(path) as journal:
        for key, payload in units.items():
            journal.put(key, payload)
    with Journal(path) as journal:
        assert {key: journal.get(key) for key in units} == units
        assert len(journal) == len(units)


@given(cut=st.integers(min_value=1, max_value=60))
def test_a_torn_last_record_is_dropped_and_the_rest_kept(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    with Journal(path) as journal:
        journal.put("first", b"1")
        whole = path.stat().st_size
        journal.put("second", b"2" * 60)
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path) as journal:
        assert journal.get("first") == b"1"
        assert journal.get("second") is None
        assert path.stat().st_size == whole
        journal.put("second", b"3")
    with Journal(path) as journal:
        assert journal.get("second") == b"3"


def test_a_flipped_byte_fails_the_checksum(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.put("key", b"payload")
    path.write_bytes(path.read_bytes().replace(b"payload", b"paykoad"))
    with Journal(path) as journal:
        assert journal.get("key") is None


def test_a_key_that_would_break_the_line_is_refused(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal, pytest.raises(ValueError, match="tab or line feed"):
        journal.put("a\tb", b"")
