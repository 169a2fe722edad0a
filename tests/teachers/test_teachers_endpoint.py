"""Requests to a real server on loopback: retries, limits, refusals, and the key that appears nowhere."""

import asyncio
import gzip
import json
import logging
import os
import socket
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from tabletutor.config.teachers import BudgetConfig, EndpointTeacherConfig
from tabletutor.teachers.budget import Budget
from tabletutor.teachers.chat import ChatRequest, ChatResponse, Choice, Sampling
from tabletutor.teachers.endpoint import Endpoint
from tabletutor.teachers.errors import BudgetSpent, EndpointRefused, EndpointUnavailable, TeacherClosed, TeacherError
from tabletutor.teachers.rate_limit import RateLimit, TokenBucket
from tabletutor.teachers.retry import Fault, seconds_asked, waiting_time
from tabletutor.teachers.teacher import EndpointTeacher
from tests.support.chat_server import Answer, Call, ChatServer, completion, echo, error, fault

KEY = "sk-Secret/9f8e7d6c5b4a+x"


def request(text: str = "hello", **fields: Any) -> ChatRequest:
    return ChatRequest("m", ({"role": "user", "content": text},), **fields)


def settings(server: ChatServer, **fields: Any) -> EndpointTeacherConfig:
    fast = {"first_wait_seconds": 0.005, "longest_wait_seconds": 0.3, "timeout_seconds": 5, "concurrency": 64}
    named = {"teacher": "openai", "model": "m", "base_url": server.url, "key_variable": "A_KEY"}
    return EndpointTeacherConfig.model_validate(named | fast | fields)


async def send(config: EndpointTeacherConfig, *requests: ChatRequest) -> tuple[list[Any], Endpoint, Budget]:
    """Return the responses or errors, in order."""
    budget = Budget(config.budget)
    endpoint = Endpoint(config, budget)
    results = await asyncio.gather(*map(endpoint.send, requests), return_exceptions=True)
    await endpoint.release()
    return results, endpoint, budget


@contextmanager
def environment(**variables: str) -> Generator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def failing(*answers: Answer) -> Callable[[Call], Answer]:
    """Give these answers to the first attempts of each request, and then the right one."""
    return lambda call: answers[call.attempt - 1] if call.attempt <= len(answers) else echo(call)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        *((Answer(error("try later"), status), f"http_{status}") for status in (408, 409, 429, 500, 503, 529)),
        (Answer(b"<html>Bad gateway</html>"), "invalid_completion"),
        (Answer(b'{"choices": [{"mess'), "invalid_completion"),
        (Answer(b"\xff\xfe"), "invalid_completion"),
        (Answer(b'{"choices": []}'), "invalid_completion"),
        (Answer(error("upstream failed")), "invalid_completion"),
        (Answer(completion("half", finish="abort")), "invalid_completion"),
        (Answer(completion("half of the body"), cut=True), "connection"),
        (Answer(completion("too late"), delay=60), "timeout"),
    ],
)
def test_passing_failures_are_retried_and_counted(answer: Answer, kind: str) -> None:
    with ChatServer(failing(answer, answer)) as server:
        config = settings(server, timeout_seconds=0.15 if answer.delay else 5)
        results, endpoint, budget = asyncio.run(send(config, request()))
    assert isinstance(results[0], ChatResponse), results
    assert results[0].choices == (Choice(f"answer {server.calls[0].key}", "stop"),)
    assert endpoint.incidents == {kind: 2}
    assert (endpoint.retries, budget.requests, len(server.calls)) == (2, 3, 3)
    assert (budget.used.total > 15) == (not kind.startswith("http_"))  # lost responses may have been billed


