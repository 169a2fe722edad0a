"""Wait for something that another process or thread does."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T], expected: str | Callable[[], str], seconds: float = 60, every: float = 0.02
) -> T:
    """Call `condition` every `every` seconds until its result is true, and return that result.

    Raises TimeoutError with the text `expected` if the result is still false after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {expected if isinstance(expected, str) else expected()}")
        time.sleep(every)
    return result
