"""The chat endpoint over HTTP, asked by the official client."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
import torch
from openai import APIError, BadRequestError, InternalServerError, NotFoundError, OpenAI

from tabletutor.models.chat import opening_ids
from tabletutor.models.decoder import DecodeLimits, Decoder
from tabletutor.models.load import load_tokenizer
from tabletutor.models.prompt import Message
from tabletutor.records.identity import rng
from tests.support.polling import wait_until
from tests.support.serving import make_tiny, running_server


def messages(question: str) -> list[Any]:
    return [{"role": "system", "content": "count"}, {"role": "user", "content": question}]


def ask(client: OpenAI, question: str = "the rows", **more: Any) -> Any:
    options: dict[str, Any] = {"max_tokens": 40, "temperature": 0, **more}
    return client.chat.completions.create(model="tiny", messages=messages(question), **options)


def direct(model: Any, folder: Path, question: str, limits: DecodeLimits, seed: int = 0) -> tuple[str, int]:
    """Return the text that the decoder alone gives, and the number of its tokens."""
    tokenizer = load_tokenizer(folder)
    decoder = Decoder(model, tokenizer, 1, limits)
    asked: list[Message] = messages(question)
    decoder.begin(0, opening_ids(tokenizer, asked), rng(seed, 0))
    decoder.feed([0])
    (turn,) = decoder.decode(1)
    return turn.text, turn.tokens


def test_a_reply_is_the_text_of_the_decoder(client: OpenAI, model: Any, folder: Path) -> None:
    reply = ask(client)
    text, tokens = direct(model, folder, "the rows", DecodeLimits(40, 512, whole_turns=True))
    assert reply.choices[0].message.content == text
    assert reply.choices[0].message.role == "assistant"
    assert reply.choices[0].finish_reason == "length"
    prompt = len(opening_ids(load_tokenizer(folder), messages("the rows")))
    assert reply.usage.prompt_tokens == prompt
    assert (reply.usage.completion_tokens, reply.usage.total_tokens) == (tokens, prompt + tokens)
    sampled = ask(client, temperature=0.9, top_p=0.7, seed=5).choices[0].message.content
    limits = DecodeLimits(40, 512, 0.9, whole_turns=True, top_p=0.7)
    assert sampled == direct(model, folder, "the rows", limits, seed=5)[0]


def test_a_stop_token_is_the_reason_to_stop(client: OpenAI) -> None:
    choices = ask(client, max_tokens=150, temperature=1.5, seed=0, n=8).choices
    assert "stop" in {choice.finish_reason for choice in choices}
    assert not [choice for choice in choices if "<|im_end|>" in choice.message.content]


@pytest.mark.parametrize("count", [1, 3])
def test_pieces_of_a_stream_join_to_the_same_replies(client: OpenAI, count: int) -> None:
    options = {"temperature": 1, "seed": 3, "n": count}
    whole = ask(client, **options)
    texts, reasons, usages = [""] * count, [""] * count, []
    for event in ask(client, stream=True, stream_options={"include_usage": True}, **options):
        assert event.id.startswith("chatcmpl-")
        usages.append(event.usage)
        for choice in event.choices:
            texts[choice.index] += choice.delta.content or ""
            reasons[choice.index] = choice.finish_reason or reasons[choice.index]
    assert texts == [choice.message.content for choice in whole.choices]
    assert reasons == [choice.finish_reason for choice in whole.choices]
    assert usages == [None] * (len(usages) - 1) + [whole.usage]
    assert len(usages) > 10


def test_usage_is_streamed_only_if_it_is_wanted(client: OpenAI) -> None:
    assert {event.usage for event in ask(client, stream=True)} == {None}


def test_seeds_repeat(client: OpenAI) -> None:
    def sampled(seed: int | None, count: int = 1) -> list[str]:
        return [choice.message.content for choice in ask(client, temperature=1, seed=seed, n=count).choices]

    assert sampled(7) == sampled(7)
    assert sampled(7) != sampled(8)
    assert sampled(None) != sampled(None)
    assert sampled(7, 3) == sampled(7, 3)
    assert len(set(sampled(7, 3))) == 3
    assert sampled(7, 3)[:1] == sampled(7)  # another number of choices does not change the first


def test_eight_requests_at_once_equal_their_single_answers(client: OpenAI) -> None:
    def answer(number: int) -> Any:
        reply = ask(client, f"rows {number} " * (number + 1), temperature=number % 2, seed=number, max_tokens=60)
        return reply.choices[0].model_dump(), reply.usage.model_dump()

    alone = [answer(number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(answer, range(8))) == alone


def test_a_stop_string_cuts_the_reply_before_it(client: OpenAI) -> None:
    text = ask(client).choices[0].message.content
    stop = text[12:15]
    cut = text[: text.index(stop)]
    for stops in (stop, ["no such text", stop]):
        reply = ask(client, stop=stops)
        assert (reply.choices[0].message.content, reply.choices[0].finish_reason) == (cut, "stop")
        assert reply.usage.completion_tokens < 40
        events = list(ask(client, stop=stops, stream=True))
        assert "".join(event.choices[0].delta.content or "" for event in events) == cut
        assert events[-1].choices[0].finish_reason == "stop"


def test_a_full_context_ends_the_reply(client: OpenAI) -> None:
    reply = client.chat.completions.create(model="tiny", messages=messages("rows " * 70), temperature=0)
    assert reply.usage is not None
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.total_tokens <= 512


def test_more_requests_than_rows_wait(model: Any, folder: Path) -> None:
    with running_server(model, folder, rows=2) as address, OpenAI(base_url=address, api_key="none") as client:
        assert len({choice.message.content for choice in ask(client, n=7, temperature=1, seed=1).choices}) == 7


def test_text_parts_and_the_role_developer_are_read(client: OpenAI) -> None:
    parts = [{"type": "text", "text": "the rows"}, {"type": "text", "text": "of df"}]
    asked: list[Any] = [{"role": "developer", "content": "count"}, {"role": "user", "content": parts}]
    reply = client.chat.completions.create(model="tiny", messages=asked, temperature=0, max_completion_tokens=40)
    assert reply.choices[0].message == ask(client, "the rows\nof df").choices[0].message


def test_a_reply_can_be_sent_back(client: OpenAI) -> None:
    reply = ask(client).choices[0].message
    longer: list[Any] = [*messages("the rows"), reply, {"role": "user", "content": "more"}]
    again = client.chat.completions.create(model="tiny", messages=longer, max_tokens=5)
    assert again.usage is not None
    assert again.usage.prompt_tokens > 40


def test_models_and_state(client: OpenAI, url: str) -> None:
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("tiny").model_extra == {"max_model_len": 512}
    state = httpx2.get(url.replace("/v1", "/health")).json()
    assert state == {"status": "ok", "model": "tiny", "running": 0, "waiting": 0}


def test_refused_requests_name_the_field(client: OpenAI) -> None:
    with pytest.raises(BadRequestError, match=r"tools = .* is not supported here") as refused:
        ask(client, tools=[{"type": "function", "function": {"name": "f"}}])
    assert refused.value.param == "tools"
    assert refused.value.code == "unsupported_parameter"
    assert refused.value.type == "invalid_request_error"
    with pytest.raises(NotFoundError, match="there is no model 'other' here, only 'tiny'") as unknown:
        client.chat.completions.create(model="other", messages=messages("a"))
    assert unknown.value.code == "model_not_found"
    with pytest.raises(NotFoundError):
        client.models.retrieve("other")
    with pytest.raises(BadRequestError, match="the context holds 512 tokens, and the messages have ") as long:
        ask(client, "rows of the table " * 200)
    assert long.value.code == "context_length_exceeded"


def test_a_template_that_changes_messages_is_refused(model: Any, folder: Path, tmp_path: Path) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    template = other / "chat_template.jinja"
    text = template.read_text(encoding="utf-8")
    template.write_text("{% set messages = messages[1:] %}" + text, encoding="utf-8")
    message = r"messages: the chat template leaves out message 0 \(system\)"
    with (
        running_server(model, other) as url,
        OpenAI(base_url=url, api_key="none") as client,
        pytest.raises(BadRequestError, match=message),
    ):
        ask(client)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "/chat/completions", "{", 400, "the body is not JSON"),
        ("POST", "/chat/completions", "[]", 400, "the body must be a JSON object"),
        ("POST", "/chat/completions", " " * (16 * 2**20 + 1), 413, "the body is longer"),
        ("GET", "/chat/completions", "", 405, "GET /v1/chat/completions: Method Not Allowed"),
        ("POST", "/embeddings", "{}", 404, "POST /v1/embeddings: Not Found"),
    ],
)
def test_what_is_no_request_gets_an_error_body(
    url: str, method: str, path: str, body: str, status: int, message: str
) -> None:
    response = httpx2.request(method, url + path, content=body)
    assert response.status_code == status
    error = response.json()["error"]
    assert error["message"].startswith(message)
    assert error["type"] == "invalid_request_error"


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A model that never chooses a stop token, and its folder."""
    folder = tmp_path_factory.mktemp("endless")
    model = make_tiny(folder)
    output = torch.nn.Linear(32, 400)
    output.weight.data.copy_(model.get_input_embeddings().weight.data)
    output.bias.data[load_tokenizer(folder).all_special_ids] = -1000
    model.set_output_embeddings(output)
    return model, folder


