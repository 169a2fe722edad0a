"""Token buckets that limit requests and tokens per minute."""

import asyncio
import time


class TokenBucket:
    """A bucket that fills at a constant rate, and from which each request takes an amount.

    It holds at most what one second brings, and at least `smallest`, so that in any time span at most the rate times
    the span and one such burst are taken. An amount that exceeds the bucket waits until it is full and leaves a debt.
    """

    def __init__(self, per_minute: float, smallest: float = 1.0) -> None:
        self._rate = per_minute / 60
        self._size = max(self._rate, smallest)
        self._level = self._size
        self._time: float | None = None

    def wait(self, amount: float, now: float) -> float:
        """Return the seconds until the amount can be taken, at the time `now`; 0 if it can be taken."""
        self._fill(now)
        missing = min(amount, self._size) - self._level
        return max(0.0, missing / self._rate) if missing > 1e-9 else 0.0

    def take(self, amount: float, now: float) -> None:
        """Take the amount. A negative amount is put back, if an earlier one was too large."""
        self._fill(now)
        self._level = min(self._size, self._level - amount)

    def _fill(self, now: float) -> None:
        if self._time is not None and now > self._time:
            self._level = min(self._size, self._level + (now - self._time) * self._rate)
        self._time = now if self._time is None else max(self._time, now)


class RateLimit:
    """Limits of one endpoint, shared by all requests to it. Requests pass in the order in which they came."""

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self._requests = None if requests_per_minute is None else TokenBucket(requests_per_minute)
        self._tokens = None if tokens_per_minute is None else TokenBucket(tokens_per_minute)
        self._turn = asyncio.Lock()
        self._pause_ends = 0.0

    async def enter(self, tokens: int) -> None:
        """Wait until a request of this many tokens may be sent."""
        async with self._turn:
            while (seconds := self._wait(tokens, time.monotonic())) > 0:
                await asyncio.sleep(seconds)
            for bucket, amount in ((self._requests, 1), (self._tokens, tokens)):
                if bucket is not None:
                    bucket.take(amount, time.monotonic())

    def correct(self, reserved: int, used: int) -> None:
        """Put back the tokens that a request reserved and did not use, or take those that it used in addition."""
        if self._tokens is not None:
            self._tokens.take(used - reserved, time.monotonic())

    def pause(self, seconds: float) -> None:
        """Send nothing for some time, because the endpoint asked for it."""
        self._pause_ends = max(self._pause_ends, time.monotonic() + seconds)

    def _wait(self, tokens: int, now: float) -> float:
        waits = [self._pause_ends - now]
        if self._requests is not None:
            waits.append(self._requests.wait(1, now))
        if self._tokens is not None:
            waits.append(self._tokens.wait(tokens, now))
        return max(waits)
