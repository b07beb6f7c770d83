"""How long to wait before trying a broken thing again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random, SystemRandom


@dataclass(slots=True)
class Backoff:
    """Waits that double from `first` up to `most`, each shortened at random so that several machines spread out.

    Attributes:
        first: Longest first wait.
        most: Longest wait of all.
        failures: Failures in a row so far.
        random: Source of the jitter.
    """

    first: timedelta = timedelta(milliseconds=250)
    most: timedelta = timedelta(seconds=15)
    failures: int = 0
    random: Random = field(default_factory=SystemRandom)

    def failed(self) -> timedelta:
        """Count a failure and tell how long to wait now: between half of the doubled wait and all of it."""
        whole = min(self.most, self.first * (1 << min(self.failures, 16)))
        self.failures += 1
        return whole * self.random.uniform(0.5, 1.0)

    def succeeded(self) -> None:
        """Begin again from `first`."""
        self.failures = 0
