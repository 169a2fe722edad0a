"""Errors of teachers. Their messages never quote a key."""


class TeacherError(Exception):
    """A request got no response. The message names the model, what is wrong and what to do."""


class EndpointRefused(TeacherError):
    """The endpoint refused a request, and would refuse it again. `code` is the server's own name of the reason."""

    billed = False

    def __init__(self, message: str, status: int, code: str) -> None:
        super().__init__(message)
        self.kind = f"http_{status}"
        self.status = status
        self.code = code


class EndpointUnavailable(TeacherError):
    """All attempts failed: the endpoint cannot be reached, is overloaded or answers with garbage."""


class BudgetSpent(TeacherError):
    """A limit of the budget is reached. Nothing is in flight, and everything paid for is recorded."""


class CassetteMiss(TeacherError):
    """A request is not on the cassette, and the mode is replay."""


class TeacherClosed(TeacherError):
    """The teacher was closed before the request could be sent."""
