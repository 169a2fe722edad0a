"""Measure the time that a teacher adds to that of its endpoint.

python tests/benchmarks/teachers.py [--conversations 64]

Conversations of 16 turns at once, against a server in a process of its own that answers in 50-500 ms. The overhead of a
turn is the time from the request to its response, without the server's own time. Rows: recorded on a cassette,
served from it, live, the official client alone, and against a server that fails. All texts are compared with those that
a server without faults gives. Not a test. Prints Markdown.
"""

import argparse
import asyncio
import gc
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any, cast

from loguru import logger
from openai import AsyncOpenAI

from tabletutor.config.teachers import EndpointTeacherConfig
from tabletutor.models.prompt import Message
from tabletutor.teachers.chat import ChatRequest, Sampling
from tabletutor.teachers.completion import request_body
from tabletutor.teachers.teacher import EndpointTeacher

ROOT = Path(__file__).parents[2]
Complete = Callable[[ChatRequest], Awaitable[str]]
MODES = {
    "record": "recorded",
    "replay": "served",
    "live": "live",
    "client": "official client alone",
    "faults": "live, a tenth of all attempts fail",
}
FAULTS = 0.1
SHORTEST, LONGEST, TURNS = 0.05, 0.5, 16
CARD = "Table mpg, 234 rows\n" + "\n".join(f"'column {number}': number, missing" for number in range(20))


class Plain:
    """The official client alone, as a peer."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client

    async def complete(self, request: ChatRequest) -> str:
        """Return the text of the response."""
        sampling = request.sampling
        response = await self._client.chat.completions.create(
            model=request.model,
            messages=cast("Any", request.messages),
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_tokens,
            seed=sampling.seed,
        )
        return response.choices[0].message.content or ""


async def converse(complete: Complete, config: EndpointTeacherConfig, number: int) -> list[tuple[float, float]]:
    """Run one conversation and return the time of each turn, and the server's own time, in seconds."""
    messages: list[Message] = [{"role": "user", "content": f"{CARD}\n\nQuestion {number}: what is the mean?"}]
    times: list[tuple[float, float]] = []
    for _ in range(TURNS):
        request = ChatRequest(config.model, tuple(messages), sampling=Sampling(seed=number))
        body = json.dumps(request_body(request, config), sort_keys=True)
        key = hashlib.sha256(body.encode()).hexdigest()[:16]  # from which the server computes its time
        started = time.perf_counter()
        text = await complete(request)
        times.append((time.perf_counter() - started, Random(key).uniform(SHORTEST, LONGEST)))
        assert text == f"answer {key}"
        messages.append({"role": "assistant", "content": text})
        messages.append({"role": "user", "content": f"the output of a cell {number} " * 10})
    return times


async def run(complete: Complete, config: EndpointTeacherConfig, conversations: int, served: bool) -> str:
    """Return the figures as cells of a table."""
    await complete(ChatRequest(config.model, ()))  # imports the client
    started, used = time.perf_counter(), time.process_time()
    done = await asyncio.gather(*(converse(complete, config, number) for number in range(conversations)))
    seconds, used = time.perf_counter() - started, time.process_time() - used
    overheads = [whole - (0 if served else own) for times in done for whole, own in times]
    cuts = quantiles(overheads, n=100)
    median, high, highest = (f"{1000 * cuts[percent - 1]:.1f}" for percent in (50, 90, 99))
    rate, cpu = len(overheads) / seconds, 1000 * used / len(overheads)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{rate:.0f} | {median} | {high} | {highest} | {cpu:.2f} | {peak:.0f}"


async def measure(mode: str, url: str, cassette: Path, conversations: int) -> str:
    """Return the figures of a mode of the cassette, or of the peer."""
    named = {"teacher": "openai", "model": "m", "base_url": url, "key_variable": "NO_KEY", "concurrency": conversations}
    if mode == "client":
        config = EndpointTeacherConfig.model_validate(named)
        async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
            return await run(Plain(client).complete, config, conversations, False)
    settings = {"cassette": "live", "timeout_seconds": 5} if mode == "faults" else {"cassette": mode}
    config = EndpointTeacherConfig.model_validate(named | settings)
    async with EndpointTeacher(config, cassette) as teacher:

        async def complete(request: ChatRequest) -> str:
            return (await teacher.complete(request)).choices[0].text

        return await run(complete, config, conversations, mode == "replay")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=64)
    conversations = parser.parse_args().conversations
    logger.remove()
    gc.freeze()
    print(f"load {os.getloadavg()[0]:.1f}; {conversations} conversations of {TURNS} turns at once")
    print("| | requests/s | overhead p50, ms | p90, ms | p99, ms | CPU per request, ms | peak memory, MB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for mode, name in MODES.items():
            with server(FAULTS if mode == "faults" else 0) as url:
                figures = asyncio.run(measure(mode, url, Path(folder) / "c.jsonl.gz", conversations))
            print(f"| {name} | {figures} |", flush=True)


@contextmanager
def server(faults: float) -> Generator[str]:
    """Run a server in a process of its own and provide its address."""
    command = [sys.executable, "-m", "tests.support.chat_server", str(SHORTEST), str(LONGEST), str(faults)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


if __name__ == "__main__":
    main()
