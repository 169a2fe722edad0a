"""Excerpts: long texts shortened in the middle."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tabletutor.records.excerpt import excerpt

TEXT = st.builds(lambda text, times: text * times, st.text(min_size=1), st.integers(1, 40))


@given(text=TEXT, limit=st.integers(1, 300), between=st.sampled_from(["\n", " "]))
def test_head_and_tail_stay_and_the_missing_bytes_are_counted(text: str, limit: int, between: str) -> None:
    shown = excerpt(text, limit, between)
    assert len(shown) <= limit
    if len(text) <= limit:
        assert shown == text
        return
    parts = re.fullmatch(rf"(.*){between}… ([\d,]+) bytes left out …{between}(.*)", shown, re.DOTALL)
    if parts is None:
        assert limit < 40
        assert text.endswith(shown.removeprefix("…"))
        return
    head, count, tail = parts.groups()
    assert text.startswith(head)
    assert text.endswith(tail)
    size = sum(len(part.encode("utf-8", "surrogatepass")) for part in (head, tail))
    assert int(count.replace(",", "")) == len(text.encode("utf-8", "surrogatepass")) - size


@given(text=st.text("abc\n", min_size=3000, max_size=4000), first=st.integers(500, 900), second=st.integers(100, 400))
def test_a_text_that_is_cut_twice_says_what_is_missing_in_all(text: str, first: int, second: int) -> None:
    shown = excerpt(excerpt(text, first), second)
    (count,) = re.findall(r"… ([\d,]+) bytes left out …", shown)
    kept = len(shown) - len(f"\n… {count} bytes left out …\n")
    assert int(count.replace(",", "")) == len(text) - kept
