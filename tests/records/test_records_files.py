"""Atomic writes, typed records, and ids derived from content."""

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.records.files import naming, sweep, write_atomic
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


@pytest.mark.parametrize(
    "write",
    [lambda: Path("/dev/full").write_bytes(b"x"), lambda: pl.DataFrame({"a": [1]}).write_csv("/dev/full")],
    ids=["kernel", "polars"],
)
def test_a_full_disk_is_an_error_that_names_the_file(write: Callable[[], object]) -> None:
    named = re.escape("[Errno 28] No space left on device: 'results/x.json'")
    with pytest.raises(OSError, match=named), naming(Path("results/x.json")):
        write()
    with pytest.raises(FileNotFoundError, match="'/no/such'"), naming(Path("results/x.json")):
        Path("/no/such").read_bytes()


def test_a_sweep_takes_half_written_files_and_folders_only(tmp_path: Path) -> None:
    (tmp_path / "deep" / ".model.a1.part" / ".inner.b2.part").mkdir(parents=True)
    kept = ("deep/report.part", ".hidden", "deep/x.jsonl")
    for name in (*kept, "deep/.x.jsonl.c3.part", "deep/.model.a1.part/.inner.b2.part/weights"):
        (tmp_path / name).touch()
    (tmp_path / ".link.d4.part").symlink_to(tmp_path / "deep")
    assert len(sweep(tmp_path)) == 4
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


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
