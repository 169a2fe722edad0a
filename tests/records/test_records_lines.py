"""JSON Lines: every reader sees one line per record."""

import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tabletutor.records.record import Record, one_line, read_records, write_records

SEPARATORS = "\x85\u2028\u2029\x0b\x0c\x1c\x1d\x1e\r\n"
TEXTS = st.text(st.one_of(st.sampled_from(SEPARATORS), st.characters(codec="utf-8")), max_size=30)


class Sample(Record, frozen=True):
    """A record with texts as value, key and member."""

    text: str
    named: dict[str, str]


@given(st.lists(st.builds(Sample, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3)), max_size=5))
def test_a_record_is_one_line_for_whoever_counts_and_comes_back(records: list[Sample]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.jsonl"
        write_records(path, records)
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["text"] for line in lines] == [record.text for record in records]
        assert read_records(path, Sample) == records


@given(TEXTS)
def test_json_of_other_libraries_becomes_one_line_too(text: str) -> None:
    line = one_line(json.dumps(text, ensure_ascii=False).encode()).decode()
    assert len(line.splitlines()) == 1
    assert json.loads(line) == text
