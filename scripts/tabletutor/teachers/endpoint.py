"""Requests to an OpenAI-compatible endpoint: limits, retries, and errors that say what to do.

The key is read from the environment variable that the settings name. It is in no log, error or response.
"""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from loguru import logger
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Timeout
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from tabletutor.config.teachers import EndpointTeacherConfig
from tabletutor.teachers.budget import NO_TOKENS, Budget, Tokens
from tabletutor.teachers.chat import ChatRequest, ChatResponse, Choice
from tabletutor.teachers.completion import read_completion, request_body, worst_case
from tabletutor.teachers.errors import EndpointRefused, EndpointUnavailable, TeacherClosed, TeacherError
from tabletutor.teachers.rate_limit import RateLimit
from tabletutor.teachers.redact import Redactor
from tabletutor.teachers.retry import Fault, is_passing, seconds_asked, waiting_time
from tabletutor.telemetry.terminal import escape_controls

_QUOTED = 500  # characters of a server's message in ours
_NO_KEY = "none"  # for local servers; the client would take OPENAI_API_KEY if it were given nothing
_CONNECT_SECONDS = 10.0
_NEVER_SENT = ("ConnectError", "ConnectTimeout")  # the client's causes of a failure before the request was sent
_LOG_HEADERS = ("httpcore2.http11", "httpcore2.http2")  # at level DEBUG; a server may echo the key in a header
_ADVICE = {
    400: "Check the model's limits and the settings of `sampling`, and name fields that the endpoint does not accept "
    "in `fields_not_sent`",
    401: "Set the environment variable {key_variable} to a valid key",
    402: "The account has no credit: pay it up, and run the same command again",
    403: "The key in {key_variable} may not use this model: use another key or model",
    404: "The endpoint does not know the address or the model: check `base_url` and `model`",
    413: "The conversation is too long: use a model with a longer context",
    422: "Name fields that the endpoint does not accept in `fields_not_sent`",
    429: "The quota is used up: raise it at the provider, and run the same command again",
}


