"""Where deliveries wait between the thread that receives them and the one that commits them."""

from __future__ import annotations

import threading
from collections import deque
from datetime import timedelta
from itertools import chain

from alertd.transport.feed import Delivery


class Inbox:
    """A first-in-first-out of deliveries that one thread fills and another empties; it can fail, once and for good."""

    def __init__(self) -> None:
        self._waiting: deque[Delivery] = deque()
        self._taken: tuple[Delivery, ...] = ()
        self._failure: Exception | None = None
        self._changed = threading.Condition()

    def put(self, delivery: Delivery) -> None:
        """Add a delivery."""
        with self._changed:
            self._waiting.append(delivery)
            self._changed.notify()

    def fail(self, failure: Exception) -> None:
        """Make `take` raise this from now on: what waits here will be delivered again elsewhere."""
        with self._changed:
            self._failure = self._failure or failure
            self._changed.notify()

    def wake(self) -> None:
        """Make a waiting `take` look up."""
        with self._changed:
            self._changed.notify()

    def take(self, most: int, wait: timedelta) -> tuple[Delivery, ...]:
        """Take what has queued up, oldest first; it is held until the next `take`.

        Args:
            most: Largest number taken.
            wait: How long to wait for the first one; there is no waiting for more.

        Raises:
            Exception: Whatever `fail` was given.
        """
        with self._changed:
            self._taken = ()
            if not self._waiting and self._failure is None:
                self._changed.wait(wait.total_seconds())
            if self._failure is not None:
                raise self._failure
            self._taken = tuple(self._waiting.popleft() for _ in range(min(most, len(self._waiting))))
            return self._taken

    def held(self) -> tuple[int, Delivery | None]:
        """Number of deliveries waiting or taken, and the oldest of them."""
        with self._changed:
            oldest = next(chain(self._taken, self._waiting), None)
            return len(self._taken) + len(self._waiting), oldest
