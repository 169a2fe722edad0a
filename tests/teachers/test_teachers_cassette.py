"""Cassettes: what is recorded is served, in any order of files, after any cut, and from several processes."""

import gzip
import subprocess
import sys
import threading
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loguru import logger
from msgspec import structs

from tabletutor.models.prompt import Message
from tabletutor.records.record import encode
from tabletutor.teachers.cassette import Cassette, Entry, entry_of, merge
from tabletutor.teachers.chat import ChatRequest, ChatResponse, Choice, Sampling
from tabletutor.teachers.gzip_members import MAGIC, compress_member, read_members
from tabletutor.teachers.nearest_request import miss_message

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MESSAGES = st.fixed_dictionaries({"role": st.sampled_from(["user", "system"]), "content": TEXTS})
STOPS = st.tuples() | st.tuples(TEXTS)
SAMPLINGS = st.builds(Sampling, st.sampled_from([0, 0.7]), st.just(1), st.integers(1, 9), STOPS, st.integers(0, 9))
QUESTION: Message = {"role": "user", "content": "How old is Ann?"}
SCHEMAS = st.none() | st.dictionaries(TEXTS, st.none() | st.integers(-9, 9) | TEXTS, max_size=3)
REQUESTS = st.builds(
    ChatRequest, TEXTS, st.lists(MESSAGES, max_size=3).map(tuple), TEXTS, SAMPLINGS, SCHEMAS, st.integers(1, 3)
)
CHOICES = st.lists(st.builds(Choice, TEXTS, st.sampled_from(["stop", "length", "filtered"])), min_size=1, max_size=3)
RESPONSES = st.builds(ChatResponse, CHOICES.map(tuple), st.integers(0, 99), st.integers(0, 99))
ENTRIES = st.lists(st.builds(entry_of, REQUESTS, RESPONSES), max_size=8, unique_by=lambda entry: entry.key)


def entry(text: str, answer: str = "yes", **fields: object) -> Entry:
    request = structs.replace(ChatRequest("m", ({"role": "user", "content": text},)), **fields)
    return entry_of(request, ChatResponse((Choice(answer, "stop"),), 3, 1))


@settings(max_examples=25, deadline=None)
@given(ENTRIES, st.booleans())
def test_recorded_responses_are_served_and_readable_by_other_programs(entries: list[Entry], compact: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sub" / "c.jsonl.gz"
        cassette = Cassette(path)
        for one in entries:
            cassette.put([one])
        if compact:
            cassette.compact()
        again = Cassette(path)
        assert [again.get(one.request) for one in entries] == [one.response for one in entries]
        assert [*again] == sorted(entries, key=lambda one: one.key)
        if entries:
            lines = gzip.decompress(path.read_bytes()).splitlines()
            assert [msgspec.json.decode(line)["key"] for line in lines] == (
                [one.key for one in (again if compact else entries)]
            )


@settings(max_examples=20, deadline=None)
@given(ENTRIES, st.data())
def test_merging_does_not_depend_on_the_order_of_files_and_entries(entries: list[Entry], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("a", "b", "c")]
        for path in paths:
            Cassette(path).put(data.draw(st.permutations([one for one in entries if data.draw(st.booleans())])))
        first, second, joined = (Path(folder) / name for name in ("1", "2", "3"))
        assert merge(paths, first) == merge(data.draw(st.permutations(paths)), second)
        joined.write_bytes(b"".join(path.read_bytes() for path in paths))
        merge([joined], joined)
        assert first.read_bytes() == second.read_bytes() == joined.read_bytes()


@settings(max_examples=60, deadline=None)
@given(ENTRIES, st.data())
def test_a_file_cut_at_any_byte_keeps_the_whole_entries_before_and_takes_new_ones(
    entries: list[Entry], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "c"
        members = [compress_member(encode(one) + b"\n") for one in entries]
        ends = [*accumulate(map(len, members), initial=0)]
        cut = data.draw(st.integers(0, ends[-1]))
        path.write_bytes(b"".join(members)[:cut])
        whole = sum(end <= cut for end in ends[1:])
        messages: list[str] = []
        sink = logger.add(messages.append, format="{message}")
        cassette = Cassette(path)
        logger.remove(sink)
        assert sorted(one.key for one in entries[:whole]) == [one.key for one in cassette]
        assert any(str(path) in message for message in messages) == (cut != ends[whole])
        new = entry("a new one", "written after the crash")
        cassette.put([new])
        assert len(gzip.decompress(path.read_bytes()).splitlines()) == whole + 1
        assert Cassette(path).get(new.request) == new.response


@given(st.lists(st.binary(max_size=40), max_size=4), st.binary(max_size=20), st.integers(0, 4))
def test_members_behind_damage_are_found(contents: list[bytes], garbage: bytes, place: int) -> None:
    members = [compress_member(content) for content in contents]
    torn = MAGIC + garbage
    read = read_members(b"".join([*members[:place], torn, *members[place:]]))
    assert (read.contents, read.damaged) == (contents, len(torn))


def test_large_members_are_read_in_blocks() -> None:
    content = bytes(Path(sys.executable).read_bytes()[:400_000])
    read = read_members(compress_member(content) * 2)
    assert (read.contents, read.damaged) == ([content, content], 0)


def test_two_responses_to_one_request_are_refused(tmp_path: Path) -> None:
    first, second, output = tmp_path / "first", tmp_path / "second", tmp_path / "output"
    Cassette(first).put([entry("q", "one")])
    Cassette(second).put([entry("q", "two"), entry("other")])
    key = entry("q").key
    with pytest.raises(ValueError, match=rf"{second} and {first}: two different responses .*{key}; leave one"):
        merge([first, second], output)
    assert not output.exists()
    output.write_bytes(first.read_bytes() + second.read_bytes())
    with pytest.raises(ValueError, match=rf"{output}: two different responses .*{key}"):
        Cassette(output)


def test_the_first_recorded_response_stays(tmp_path: Path) -> None:
    ours, theirs = Cassette(tmp_path / "c"), Cassette(tmp_path / "c")
    theirs.put([entry("q", "theirs")])
    assert [each.choices[0].text for each in ours.put([entry("q", "ours"), entry("p", "new")])] == ["theirs", "new"]
    assert len(Cassette(tmp_path / "c")) == 2


def test_writers_in_several_threads_and_processes_lose_nothing_also_while_the_file_is_compacted(tmp_path: Path) -> None:
    path = tmp_path / "c"
    program = (
        "import sys; from pathlib import Path; from tests.teachers.test_teachers_cassette import Cassette, entry\n"
        "cassette = Cassette(Path(sys.argv[1]))\n"
        "for number in range(40): cassette.put([entry(f'process {number}')])"
    )
    environment = {"PYTHONPATH": f"{Path(__file__).parents[2]}:{Path(__file__).parents[2] / 'scripts'}", "PATH": ""}
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], env=environment)
    own = Cassette(path)

    def write(name: str) -> None:
        for number in range(20):
            own.put([entry(f"{name} {number}")])

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for _ in range(10):
        Cassette(path).compact()
        merge([path], path)
    for thread in threads:
        thread.join()
    assert process.wait() == 0
    assert len(Cassette(path)) == 100


