"""The budget of a teacher: what its requests may use, and what they have used. Recorded responses cost nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import NamedTuple

from tabletutor.config.teachers import BudgetConfig
from tabletutor.teachers.errors import BudgetSpent


class Tokens(NamedTuple):
    """Tokens of a prompt and of its answers."""

    prompt: int
    completion: int

    @property
    def total(self) -> int:
        """All tokens."""
        return self.prompt + self.completion


NO_TOKENS = Tokens(0, 0)


class Reservation:
    """The share of the budget that one request may use."""

    def __init__(self, worst: Tokens) -> None:
        self.tokens = worst

    def settle(self, used: Tokens) -> None:
        """State what the request used. Without this, all that it might have used counts as used."""
        self.tokens = used


class Budget:
    """Counts requests, tokens and cost, and stops before a limit is exceeded. Belongs to one event loop."""

    def __init__(self, config: BudgetConfig) -> None:
        self._config = config
        self._open: set[Reservation] = set()
        self._settled = asyncio.Event()
        self._spent: str | None = None
        self.requests = 0
        self.used = NO_TOKENS

    @property
    def cost(self) -> float:
        """The cost so far, in the currency of the prices."""
        return self._price(self.used)

    @asynccontextmanager
    async def reserve(self, worst: Tokens) -> AsyncGenerator[Reservation]:
        """Context manager around one attempt of a request that uses at most `worst`.

        If it may exceed the budget, wait for the requests in flight, which may use less than they might. Raises
        BudgetSpent if it may still exceed the budget then, and at every later call.
        """
        while self._spent is None and (limit := self._exceeded(worst)) is not None:
            if self._open:
                await self._settled.wait()
            else:
                self._spent = self._message(limit, worst)
        if self._spent is not None:
            raise BudgetSpent(self._spent)
        reservation = Reservation(worst)
        self.requests += 1
        self._open.add(reservation)
        try:
            yield reservation
        finally:
            self._open.remove(reservation)
            used = reservation.tokens
            self.used = Tokens(self.used.prompt + used.prompt, self.used.completion + used.completion)
            self._settled.set()
            self._settled = asyncio.Event()

    def _exceeded(self, worst: Tokens) -> str | None:
        """Return the name of the limit that a further request may exceed, or None."""
        config = self._config
        reserved = [*(each.tokens for each in self._open), worst, self.used]
        if config.max_requests is not None and self.requests + 1 > config.max_requests:
            return "max_requests"
        if config.max_tokens is not None and sum(each.total for each in reserved) > config.max_tokens:
            return "max_tokens"
        if config.max_cost is not None and sum(map(self._price, reserved)) > config.max_cost:
            return "max_cost"
        return None

    def _price(self, tokens: Tokens) -> float:
        prompts = tokens.prompt * self._config.price_per_million_prompt_tokens
        return (prompts + tokens.completion * self._config.price_per_million_completion_tokens) / 1e6

    def _message(self, limit: str, worst: Tokens) -> str:
        config = self._config
        parts = [
            f"{self.requests:,} requests{_of(config.max_requests)}",
            f"{self.used.total:,} tokens{_of(config.max_tokens)} ({self.used.prompt:,} of prompts, "
            f"{self.used.completion:,} of answers)",
            f"a cost of {self.cost:.4g}{_of(config.max_cost)}",
        ]
        return (
            f"the budget is spent: {', '.join(parts)}. The next request may use {worst.total:,} tokens. To continue, "
            f"raise `budget.{limit}` and run the same command again; recorded responses are not paid for again"
        )


def _of(limit: float | None) -> str:
    return "" if limit is None else f" of {limit:,}"
