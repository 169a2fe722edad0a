"""Counts of a teacher's requests, for people; never part of a result."""

from tabletutor.records.record import Record


class Usage(Record, frozen=True):
    """Counts of one teacher. `requests` are all that were sent, `retries` those that repeat a failed one.

    `incidents` counts failures by kind: http_429, timeout, connection, invalid_completion. `served` are responses from
    the cassette, which cost nothing.
    """

    requests: int
    retries: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    served: int
    incidents: dict[str, int]

    def __str__(self) -> str:
        """Return the counts as a short text for a display."""
        tokens = self.prompt_tokens + self.completion_tokens
        parts = [f"{self.requests:,} requests", f"{tokens:,} tokens"]
        parts += [f"cost {self.cost:.2f}"] if self.cost else []
        parts += [f"{self.served:,} from the cassette"] if self.served else []
        incidents = (f"{count} {kind}" for kind, count in sorted(self.incidents.items()))
        return ", ".join([*parts, *incidents])
