"""What hand-overs need of the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from alertd.model.handover import Handover, OpenCase
from alertd.model.ids import PersonId


class HandoverReading(Protocol):
    """A consistent view of hand-overs and of what is handed over."""

    def last_handover(self) -> Handover | None:
        """The newest hand-over on record, one without a list too."""
        ...

    def handover(self, number: int) -> Handover | None:
        """One hand-over by its number."""
        ...

    def handover_by_code(self, code: str) -> Handover | None:
        """The newest hand-over whose list carries this code; None for no code."""
        ...

    def last_list(self) -> Handover | None:
        """The newest hand-over that had cases to list."""
        ...

    def open_cases(self) -> Iterator[OpenCase]:
        """Live cases that are not closed, with a clock that still waits and an alert that has ended; in no order."""
        ...


class HandoverWriting(Protocol):
    """Part of a transaction."""

    def add_handover(self, row: Handover) -> bool:
        """Put a hand-over with its cases on record; False, and nothing written, when its number is taken."""
        ...

    def confirm_handover(self, number: int, by: PersonId, at: datetime) -> bool:
        """Mark a list confirmed; False when it was already, or is not there."""
        ...
