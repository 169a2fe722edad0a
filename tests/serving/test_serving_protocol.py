"""Requests: which fields are read, which are ignored, and which are refused by name."""

import json
from typing import Any

import pytest

from tabletutor.serving.protocol import ChatCompletionRequest, RequestError, parse_request

MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": "a"}]


def parse(**fields: Any) -> ChatCompletionRequest:
    return parse_request(json.dumps({"model": "m", "messages": MESSAGES, **fields}).encode())


def test_fields_without_effect_are_ignored() -> None:
    ignored = {
        "user": "me",
        "metadata": {"a": "b"},
        "tools": [],
        "logprobs": False,
        "frequency_penalty": 0.0,
        "response_format": {"type": "text"},
        "reasoning_effort": None,
        "stop": None,
    }
    assert parse(**ignored) == parse()


def test_defaults_are_those_of_the_protocol() -> None:
    asked = parse()
    assert (asked.temperature, asked.top_p, asked.n, asked.stream, asked.limit, asked.stop) == (
        1,
        1,
        1,
        False,
        None,
        [],
    )
    assert parse(max_tokens=5).limit == 5
    assert parse(max_tokens=5, max_completion_tokens=4).limit == 4
    assert parse(stop="a").stop == ["a"]


@pytest.mark.parametrize(
    ("fields", "param", "message"),
    [
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format", "is not supported here"),
        ({"logprobs": True}, "logprobs", "logprobs = true is not supported here"),
        ({"frequency_penalty": 0.5}, "frequency_penalty", "is not supported here"),
        ({"temprature": 0.5}, "temprature", "is not supported here"),
        ({"temperature": 3}, "temperature", "temperature: should be less than or equal to 2, not 3"),
        ({"temperature": "0"}, "temperature", 'temperature: should be a valid number, not "0"'),
        ({"top_p": 1.5}, "top_p", "should be less than or equal to 1"),
        ({"max_tokens": 0}, "max_tokens", "should be greater than or equal to 1"),
        ({"max_tokens": 1.5}, "max_tokens", "should be a valid integer"),
        ({"seed": 2**70}, "seed", "should be less than"),
        ({"n": True}, "n", "should be a valid integer"),
        ({"stop": ["a", ""]}, "stop[1]", "at least 1 character"),
        ({"stop": 7}, "stop", "should be a valid list"),
        ({"stream_options": {"usage": True}}, "stream_options.usage", "Extra inputs are not permitted"),
        ({"messages": []}, "messages", "at least 1 item"),
        ({"messages": "a"}, "messages", 'should be a valid list, not "a"'),
        ({"messages": ["a"]}, "messages[0]", "should be a valid dictionary"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages[0].role", "should be 'system'"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "messages[0].content: Field required"),
        ({"messages": [*MESSAGES, {"role": "assistant", "content": None}]}, "messages[1].content", "valid string"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages[0].content",
            "should be a string or a list of parts of type text",
        ),
        (
            {"messages": [{"role": "assistant", "content": "", "tool_calls": [{"id": "x"}]}]},
            "messages[0].tool_calls",
            "Extra inputs are not permitted",
        ),
    ],
)
def test_a_refusal_names_the_field(fields: dict[str, Any], param: str, message: str) -> None:
    with pytest.raises(RequestError) as refused:
        parse(**fields)
    assert refused.value.param == param
    assert message in str(refused.value)


def test_a_model_must_be_named() -> None:
    with pytest.raises(RequestError, match="model: Field required") as refused:
        parse(model=None)
    assert refused.value.code == "missing_required_parameter"
