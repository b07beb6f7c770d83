"""Turns of duty that stand in no rule file: a calendar's shifts, and swaps that people have recorded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alertd.model.ids import PersonId, RoleId


class ShiftCalendar(Protocol):
    """Shifts of a calendar file: a pure function of its text and of the people it names."""

    @property
    def members(self) -> Collection[PersonId]:
        """Everybody whom any of its events names."""
        ...

    def people_at(self, at: datetime) -> tuple[PersonId, ...]:
        """Who is on call at an instant, aware UTC: everybody whose shift holds it, its start included."""
        ...

    def changes(self, start: datetime, end: datetime) -> Collection[datetime]:
        """Every instant in (start, end) at which a shift begins or ends."""
        ...


@dataclass(frozen=True, slots=True)
class Swap:
    """In [from_, to) a person answers for a role instead, whatever the rota says; aware UTC.

    Attributes:
        number: By which people name it; later ones are higher, and go before earlier ones.
        by: Who recorded it.
        made_at: When.
        undone_by, undone_at: Who took it back and when; "" and None while it stands.
    """

    number: int
    role: RoleId
    person: PersonId
    from_: datetime
    to: datetime
    by: PersonId
    made_at: datetime
    undone_by: str = ""
    undone_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether nobody has taken it back."""
        return self.undone_at is None