def test_when_all_attempts_fail_the_error_says_why_and_what_to_do() -> None:
    with ChatServer(lambda call: Answer(error("overloaded"), 503)) as server:
        results, _, _ = asyncio.run(send(settings(server, max_retries=1), request()))
    assert isinstance(results[0], EndpointUnavailable)
    assert str(results[0]).startswith(
        f"m at {server.url}: no response in 2 attempts. The last failure was http_503 (ov"
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    config = EndpointTeacherConfig(
        teacher="openai", model="m", base_url=f"http://127.0.0.1:{port}/v1", max_retries=0, key_variable="A_KEY"
    )
    results, endpoint, budget = asyncio.run(send(config, request()))
    assert "ConnectError" in str(results[0])
    assert (endpoint.incidents, budget.used.total) == ({"connection": 1}, 0)


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (400, None, "fields_not_sent"),
        (401, None, "environment variable A_KEY"),
        (403, None, "A_KEY may not use this model"),
        (404, "model_not_found", "check `base_url` and `model`"),
        (418, None, "Check `base_url`"),
        (422, None, "fields_not_sent"),
        (429, "insufficient_quota", "quota is used up"),
    ],
)
def test_refusals_fail_at_once(status: int, code: str | None, advice: str) -> None:
    with ChatServer(lambda call: Answer(error("I will\x1b[31m not", code), status)) as server:
        results, _, budget = asyncio.run(send(settings(server), request()))
    refused = results[0]
    assert isinstance(refused, EndpointRefused)
    assert (refused.status, refused.code, len(server.calls), budget.used.total) == (status, code or "", 1, 0)
    assert f"m at {server.url}: HTTP {status}: I will\\x1b[31m not. " in str(refused)
    assert advice in str(refused)


def test_an_endpoint_that_ignores_n_is_refused() -> None:
    with ChatServer(lambda call: Answer(completion("one"))) as server:
        results, _, _ = asyncio.run(send(settings(server), request(n=3)))
    assert "returned 1 of 3 messages: it ignores `n`" in str(results[0])


def test_the_body_holds_what_the_request_says() -> None:
    schema = {"type": "object", "properties": {"b": {}, "a": {}}}
    sampling = Sampling(0.5, 0.9, 77, ("\n\n",), 5)
    with ChatServer() as server:
        ours = settings(server, token_limit_field="max_completion_tokens", fields_not_sent=("seed", "stop"))
        asyncio.run(send(settings(server), request(sampling=sampling, schema=schema, n=2)))
        asyncio.run(send(ours, request(sampling=sampling)))
    message = {"role": "user", "content": "hello"}
    strict = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    common = {"model": "m", "messages": [message], "temperature": 0.5, "top_p": 0.9}
    full = {**common, "max_tokens": 77, "stop": ["\n\n"], "seed": 5, "n": 2, "response_format": strict}
    assert server.calls[0].body == full
    assert server.calls[1].body == {**common, "max_completion_tokens": 77}


@pytest.mark.parametrize(
    ("message", "finish", "choice"),
    [
        ({"content": None}, "length", Choice("", "length")),
        ({"content": "x", "reasoning": "y"}, "tool_calls", Choice("x", "stop")),
        ({"content": "x"}, None, Choice("x", "stop")),
        ({"content": "x"}, "content_filter", Choice("x", "filtered")),
        ({"content": None, "refusal": "no"}, "stop", Choice("no", "filtered")),
        ({"content": "half \ud83d"}, "length", Choice("half \ufffd", "length")),
    ],
)
def test_messages_in_other_forms(message: dict[str, Any], finish: str | None, choice: Choice) -> None:
    body = json.dumps({"choices": [{"message": message, "finish_reason": finish}], "usage": None}).encode()
    with ChatServer(lambda call: Answer(body)) as server:
        results, _, _ = asyncio.run(send(settings(server), request()))
    assert results[0].choices == (choice,)
    assert results[0].prompt_tokens > 0  # estimated


@pytest.mark.parametrize("header", ["0.2", "date"])
def test_retry_after_is_honoured(header: str) -> None:
    def respond(call: Call) -> Answer:
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=1, milliseconds=200), usegmt=True)
        asked = ("retry-after", later if header == "date" else header)
        return Answer(error("slow down"), 429, headers=(asked,)) if call.attempt == 1 else echo(call)

    with ChatServer(respond) as server:
        started = time.monotonic()
        asyncio.run(send(settings(server, longest_wait_seconds=5), request()))
        assert time.monotonic() - started > 0.19


