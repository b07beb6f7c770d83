"""Holds tries to come in for as long as wrong ones before them demand, and only so many at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from alertd.service.tries import Tries

T = TypeVar("T")

MOST_HELD = 24
"""Tries held at a time: the listener has other requests to take, providers' and health's among them."""
MOST_HELD_BY_NETWORK = 3
"""Of one network: guessing does not go faster by guessing side by side."""
SOONEST = 0.5
"""Seconds until a wrong try is answered, at least: how long it took to find out tells nobody what was wrong."""
Wait = Callable[[float], Awaitable[object]]


class TooMany(Exception):
    """As many tries are held as may be; whoever comes now is told so, and how else to answer."""


class Slowing:
    """Judges tries in their time.

    Args:
        tries: Counts them.
        now: The present, aware UTC.
        wait: Waits so many seconds, for holding a try.
        even: The same, for answering no sooner.
    """

    def __init__(
        self, tries: Tries, now: Callable[[], datetime], wait: Wait = asyncio.sleep, even: Wait = asyncio.sleep
    ) -> None:
        self._tries = tries
        self._now = now
        self._wait = wait
        self._even = even
        self._held: Counter[str] = Counter()

    async def judged(self, turn: asyncio.Semaphore, network: str, name: str, judge: Callable[[], T | None]) -> T | None:
        """Judge a try once it has been held; None when it is wrong.

        Args:
            turn: Held while the store is used.
            network: Where it comes from.
            name: Number or login that was typed; "" when none could be read.
            judge: Gives who it is, or None.

        Raises:
            TooMany: too many are held already; this one was counted and not judged.
            StoreUnavailable: it could not be counted or judged.
        """
        async with turn:
            tried = await run_in_threadpool(self._tries.begin, network, name, self._now())
        if tried.wait:
            await self._hold(network, tried.wait.total_seconds())
        async with turn:
            begun = monotonic()
            found = await run_in_threadpool(judge)
            if found is not None:
                await run_in_threadpool(self._tries.succeeded, tried, self._now())
                return found
        await self._even(max(0.0, SOONEST - (monotonic() - begun)))
        return None

    async def _hold(self, network: str, seconds: float) -> None:
        if self._held.total() >= MOST_HELD or self._held[network] >= MOST_HELD_BY_NETWORK:
            raise TooMany
        self._held[network] += 1
        try:
            await self._wait(seconds)
        finally:
            self._held[network] -= 1
            self._held += Counter()  # drops networks of which none is held
