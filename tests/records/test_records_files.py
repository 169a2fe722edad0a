"""Records and files: written whole, read back typed, and named by content."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.records.files import write_atomic
from tabletutor.records.identity import content_id, rng
from tabletutor.records.question import AnswerSpec, Reject
from tabletutor.records.record import decode, encode, read_records, write_records

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(decimals=st.none() | st.integers(0, 9), unit=st.none() | st.text())
def test_a_record_survives_its_encoding(decimals: int | None, unit: str | None) -> None:
    spec = AnswerSpec(decimals=decimals, unit=unit)
    assert decode(encode(spec), AnswerSpec) == spec


def test_a_line_that_fits_no_record_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    write_records(path, [Reject(table="t", family="f", text="x", reason="tie")])
    path.write_bytes(path.read_bytes() + b'{"table": "t", "family": "f", "text": "x", "reason": "whim"}\n')
    with pytest.raises(ValueError, match=r"rejects\.jsonl:2: not a Reject: Invalid enum value 'whim'"):
        read_records(path, Reject)


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_atomic(target, b"old")
    with pytest.raises(TypeError):
        write_atomic(target, "not bytes")  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@given(item=JSON, other=JSON)
def test_ids_follow_content_alone(item: object, other: object) -> None:
    assert content_id("kind", item) == content_id("kind", item)
    if encodeable(item) != encodeable(other):
        assert content_id("kind", item) != content_id("kind", other)


def encodeable(item: object) -> str:
    import msgspec

    return msgspec.json.encode(item, order="sorted").decode()


def test_random_numbers_depend_on_the_item_not_on_what_ran_before() -> None:
    first = [rng(7, "item", number).random() for number in range(4)]
    second = [rng(7, "item", number).random() for number in reversed(range(4))]
    assert first == second[::-1]
    assert len(set(first)) == 4
