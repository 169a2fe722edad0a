"""Decide whether to send a request again, and after which time."""

import math
import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

STATUSES = frozenset({408, 409, 429})  # and all from 500


class Fault(Exception):
    """A passing failure of one attempt. `kind` is its name in the counts, `asked` the server's Retry-After.

    `billed` says that the endpoint may have answered, and that the answer got lost.
    """

    def __init__(self, kind: str, detail: str, asked: float | None = None, billed: bool = True) -> None:
        super().__init__(f"{kind} ({detail})" if detail else kind)
        self.kind = kind
        self.asked = asked
        self.billed = billed


def is_passing(status: int, code: str) -> bool:
    """Return whether the same request may succeed later. A used-up quota (429 with this code) does not come back."""
    return (status in STATUSES or status >= 500) and code not in ("insufficient_quota", "billing_hard_limit_reached")


def seconds_asked(header: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds of a Retry-After header, which holds seconds or an HTTP date. None if it says nothing."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header.strip())
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def waiting_time(attempt: int, fault: Fault, first: float, longest: float) -> float:
    """Return the seconds to wait after the failure of an attempt, counted from 1: never more than `longest`.

    As long as the server asks for, with up to a tenth more, or twice as long after each attempt, at random down to half
    of it. So requests that failed together are not sent together again.
    """
    if fault.asked is not None:
        return min(longest, fault.asked * random.uniform(1, 1.1))
    return min(longest, first * 2 ** min(attempt - 1, 30)) * random.uniform(0.5, 1)
