"""How one loop tells another that there is something to do: a counter, so that nothing told is ever missed."""

from __future__ import annotations

import threading


class Wake:
    """A counter that whoever makes work adds to, and a loop waits on.

    A loop reads `count` before it looks for work; `wait_past` then returns at once when something came meanwhile.
    """

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    @property
    def count(self) -> int:
        """How often it was given; only ever grows."""
        return self._count

    def give(self) -> None:
        """Say that there may be something to do."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait_past(self, seen: int, seconds: float) -> None:
        """Wait until the count has passed `seen`, or so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != seen, seconds)