def test_files_that_are_no_cassettes_are_refused_and_left_alone(tmp_path: Path) -> None:
    path, missing = tmp_path / "notes.txt", tmp_path / "missing"
    path.write_text("my notes")
    with pytest.raises(ValueError, match="not a cassette"):
        Cassette(path)
    with pytest.raises(ValueError, match="missing: no such file"):
        merge([missing], tmp_path / "output")
    Cassette(tmp_path / "c").put([entry("q")])
    with pytest.raises(ValueError, match="exists already"):
        merge([tmp_path / "c"], path)
    assert path.read_text() == "my notes"
    path.write_bytes(compress_member(b"{}\n"))
    with pytest.raises(ValueError, match=f"{path}: a line is not an entry"):
        Cassette(path)


def test_an_edited_request_is_refused(tmp_path: Path) -> None:
    edited = structs.replace(entry("q"), request=entry("other").request)
    path = tmp_path / "c"
    path.write_bytes(compress_member(msgspec.json.encode(edited) + b"\n"))
    with pytest.raises(ValueError, match=f"entry {edited.key}: its request has the key {entry('other').key}"):
        Cassette(path)


def test_compaction_compresses_shared_text(tmp_path: Path) -> None:
    cassette = Cassette(tmp_path / "c")
    cassette.put([entry(f"{'the same long table card ' * 30} {number}") for number in range(100)])
    before = cassette.path.stat().st_size
    cassette.compact()
    assert cassette.path.stat().st_size < before / 3


@pytest.mark.parametrize(
    ("fields", "phrase"),
    [
        ({"model": "other"}, r"model \(requested 'm', recorded 'other'\)"),
        ({"revision": "2"}, r"revision \(requested '', recorded '2'\)"),
        ({"n": 2}, r"n \(requested 1, recorded 2\)"),
        ({"schema": {}}, "the JSON Schema of the answer"),
        ({"sampling": Sampling(temperature=1)}, r"sampling.temperature \(requested 0.0, recorded 1.0\)"),
        (
            {"messages": ({"role": "user", "content": "How many rows?"},)},
            r"message 1 \(user\) from character 5 on \(requested 'How old is Ann\?', recorded 'How many rows\?'\)",
        ),
        ({"messages": ({"role": "system", "content": "How old is Ann?"},)}, "requested role user, recorded system"),
        ({"messages": (QUESTION, QUESTION)}, r"the number of messages \(requested 1, recorded 2\)"),
    ],
)
def test_the_nearest_request_and_the_difference_are_named(fields: dict[str, object], phrase: str) -> None:
    wanted = entry("How old is Ann?").request
    near, far = structs.replace(wanted, **fields), entry("Something else", model="third").request
    with pytest.raises(AssertionError, match=phrase) as raised:
        raise AssertionError(miss_message(wanted, [far, near]))
    assert near.key[:16] in str(raised.value)


def test_a_text_with_a_change_in_the_middle_is_nearest() -> None:
    wanted = entry("a" * 50 + "x" + "b" * 50).request
    near, far = entry("a" * 50 + "y" + "b" * 50).request, entry("a" * 60).request
    assert near.key[:16] in miss_message(wanted, [far, near])
    assert "nothing else is" in miss_message(wanted, [])


def test_keys_ignore_only_the_spelling_of_numbers() -> None:
    one = entry("q", sampling=Sampling(temperature=1, top_p=1)).request
    assert one.key == msgspec.json.decode(msgspec.json.encode(one), type=ChatRequest).key
    assert len({entry("q", sampling=Sampling(seed=seed)).key for seed in range(3)}) == 3
