"""Errors of teachers. Their messages never quote a key."""

import re

HTTP_BAD_REQUEST = 400
# What OpenAI, vLLM, llama.cpp and `tabletutor serve` say of a conversation that is longer than the model's context.
_TOO_LONG = re.compile(
    r"context_length_exceeded|maximum context length|exceed_context_size|exceeds? the (available )?context|"
    r"context is too long|prompt is too long",
    re.IGNORECASE,
)


class TeacherError(Exception):
    """A request got no response. The message names the model, what is wrong and what to do."""


class EndpointRefused(TeacherError):
    """The endpoint refused a request, and would refuse it again. `code` is the server's own name of the reason.
    `is_too_long`: the conversation is longer than the model's context.
    """

    billed = False

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message)
        self.kind = f"http_{status}"
        self.status = status
        self.code = code
        self.is_too_long = status == HTTP_BAD_REQUEST and bool(_TOO_LONG.search(f"{code} {message}"))


class EndpointUnavailable(TeacherError):
    """All attempts failed: the endpoint cannot be reached, is overloaded or answers with garbage."""


class BudgetSpent(TeacherError):
    """A limit of the budget is reached. Nothing is in flight, and everything paid for is recorded."""


class CassetteMiss(TeacherError):
    """A request is not on the cassette, and the mode is replay."""


class TeacherClosed(TeacherError):
    """The teacher was closed before the request could be sent."""
