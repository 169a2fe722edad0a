"""The HTTP side of `tabletutor serve`: chat completions, the list of models and the state of the engine."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from loguru import logger
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tabletutor.models.chat import Tokenizer, opening_ids
from tabletutor.models.decoder import DecodeLimits
from tabletutor.serving.engine import Engine, EngineStoppedError, Progress, ReplyRequest
from tabletutor.serving.protocol import (
    ChatCompletionRequest,
    RequestError,
    Usage,
    chunk,
    completion,
    parse_request,
)

MAX_BODY = 16 * 2**20  # bytes of a request
COLDEST = 1e-4  # a lower temperature is greedy decoding, because logits divided by it can overflow

T = TypeVar("T")
Replies = asyncio.Queue[tuple[int, Progress]]  # with the index of the choice


class ChatApp:
    """The handlers of all paths. `name` is the id of the model, and `context` its tokens per conversation."""

    def __init__(self, engine: Engine, tokenizer: Tokenizer, name: str, context: int) -> None:
        self._engine, self._tokenizer, self._name, self._context = engine, tokenizer, name, context

    def starlette(self) -> Starlette:
        """Return the application. Its server starts and closes the engine."""
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.complete, methods=["POST"]),
                Route("/v1/models", self.models),
                Route("/v1/models/{name:path}", self.model),
                Route("/health", self.health),
            ],
            exception_handlers={RequestError: _refuse, HTTPException: _refuse_path},
        )

    async def health(self, _: Request) -> Response:
        """Return whether the engine works, and how many replies it decodes and has waiting."""
        works = self._engine.works
        state = {"status": "ok" if works else "stopped", "model": self._name}
        state |= {"running": self._engine.running, "waiting": self._engine.waiting}
        return JSONResponse(state, 200 if works else 503)

    async def models(self, _: Request) -> Response:
        """Return the list of the one model."""
        return JSONResponse({"object": "list", "data": [self._card()]})

    async def model(self, request: Request) -> Response:
        """Return the model, if it is the one that is asked for."""
        self._check_model(request.path_params["name"])
        return JSONResponse(self._card())

    async def complete(self, request: Request) -> Response:
        """Answer a conversation: with one body, or as a stream of events."""
        asked = parse_request(await _read_body(request))
        self._check_model(asked.model)
        wanted = self._reply_requests(asked)
        head: dict[str, object] = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": self._name,
        }
        if asked.stream:
            events = self._stream(wanted, head, asked.stream_options.include_usage)
            return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
        answer = await _unless_gone(request, self._collect(wanted, head))
        return Response(status_code=499) if answer is None else JSONResponse(answer)

    def _card(self) -> dict[str, object]:
        card = {"id": self._name, "object": "model", "created": 0, "owned_by": "tabletutor"}
        return {**card, "max_model_len": self._context}

    def _check_model(self, name: str) -> None:
        if name != self._name:
            message = f"there is no model {name!r} here, only {self._name!r}"
            raise RequestError(message, "model", "model_not_found", 404)

    def _reply_requests(self, asked: ChatCompletionRequest) -> list[ReplyRequest]:
        try:
            ids = tuple(opening_ids(self._tokenizer, asked.conversation))
        except ValueError as error:
            raise RequestError(f"messages: {error}", "messages", "invalid_value") from error
        if len(ids) >= self._context:
            raise RequestError(
                f"the context holds {self._context} tokens, and the messages have {len(ids)}; at least one is needed "
                "for the reply",
                "messages",
                "context_length_exceeded",
            )
        limits = DecodeLimits(
            asked.limit or self._context,
            self._context,
            asked.temperature if asked.temperature >= COLDEST else 0.0,
            whole_turns=True,
            top_p=asked.top_p,
        )
        seed = secrets.randbits(63) if asked.seed is None else asked.seed
        return [ReplyRequest(ids, limits, seed, index, asked.stop, asked.stream) for index in range(asked.n)]

    @asynccontextmanager
    async def _decode(self, wanted: Sequence[ReplyRequest]) -> AsyncGenerator[Replies]:
        """Give the replies to the engine, and cancel those that have not ended when the block is left."""
        loop, queue = asyncio.get_running_loop(), Replies()

        def report(index: int, progress: Progress) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, (index, progress))

        try:
            replies = [self._engine.submit(each, partial(report, each.choice)) for each in wanted]
        except EngineStoppedError as error:
            raise _stopped() from error
        try:
            yield queue
        finally:
            for reply in replies:
                reply.cancel()

    async def _collect(self, wanted: Sequence[ReplyRequest], head: dict[str, object]) -> dict[str, object]:
        """Return the body of the answer when all replies have ended."""
        started = time.monotonic()
        texts, ends = [""] * len(wanted), dict[int, Progress]()
        async with self._decode(wanted) as queue:
            while len(ends) < len(wanted):
                index, progress = await queue.get()
                texts[index] += progress.text
                if progress.finish == "failed":
                    raise _stopped()
                if progress.finish:
                    ends[index] = progress
        usage = _usage(wanted, ends.values())
        _log(usage, started)
        return completion(head, [(text, str(ends[index].finish)) for index, text in enumerate(texts)], usage)

    async def _stream(
        self, wanted: Sequence[ReplyRequest], head: dict[str, object], include_usage: bool
    ) -> AsyncIterator[str]:
        """Yield server-sent events: pieces of all replies as they grow, then the usage if it is wanted."""
        started = time.monotonic()
        ends = dict[int, Progress]()
        common = {**head, "usage": None} if include_usage else head
        try:
            async with self._decode(wanted) as queue:
                for each in wanted:
                    yield _event(chunk(common, each.choice, {"role": "assistant", "content": ""}))
                while len(ends) < len(wanted):
                    index, progress = await queue.get()
                    if progress.finish == "failed":
                        raise _stopped()
                    if progress.text:
                        yield _event(chunk(common, index, {"content": progress.text}))
                    if progress.finish:
                        ends[index] = progress
                        yield _event(chunk(common, index, {}, progress.finish))
        except RequestError as error:
            yield _event(error.body())
            return
        usage = _usage(wanted, ends.values())
        if include_usage:
            yield _event({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage.body()})
        yield "data: [DONE]\n\n"
        _log(usage, started)


def _stopped() -> RequestError:
    return RequestError("the server stops, or its model has failed; see its log", status=503)


def _usage(wanted: Sequence[ReplyRequest], ends: Iterable[Progress]) -> Usage:
    return Usage(len(wanted[0].ids), sum(end.tokens for end in ends))


def _log(usage: Usage, started: float) -> None:
    seconds = time.monotonic() - started
    logger.info(f"{usage.prompt} tokens read, {usage.replies} written in {seconds:.2f} s")


def _event(body: dict[str, object]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n"


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise RequestError(f"the body is longer than {MAX_BODY} bytes", status=413)
    return bytes(body)


async def _unless_gone(request: Request, work: Awaitable[T]) -> T | None:
    """Return the result of `work`. If the client disconnects before, cancel the work and return None."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnect(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        gone.cancel()
        task.cancel()


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return JSONResponse(error.body(), error.status)


async def _refuse_path(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = f"{request.method} {request.url.path}: {error.detail}"
    return JSONResponse(RequestError(message, status=error.status_code).body(), error.status_code, error.headers)
