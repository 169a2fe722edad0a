"""Teachers with a cassette: what is paid for is recorded once, and served; replays need no server and no key."""

import asyncio
import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tabletutor.config.teachers import BudgetConfig, EndpointTeacherConfig
from tabletutor.records.record import encode
from tabletutor.teachers.cassette import Cassette, entry_of
from tabletutor.teachers.chat import ChatRequest, ChatResponse, Choice, Sampling
from tabletutor.teachers.errors import CassetteMiss, EndpointRefused, TeacherClosed
from tabletutor.teachers.teacher import EndpointTeacher
from tabletutor.teachers.teacher_thread import TeacherThread
from tests.support.chat_server import Answer, Call, ChatServer, completion, echo, error

ROOT = Path(__file__).parents[2]
FEW = (1, 2, 3)


def settings(url: str, **fields: Any) -> EndpointTeacherConfig:
    named = {"teacher": "openai", "model": "m", "revision": "r1", "base_url": url, "key_variable": "A_KEY"}
    return EndpointTeacherConfig.model_validate(named | {"first_wait_seconds": 0.005, "timeout_seconds": 5} | fields)


def question(seed: int = 0) -> ChatRequest:
    return ChatRequest("m", ({"role": "user", "content": "How many?"},), "r1", Sampling(seed=seed))


def ask(config: EndpointTeacherConfig, path: Path, seeds: Sequence[int] = FEW) -> tuple[list[Any], EndpointTeacher]:
    """Return the responses or errors to one question with each seed."""

    async def run() -> tuple[list[Any], EndpointTeacher]:
        async with EndpointTeacher(config, path) as teacher:
            responses = (teacher.complete(question(seed)) for seed in seeds)
            return await asyncio.gather(*responses, return_exceptions=True), teacher

    return asyncio.run(run())


def test_recorded_responses_are_served_without_a_server(tmp_path: Path) -> None:
    with ChatServer() as server:
        first, teacher = ask(settings(server.url), tmp_path / "c")
        usage = teacher.usage
    prices = BudgetConfig(max_requests=1, max_cost=1, price_per_million_prompt_tokens=1)
    offline = settings("http://127.0.0.1:9/v1", budget=prices, max_retries=0)
    for mode in ("record", "replay"):
        again, teacher = ask(offline.model_copy(update={"cassette": mode}), tmp_path / "c")
        assert again == first
        assert (teacher.usage.served, teacher.usage.requests, teacher.usage.cost) == (3, 0, 0)
    assert (usage.served, usage.requests, usage.prompt_tokens, usage.completion_tokens) == (0, 3, 30, 15)
    assert (usage.retries, usage.incidents) == (0, {})


def test_a_miss_in_a_replay_names_the_nearest_request_and_sends_nothing(tmp_path: Path) -> None:
    with ChatServer() as server:
        ask(settings(server.url), tmp_path / "c")
        results, _ = ask(settings(server.url, cassette="replay"), tmp_path / "c", [2, 7])
        assert len(server.calls) == 3
    assert isinstance(results[0], ChatResponse)
    assert isinstance(results[1], CassetteMiss)
    assert str(results[1]).startswith(f"{tmp_path / 'c'}: request ")
    assert "which differs in sampling.seed (requested 7, recorded " in str(results[1])
    assert "Set the teacher's `cassette` to record" in str(results[1])


def test_a_replay_imports_no_client(tmp_path: Path) -> None:
    code = "import sys, tabletutor.teachers.teacher_thread; print(*{'openai', 'httpx2', 'tenacity'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_live_neither_records_nor_serves(tmp_path: Path) -> None:
    with ChatServer() as server:
        ask(settings(server.url, cassette="live"), tmp_path / "c")
        ask(settings(server.url, cassette="live"), tmp_path / "c")
        assert len(server.calls) == 6
    assert not (tmp_path / "c").exists()


def test_equal_requests_at_the_same_time_are_sent_once(tmp_path: Path) -> None:
    with ChatServer(lambda call: echo(call)._replace(delay=0.05)) as server:
        results, _ = ask(settings(server.url), tmp_path / "c", [1] * 20 + [2])
        assert len(server.calls) == 2
    assert len({encode(result) for result in results}) == 2


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    def respond(call: Call) -> Answer:
        return Answer(error("no"), 400) if call.attempt == 1 else echo(call)

    with ChatServer(respond) as server:
        results, _ = ask(settings(server.url), tmp_path / "c", [1, 1])
        assert [type(result) for result in results] == [EndpointRefused] * 2
        results, _ = ask(settings(server.url), tmp_path / "c", [1])
        assert isinstance(results[0], ChatResponse)


