"""What the verbs need of the store for swaps (`alertd.service.ports` includes it)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from alertd.model.shifts import Swap


class SwapReading(Protocol):
    """Swaps on record."""

    def swaps(self, after: datetime | None = None) -> tuple[Swap, ...]:
        """Swaps that stand and end after a moment, or all there ever were; the newest first."""
        ...


class SwapWriting(SwapReading, Protocol):
    """Swaps in a transaction."""

    def add_swap(self, swap: Swap) -> Swap:
        """Record a swap; returns it with its number, whatever number it came with."""
        ...

    def undo_swap(self, number: int, by: str, at: datetime) -> bool:
        """Mark a swap as taken back; False when it was already, or is not there. Nothing is ever deleted."""
        ...