class Endpoint:
    """One model behind an endpoint. Belongs to one event loop. Call `close` and then `release` at the end."""

    def __init__(self, config: EndpointTeacherConfig, budget: Budget) -> None:
        """Raises TeacherError if the key has characters that no header can hold."""
        self._config = config
        self._budget = budget
        key = SecretStr(os.environ.get(config.key_variable, "").strip())  # tracebacks may show variables, not this one
        if not _fits_a_header(key):
            raise TeacherError(f"{config.key_variable} holds a space, or is not in ASCII; set it to a valid key")
        self._redactor = Redactor(key)
        self._client = _client(config, key)
        self._slots = asyncio.Semaphore(config.concurrency)
        self._rates = RateLimit(config.requests_per_minute, config.tokens_per_minute)
        self._waiting: set[asyncio.Task[Any]] = set()
        self._closed = False
        self._retrying = AsyncRetrying(
            stop=stop_after_attempt(config.max_retries + 1),
            wait=self._waiting_time,
            retry=retry_if_exception_type(Fault),
            before_sleep=self._note_retry,
            sleep=self._sleep,
            reraise=True,
        )
        self.incidents: Counter[str] = Counter()
        self.retries = 0

    async def send(self, request: ChatRequest) -> ChatResponse:
        """Return the response to a request.

        Raises EndpointRefused if the endpoint will never answer it, EndpointUnavailable if all attempts failed,
        BudgetSpent and TeacherClosed.
        """
        if any(self._redactor.quotes(message["content"]) for message in request.messages):
            raise TeacherError(
                f"a message to {request.model} quotes the key of {self._config.key_variable}, which the cassette would "
                "record; remove the key from the table or question, and replace it at the provider"
            )
        try:
            return await self._retrying(self._attempt, request)
        except Fault as fault:
            reason = str(fault)
        raise EndpointUnavailable(
            f"{request.model} at {self._config.base_url}: no response in {self._config.max_retries + 1} attempts. The "
            f"last failure was {reason}. Check that the server is running and not overloaded, lower `concurrency` or "
            "set `requests_per_minute`, and run the same command again"
        )

    def close(self) -> None:
        """Send nothing more. Requests that wait fail with TeacherClosed; those in flight finish."""
        self._closed = True
        for task in self._waiting:
            task.cancel()

    async def release(self) -> None:
        """Close the connections, after all calls of `send` have ended."""
        await self._client.close()

    async def _attempt(self, request: ChatRequest) -> ChatResponse:
        worst = worst_case(request)
        with self._wait():
            await self._slots.acquire()
        try:
            with self._wait():
                await self._rates.enter(worst.total)
            async with self._budget.reserve(worst) as reservation:
                try:
                    response = await self._exchange(request)
                    reservation.settle(Tokens(response.prompt_tokens, response.completion_tokens))
                except (Fault, EndpointRefused) as failure:
                    self.incidents[failure.kind] += 1
                    if not failure.billed:
                        reservation.settle(NO_TOKENS)
                    raise
                finally:
                    self._rates.correct(worst.total, reservation.tokens.total)
        finally:
            self._slots.release()
        return response

    async def _exchange(self, request: ChatRequest) -> ChatResponse:
        """Return the response of one attempt. Raises Fault or EndpointRefused.

        They are raised outside of `except`, because the client's errors hold the request with its headers.
        """
        failure: Fault | EndpointRefused
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                # The whole body is `extra_body`, because the client takes milliseconds to convert long conversations.
                reply = await self._client.chat.completions.with_raw_response.create(
                    model=request.model, messages=(), extra_body=request_body(request, self._config)
                )
            return self._checked(read_completion(reply.content, request), request)
        except TimeoutError:
            failure = Fault("timeout", f"no response after {self._config.timeout_seconds:g} seconds")
        except APIStatusError as error:
            failure = self._status_failure(error, request)
        except APIConnectionError as error:
            cause = type(error.__cause__).__name__
            kind = "timeout" if "Timeout" in cause else "connection"
            failure = Fault(kind, self._quoted(f"{cause}: {error.__cause__}"), billed=cause not in _NEVER_SENT)
        except ValueError as error:
            failure = Fault("invalid_completion", self._quoted(str(error)))
        raise failure

    def _checked(self, response: ChatResponse, request: ChatRequest) -> ChatResponse:
        """Return the response without the key. Raises EndpointRefused if it does not have as many messages as asked."""
        if len(response.choices) != request.n:
            raise EndpointRefused(
                f"{request.model} at {self._config.base_url} returned {len(response.choices)} of {request.n} messages: "
                "it ignores `n`. Request one message at a time, with different seeds",
                status=200,
                code="n",
            )
        choices = (Choice(self._redactor.exact(choice.text), choice.finish) for choice in response.choices)
        return ChatResponse(tuple(choices), response.prompt_tokens, response.completion_tokens)

    def _status_failure(self, error: APIStatusError, request: ChatRequest) -> Fault | EndpointRefused:
        status, code = error.status_code, self._quoted(error.code or "")
        message = self._quoted(_server_message(error))
        if is_passing(status, code):
            asked = seconds_asked(error.response.headers.get("retry-after"))
            if status == 429 and asked is not None:
                self._rates.pause(min(asked, self._config.longest_wait_seconds))
            return Fault(f"http_{status}", message, asked, billed=False)
        advice = _ADVICE.get(status, "Check `base_url` and `model`").format(key_variable=self._config.key_variable)
        text = f"{request.model} at {self._config.base_url}: HTTP {status}: {message or 'no message'}. {advice}"
        return EndpointRefused(text, status=status, code=code)

    def _quoted(self, text: str) -> str:
        """Return a server's text for a message of ours: without keys and control characters, and short."""
        clean = " ".join(escape_controls(self._redactor.message(text)).split())
        return clean if len(clean) <= _QUOTED else f"{clean[:_QUOTED]} …"

    def _waiting_time(self, state: RetryCallState) -> float:
        config = self._config
        return waiting_time(state.attempt_number, _fault(state), config.first_wait_seconds, config.longest_wait_seconds)

    def _note_retry(self, state: RetryCallState) -> None:
        self.retries += 1
        logger.info(
            "{}: {}; retry {} of {} in {:.1f} s", self._config.model, _fault(state), state.attempt_number,
            self._config.max_retries, state.upcoming_sleep,
        )  # fmt: skip

    async def _sleep(self, seconds: float) -> None:
        with self._wait():
            await asyncio.sleep(seconds)

    @contextmanager
    def _wait(self) -> Generator[None]:
        """Context manager around waiting before a request is sent, which `close` ends."""
        task = asyncio.current_task()
        assert task is not None
        closed = TeacherClosed(f"{self._config.model}: the teacher was closed; run the same command again to continue")
        if self._closed:
            raise closed
        self._waiting.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if not self._closed:
                raise
            task.uncancel()
            raise closed from None
        finally:
            self._waiting.discard(task)


def _client(config: EndpointTeacherConfig, key: SecretStr) -> AsyncOpenAI:
    value = key.get_secret_value() or _NO_KEY
    for name in _LOG_HEADERS:
        logging.getLogger(name).setLevel(logging.INFO)
    return AsyncOpenAI(
        api_key=value,
        base_url=config.base_url,
        max_retries=0,
        timeout=Timeout(config.timeout_seconds, connect=min(_CONNECT_SECONDS, config.timeout_seconds)),
        default_headers={"Authorization": f"Bearer {value}"},  # OPENAI_CUSTOM_HEADERS does not replace it then
    )


def _fits_a_header(key: SecretStr) -> bool:
    value = key.get_secret_value()
    return value.isascii() and value.isprintable() and " " not in value


def _server_message(error: APIStatusError) -> str:
    if isinstance(error.body, Mapping):
        body = cast("Mapping[str, object]", error.body)
        for name in ("message", "detail", "error"):
            if isinstance(text := body.get(name), str):
                return text
    return error.response.text


def _fault(state: RetryCallState) -> Fault:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, Fault)  # only faults are retried
    return error