def test_retry_after_zero_means_at_once_and_a_long_one_is_bounded() -> None:
    zero, long = (Answer(error("slow down"), 429, headers=(("retry-after", text),)) for text in ("0", "3600"))
    with ChatServer(failing(zero, zero, zero, long)) as server:
        started = time.monotonic()
        results, _, _ = asyncio.run(send(settings(server, first_wait_seconds=9, longest_wait_seconds=0.2), request()))
    assert isinstance(results[0], ChatResponse)
    assert 0.2 <= time.monotonic() - started < 2


@given(st.integers(0, 10**6), st.text(max_size=10))
def test_retry_after_headers(seconds: int, text: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert seconds_asked(str(seconds)) == seconds
    assert seconds_asked(format_datetime(now + timedelta(seconds=seconds), usegmt=True), now) == seconds
    assert seconds_asked(format_datetime(now - timedelta(seconds=seconds)), now) == 0
    assert seconds_asked(None) is None
    asked = seconds_asked(text)
    assert asked is None or asked >= 0


@given(st.integers(1, 100), st.none() | st.floats(0, 1e6), st.floats(0.01, 10), st.floats(0.01, 100))
def test_waiting_times_double_with_jitter_and_are_bounded(
    attempt: int, asked: float | None, first: float, longest: float
) -> None:
    seconds = waiting_time(attempt, Fault("http_429", "", asked), first, longest)
    full = min(longest, first * 2 ** min(attempt - 1, 30) if asked is None else asked)
    assert (full / 2 if asked is None else full) <= seconds <= longest


@given(st.floats(1, 1e5), st.lists(st.tuples(st.floats(0, 5), st.floats(0, 3000)), max_size=30))
def test_a_bucket_gives_no_more_than_its_rate_and_never_blocks_for_ever(
    per_minute: float, steps: list[tuple[float, float]]
) -> None:
    bucket, now, taken = TokenBucket(per_minute), 0.0, 0.0
    for pause, amount in steps:
        now += pause
        now += bucket.wait(amount, now)
        assert bucket.wait(amount, now) < 1e-6 * (1 + now)
        burst = max(per_minute / 60, 1.0)
        assert taken <= per_minute / 60 * now * (1 + 1e-9) + burst - min(amount, burst) + 1e-6 * (1 + taken)
        bucket.take(amount, now)
        taken += amount


def test_rate_limits_space_requests_in_order() -> None:
    with ChatServer() as server:
        started = time.monotonic()
        results, _, _ = asyncio.run(
            send(settings(server, requests_per_minute=1200), *(request(str(number)) for number in range(26)))
        )
        seconds = time.monotonic() - started  # 20 at once, and then 20 a second
    assert all(isinstance(result, ChatResponse) for result in results)
    assert 0.28 < seconds < 1.5


def test_token_limits_count_what_was_used() -> None:
    async def passed() -> tuple[float, float]:
        limit = RateLimit(None, 6000)  # 100 a second
        await limit.enter(100)
        limit.correct(100, 10)
        started = time.monotonic()
        await limit.enter(90)
        at_once = time.monotonic() - started
        await limit.enter(20)
        return at_once, time.monotonic() - started

    at_once, later = asyncio.run(passed())
    assert at_once < 0.1
    assert 0.15 < later < 1


def test_no_more_requests_are_open_than_allowed() -> None:
    with ChatServer(lambda call: echo(call)._replace(delay=0.02)) as server:
        asyncio.run(send(settings(server, concurrency=3), *(request(str(number)) for number in range(12))))
    assert (server.most_open, len(server.calls)) == (3, 12)


def flaky(call: Call) -> Answer:
    """Answer with a fault in most attempts, at random, but with the right answer from the fifth attempt on."""
    source = Random(f"{call.key} {call.attempt}")
    right = echo(call)._replace(delay=source.uniform(0, 0.03))
    answer = right if call.attempt > 4 or source.random() < 0.2 else fault(right, source)
    return right if answer.delay > 1 and call.attempt > 1 else answer  # one stall at most, to save time


def test_64_requests_at_once_against_random_faults_give_the_results_of_a_run_without_faults(tmp_path: Path) -> None:
    requests = [request(f"question {number}") for number in range(64)]

    async def answers(config: EndpointTeacherConfig, path: Path) -> list[ChatResponse]:
        async with EndpointTeacher(config, path) as teacher:
            responses = await asyncio.gather(*map(teacher.complete, requests))
            assert sum(teacher.usage.incidents.values()) == teacher.usage.retries == teacher.usage.requests - 64
            return responses

    with ChatServer(flaky) as server:
        faulty = asyncio.run(answers(settings(server, timeout_seconds=1.5), tmp_path / "faulty"))
    assert len(server.calls) > 130
    with ChatServer() as server:
        assert asyncio.run(answers(settings(server), tmp_path / "sound")) == faulty
    assert len({response.choices[0].text for response in faulty}) == 64


def test_the_budget_stops_before_it_is_exceeded_and_says_how_to_continue(tmp_path: Path) -> None:
    async def run(server: ChatServer, most: int) -> tuple[list[Any], EndpointTeacher]:
        config = settings(server, budget=BudgetConfig(max_requests=most), concurrency=4)
        async with EndpointTeacher(config, tmp_path / "c") as teacher:
            requests = [request(str(number)) for number in range(12)]
            return await asyncio.gather(*map(teacher.complete, requests), return_exceptions=True), teacher

    with ChatServer(lambda call: echo(call)._replace(delay=0.02)) as server:
        results, teacher = asyncio.run(run(server, 5))
        assert [type(result) for result in results] == [ChatResponse] * 5 + [BudgetSpent] * 7
        assert len(server.calls) == 5
        assert len({str(result) for result in results[5:]}) == 1
        assert str(results[5]).startswith(
            "the budget is spent: 5 requests of 5, 75 tokens (50 of prompts, 25 of answers), a cost of 0. "
        )
        assert "raise `budget.max_requests` and run the same command again" in str(results[5])
        results, teacher = asyncio.run(run(server, 7))
        assert {type(result) for result in results} == {ChatResponse}
        assert (teacher.usage.served, teacher.usage.requests, len(server.calls)) == (5, 7, 12)


@pytest.mark.parametrize("limit", ["max_tokens", "max_cost"])
def test_limits_of_tokens_and_cost_are_never_exceeded_and_are_used_up(limit: str) -> None:
    prices = {"price_per_million_prompt_tokens": 1, "price_per_million_completion_tokens": 1}
    budget = BudgetConfig.model_validate({limit: 400 if limit == "max_tokens" else 0.0004} | prices)
    requests = [request(f"{number:02}", sampling=Sampling(max_tokens=100)) for number in range(40)]
    with ChatServer(lambda call: echo(call)._replace(delay=0.005)) as server:
        results, _, used = asyncio.run(send(settings(server, budget=budget), *requests))
    answered = sum(isinstance(result, ChatResponse) for result in results)
    assert used.used.total == 15 * answered
    assert 285 < used.used.total <= 400  # less than what one more request may use at worst is left over
    assert used.cost == pytest.approx(used.used.total / 1e6)
    assert f"budget.{limit}" in str(results[-1])


def test_retries_count_as_requests() -> None:
    with ChatServer(failing(Answer(error("no"), 500), Answer(error("no"), 500))) as server:
        results, _, _ = asyncio.run(send(settings(server, budget=BudgetConfig(max_requests=2)), request()))
    assert isinstance(results[0], BudgetSpent)
    assert len(server.calls) == 2


def test_closing_ends_waiting_requests_and_finishes_those_in_flight() -> None:
    def respond(call: Call) -> Answer:
        text = call.body["messages"][0]["content"]
        return Answer(error("no"), 500) if text == "fails" else echo(call)._replace(delay=0.5)

    async def run(server: ChatServer) -> list[Any]:
        config = settings(server, concurrency=2, first_wait_seconds=30, longest_wait_seconds=60)
        endpoint = Endpoint(config, Budget(config.budget))
        # "second" takes the slot of "fails", which waits for its retry; "third" waits for a slot
        texts = ("first", "fails", "second", "third")
        tasks = [asyncio.create_task(endpoint.send(request(text))) for text in texts]
        while len(server.calls) < 3 or endpoint.retries == 0:
            await asyncio.sleep(0.01)
        endpoint.close()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await endpoint.release()
        return results

    with ChatServer(respond) as server:
        results = asyncio.run(asyncio.wait_for(run(server), 20))
    assert [type(result) for result in results] == [ChatResponse, TeacherClosed, ChatResponse, TeacherClosed]


def test_the_key_is_in_no_log_error_traceback_or_cassette(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    failures: list[TeacherError] = []
    sink = logger.add(texts.append, level="TRACE", backtrace=True, diagnose=True)

    def respond(call: Call) -> Answer:
        """Echo the header in messages, errors of all kinds, and headers."""
        quoted = f"you sent {call.headers['authorization']} and sk-Secr********4a+x"
        statuses = {"refuse": 401, "fail": 500, "slow": 429}
        text = call.body["messages"][0]["content"]
        if text == "garbage":
            return Answer(quoted.encode(), headers=(("content-type", "text/html"),))
        if text in statuses:
            return Answer(error(quoted, KEY), statuses[text], headers=(("x-echo", KEY),))
        return Answer(completion(quoted))

    async def run(config: EndpointTeacherConfig) -> None:
        async with EndpointTeacher(config, tmp_path / "c") as teacher:
            texts.append(repr(await teacher.complete(request("echo"))))
            for text in ("refuse", "fail", "slow", "garbage"):
                try:
                    await teacher.complete(request(text))
                except TeacherError as failure:
                    logger.exception("request failed")
                    failures.append(failure)
            with pytest.raises(TeacherError, match="quotes the key of A_KEY") as raised:
                await teacher.complete(request(f"my key is {KEY}"))
            texts.append(str(raised.value))

    with ChatServer(respond) as server, environment(A_KEY=f" {KEY}\n", OPENAI_API_KEY="another-key-of-the-user"):
        asyncio.run(run(settings(server, max_retries=1)))
    logger.remove(sink)
    assert {call.headers["authorization"] for call in server.calls} == {f"Bearer {KEY}"}
    assert not any(KEY in json.dumps(call.body) for call in server.calls)
    for failure in failures:
        texts += traceback.TracebackException.from_exception(failure, capture_locals=True).format()
    assert [failure.__context__ for failure in failures] == [None] * 4
    recorded = gzip.decompress((tmp_path / "c").read_bytes()).decode()
    assert "you sent Bearer [key] and" in recorded
    everything = "\n".join([*map(str, texts), caplog.text, recorded])
    assert "retry 1 of 1" in everything
    assert "no response in 2 attempts" in everything
    for secret in (KEY, KEY[3:14], "another-key-of-the-user"):
        assert [line for line in everything.splitlines() if secret in line] == []


def test_without_a_key_no_other_key_is_sent() -> None:
    headers = "Authorization: Bearer another-key-of-the-user"
    with ChatServer() as server:
        with environment(OPENAI_API_KEY="another-key-of-the-user", OPENAI_CUSTOM_HEADERS=headers):
            asyncio.run(send(settings(server), request()))
        with environment(A_KEY="two words"), pytest.raises(TeacherError, match="A_KEY holds a space"):
            asyncio.run(send(settings(server), request()))
    assert [call.headers["authorization"] for call in server.calls] == ["Bearer none"]
