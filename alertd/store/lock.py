"""The one writer's lock: fair, and people before machines."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class RankedLock:
    """A lock whose waiters go by rank, the lower first; within a rank, first come first served.

    SQLite has one writer and lets waiters poll: whoever is unlucky waits for ever. Queueing in the process means that a
    person who accepts an alert waits for one intake batch at most.
    """

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._waiting: list[tuple[int, int]] = []
        self._next = 0
        self._is_held = False

    @contextmanager
    def held(self, rank: int) -> Iterator[None]:
        """Hold the lock; not to be taken again by the thread that holds it."""
        self._acquire(rank)
        try:
            yield
        finally:
            self._release()

    def _acquire(self, rank: int) -> None:
        with self._change:
            ticket = (rank, self._next)
            self._next += 1
            heapq.heappush(self._waiting, ticket)
            self._change.wait_for(lambda: not self._is_held and self._waiting[0] == ticket)
            heapq.heappop(self._waiting)
            self._is_held = True

    def _release(self) -> None:
        with self._change:
            self._is_held = False
            self._change.notify_all()
