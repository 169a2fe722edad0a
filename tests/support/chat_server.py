"""An OpenAI-compatible chat server on loopback that answers as a test scripts it: late, with errors, garbage or parts.

As a program, it serves `/v1/chat/completions` in a process of its own and prints its address:

python -m tests.support.chat_server SHORTEST LONGEST FAULTS
"""

import asyncio
import hashlib
import json
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from types import TracebackType
from typing import Any, NamedTuple, Self

import uvicorn


class Call(NamedTuple):
    """A request that the server got: its JSON body, its key (of messages and sampling), and its headers.

    `attempt` counts the requests with this key, from 1.
    """

    body: dict[str, Any]
    key: str
    attempt: int
    headers: dict[str, str]


class Answer(NamedTuple):
    """The server's answer. `cut` closes the connection in the middle of the body; a `delay` may outlast any client."""

    body: bytes
    status: int = 200
    delay: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


def completion(text: str, n: int = 1, finish: str = "stop", prompt: int = 10, tokens: int = 5) -> bytes:
    """Return the body of a completion."""
    choices = [
        {"index": index, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
        for index in range(n)
    ]
    usage = {"prompt_tokens": prompt, "completion_tokens": tokens, "total_tokens": prompt + tokens}
    return json.dumps({"id": "1", "object": "chat.completion", "choices": choices, "usage": usage}).encode()


def error(message: str, code: str | None = None) -> bytes:
    """Return the body of an error."""
    return json.dumps({"error": {"message": message, "code": code, "type": "error"}}).encode()


def echo(call: Call) -> Answer:
    """Answer with a digest of the request, so that each request has its own right answer."""
    return Answer(completion(f"answer {call.key}", call.body.get("n", 1)))


class ChatServer:
    """A context manager: the server runs in a thread. `url` is the base URL for clients.

    `calls` are the requests that it got, in order, and `most_open` is the largest number of them at the same time.
    """

    def __init__(self, respond: Callable[[Call], Answer] = echo) -> None:
        self._respond = respond
        self._server = uvicorn.Server(
            uvicorn.Config(self._app, port=0, interface="asgi3", lifespan="off", log_config=None, log_level="critical")
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._attempts: Counter[str] = Counter()
        self.calls: list[Call] = []
        self.open = self.most_open = 0

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.005)
        self.url = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()

    async def _app(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        parts: list[bytes] = []
        while (event := await receive())["type"] == "http.request":
            parts.append(event["body"])
            if not event.get("more_body"):
                break
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self._answer(self._call(scope, b"".join(parts)), send)
        finally:
            self.open -= 1

    def _call(self, scope: dict[str, Any], body: bytes) -> Call:
        request = json.loads(body)
        key = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:16]
        self._attempts[key] += 1
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        call = Call(request, key, self._attempts[key], headers)
        self.calls.append(call)
        return call

    async def _answer(self, call: Call, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        answer = self._respond(call)
        await asyncio.sleep(answer.delay)
        headers = [("content-type", "application/json"), ("content-length", str(len(answer.body))), *answer.headers]
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        if answer.cut:
            await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
            return  # uvicorn then closes the connection
        await send({"type": "http.response.body", "body": answer.body})


def fault(right: Answer, source: Random) -> Answer:
    """Return one of the faults that real endpoints have, instead of the right answer."""
    faults = [
        Answer(error("slow down"), 429, headers=(("retry-after", source.choice(["0", "0.02", "soon"])),)),
        Answer(error("broken"), 500),
        Answer(b"<html>"),
        Answer(b'{"choices": []}'),
        right._replace(cut=True),
        Answer(b"", delay=60),
    ]
    return source.choice(faults)


def main(shortest: float, longest: float, faults: float) -> None:
    """Serve until killed. A right answer takes a time between the two, which the request determines.

    `faults` is the share of attempts that fail.
    """

    def respond(call: Call) -> Answer:
        right = echo(call)._replace(delay=Random(call.key).uniform(shortest, longest))
        source = Random(f"{call.key} {call.attempt}")
        return fault(right, source) if source.random() < faults else right

    with ChatServer(respond) as server:
        print(server.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