def test_a_cancelled_caller_loses_no_paid_response(tmp_path: Path) -> None:
    async def run(config: EndpointTeacherConfig) -> None:
        async with EndpointTeacher(config, tmp_path / "c") as teacher:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(teacher.complete(question()), 0.1)

    with ChatServer(lambda call: echo(call)._replace(delay=0.3)) as server:
        asyncio.run(run(settings(server.url)))
        assert len(server.calls) == 1
    assert len(Cassette(tmp_path / "c")) == 1


def test_a_response_is_on_disk_before_it_is_returned(tmp_path: Path) -> None:
    async def run(config: EndpointTeacherConfig) -> int:
        async with EndpointTeacher(config, tmp_path / "c") as teacher:
            await teacher.complete(question())
            return len(gzip.decompress((tmp_path / "c").read_bytes()).splitlines())

    with ChatServer() as server:
        assert asyncio.run(run(settings(server.url))) == 1


def test_a_cassette_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with ChatServer() as server:
        results, _ = ask(settings(server.url), tmp_path / "file" / "c")
    assert {type(result) for result in results} <= {FileExistsError, NotADirectoryError}


def test_threads_submit_requests_to_one_loop(tmp_path: Path) -> None:
    with ChatServer(lambda call: echo(call)._replace(delay=0.02)) as server:
        config = settings(server.url, concurrency=4)
        texts: list[str] = []
        with TeacherThread(config, tmp_path / "c") as teacher:

            def work(seed: int) -> None:
                response = teacher.submit(question(seed)).result()
                texts.append(response.choices[0].text)

            threads = [threading.Thread(target=work, args=(seed,)) for seed in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert teacher.usage.requests == 16
        assert server.most_open == 4
    assert len({*texts}) == 16


def test_at_the_end_of_the_context_every_future_has_a_result_and_the_paid_ones_are_recorded(tmp_path: Path) -> None:
    def respond(call: Call) -> Answer:
        if call.body["seed"] == 2 and call.attempt == 1:
            return Answer(error("wait"), 503, headers=(("retry-after", "60"),))
        return Answer(completion("yes"), delay=0.3)

    with ChatServer(respond) as server:
        config = settings(server.url, concurrency=3)
        started = time.monotonic()
        with TeacherThread(config, tmp_path / "c") as teacher:
            futures = [teacher.submit(question(seed)) for seed in range(40)]
            while teacher.usage.retries == 0:
                time.sleep(0.01)
        assert time.monotonic() - started < 10
        done, open_ = wait(futures, 0)
        assert not open_
        answered = [future for future in done if future.exception() is None]
        assert {type(future.exception()) for future in done} == {type(None), TeacherClosed}
        with pytest.raises(TeacherClosed, match="m: the teacher was closed"):
            teacher.submit(question())
    assert len(answered) == len(Cassette(tmp_path / "c")) == len(server.calls) - 1


def test_a_price_is_needed_for_a_limit_of_cost_and_an_address_holds_no_key() -> None:
    with pytest.raises(ValidationError, match="max_cost needs a price"):
        BudgetConfig(max_cost=1)
    for url in ("https://me:pass@host/v1", "https://host/v1?api_key=1", "ftp://host"):
        with pytest.raises(ValidationError, match="base_url"):
            settings(url)


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("tabletutor")
    return subprocess.run([program, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_merges_and_shows(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.jsonl.gz", "b.jsonl.gz")]
    for number, path in enumerate(paths):
        Cassette(path).put([entry_of(question(number), ChatResponse((Choice("yes", "stop"),), 1000, 1))])
    done = command("cassette", "merge", tmp_path / "all", *paths)
    assert (done.returncode, done.stdout) == (0, f"2 responses in {tmp_path / 'all'}\n")
    shown = command("cassette", "show", tmp_path / "all")
    assert shown.stdout.splitlines()[1].split() == ["m", "r1", "2", "2,000", "2"]
    missing = command("cassette", "show", tmp_path / "none")
    assert (missing.returncode, "none: no such file" in missing.stderr) == (1, True)
