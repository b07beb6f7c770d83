"""Whether every loop moves on: what the watchdog is fed by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta


class Progress:
    """When each loop last moved on; safe from any thread.

    Waiting properly counts as moving on: for work, for a broker or a store that is away. A turn that does not end
    does not.

    Args:
        monotonic: Seconds that never jump.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._marks: dict[str, float] = {}
        self._limits: dict[str, float] = {}

    def expect(self, loop: str, limit: timedelta) -> None:
        """Expect a loop to move on at least this often, from now on."""
        self._marks[loop] = self._monotonic()
        self._limits[loop] = limit.total_seconds()

    def mark(self, loop: str) -> None:
        """Note that a loop moved on."""
        self._marks[loop] = self._monotonic()

    def ages(self) -> dict[str, float]:
        """Seconds since each loop last moved on."""
        now = self._monotonic()
        return {loop: now - at for loop, at in self._marks.copy().items()}

    def stuck(self) -> tuple[str, ...]:
        """Loops that have not moved on within their limits, by name."""
        return tuple(sorted(loop for loop, age in self.ages().items() if age >= self._limits[loop]))
