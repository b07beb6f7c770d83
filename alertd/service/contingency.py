"""What people need on paper when alertd is down: who is on call, how to reach them, which clocks run. References only.

Source: issue of operation, "contingency.html (rota, numbers, open clocks, references only) is written hourly".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.core.clocks import ClockState, state_now
from alertd.core.coverage import changes
from alertd.core.on_call import on_call
from alertd.core.outgoing import Desk
from alertd.core.wording import clock_word, cohort_word
from alertd.model.ids import CaseRef, RoleId
from alertd.model.rulebook import Person, Role
from alertd.service.ports import Reading

AHEAD = timedelta(hours=48)
"""How far the rota is printed: a printout of Friday evening lasts until Sunday evening."""
_MOST = 500
"""Clocks on the page; more are counted."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Who answers for a role from one moment to another."""

    start: datetime
    end: datetime
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """A role, and who answers for it over the next two days."""

    role: Role
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class OpenClock:
    """A clock that still waits for its stop."""

    ref: CaseRef
    cohort: str
    word: str
    due_at: datetime
    missed: bool


@dataclass(frozen=True, slots=True)
class Contingency:
    """Everything on the page.

    Attributes:
        at: When it was written, aware UTC.
        rosters: Roles in the order of the file.
        clocks: By due time; at most `_MOST` of them.
        more: Clocks left out.
        unaccepted: Cases whose alert nobody has accepted, with its opening.
    """

    at: datetime
    rosters: tuple[Roster, ...]
    clocks: tuple[OpenClock, ...]
    more: int
    unaccepted: tuple[tuple[CaseRef, datetime], ...]


def contingency(reading: Reading, desk: Desk, words: Mapping[str, str], now: datetime) -> Contingency:
    """Collect what goes on the page.

    Args:
        reading: The store.
        desk: People, roles and rotas, with stored swaps.
        words: Cohort words, as on a lock screen.
        now: Aware UTC.
    """
    book, pieces = desk.book, changes(desk, now, now + AHEAD)
    rows = reading.list_clocks(running_only=True, limit=_MOST + 1)
    clocks = [
        OpenClock(
            ref=row.ref,
            cohort=cohort_word(row.cohort, dict(words)),
            word=clock_word(run.clock),
            due_at=run.due_at,
            missed=state_now(run, book, now) is ClockState.BREACHED,
        )
        for row, run in rows
    ]
    total = reading.statistics(now)["running_clocks"]
    return Contingency(
        at=now,
        rosters=tuple(Roster(block, _stretches(desk, role, pieces)) for role, block in book.roles.items()),
        clocks=tuple(clocks[:_MOST]),
        more=max(0, total - _MOST),
        unaccepted=tuple((row.ref, alert.opened_at) for row, alert in reading.list_alerts(open_only=True, limit=_MOST)),
    )


def _stretches(desk: Desk, role: RoleId, pieces: Sequence[tuple[datetime, datetime]]) -> tuple[Stretch, ...]:
    """Who answers, in pieces within which no answer changes; those with the same people are one."""
    found: list[Stretch] = []
    for start, end in pieces:
        people = on_call(desk.book, role, start, desk.swaps).people
        if found and found[-1].people == people:
            found[-1] = replace(found[-1], end=end)
        else:
            found.append(Stretch(start, end, people))
    return tuple(found)


def everyone(rosters: Sequence[Roster]) -> tuple[Person, ...]:
    """Everybody on the page once, by name."""
    people = {p.id: p for roster in rosters for stretch in roster.stretches for p in stretch.people}
    return tuple(sorted(people.values(), key=lambda person: person.name or person.id))