@pytest.fixture(scope="module")
def endless_url(endless: tuple[Any, Path]) -> Iterator[str]:
    with running_server(*endless, rows=2, context=100_000) as address:
        yield address


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_disconnects_frees_its_rows(endless_url: str, stream: bool) -> None:
    body = {"model": "tiny", "messages": messages("a"), "n": 3, "seed": 1, "temperature": 2, "stream": stream}

    def state() -> tuple[int, int]:
        health = httpx2.get(endless_url.replace("/v1", "/health")).json()
        return health["running"], health["waiting"]

    with httpx2.Client() as client:
        if stream:
            with client.stream("POST", f"{endless_url}/chat/completions", json=body) as response:
                lines = response.iter_lines()
                next(lines)
                wait_until(lambda: state() == (2, 1), lambda: f"two replies and one that waits, but {state()}", 5)
        else:
            with pytest.raises(httpx2.ReadTimeout):
                client.post(f"{endless_url}/chat/completions", json=body, timeout=0.2)
    wait_until(lambda: state() == (0, 0), lambda: f"free rows, but {state()}", 5)


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_stops_lets_open_replies_fail(endless: tuple[Any, Path], stream: bool) -> None:
    def asked(client: OpenAI) -> None:
        answer = ask(client, temperature=2, max_tokens=10**6, stream=stream)
        if stream:
            list(answer)

    with ThreadPoolExecutor(1) as pool:
        with running_server(*endless, context=100_000) as url:
            client = OpenAI(base_url=url, api_key="none", max_retries=0)
            reply = pool.submit(asked, client)
            wait_until(lambda: httpx2.get(url.replace("/v1", "/health")).json()["running"], "a reply that runs")
        with pytest.raises(APIError, match="the server stops"):
            reply.result()
        client.close()


@pytest.fixture(scope="module")
def broken_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("broken")
    model = make_tiny(folder)
    model.set_output_embeddings(torch.nn.Linear(7, 400))  # the model has another width
    with running_server(model, folder) as address:
        yield address


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_model_that_fails_is_an_error_and_not_a_hang(broken_url: str) -> None:
    with OpenAI(base_url=broken_url, api_key="none", max_retries=0, timeout=20) as client:
        for _ in range(2):  # the request at which it fails, and one after
            with pytest.raises(InternalServerError, match="the server stops, or its model has failed"):
                ask(client)
        with pytest.raises(APIError, match="its model has failed"):
            list(ask(client, stream=True))
    assert httpx2.get(broken_url.replace("/v1", "/health")).status_code == 503
    assert json.loads(httpx2.get(f"{broken_url}/models").text)["data"]
