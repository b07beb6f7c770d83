"""Hand-over: when the duty passes to the other team, and which accepted cases it is told of.

Cases that nobody has accepted are not listed: their alerts are sent to the incoming team once more.

Source: DOMAIN, "Who is woken", "Hand-over".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from alertd.core.calendar import is_open, next_change
from alertd.core.clocks import is_over
from alertd.core.on_call import DUTY, handovers
from alertd.model.case import AlertState, ClockRun
from alertd.model.handover import Handover, Listed, OpenCase, Shift
from alertd.model.ids import ClockId, RoleId
from alertd.model.rulebook import Clock, RuleBook

CONTACT = "contact"
"""The status that stops a contact clock: by it the rule files say which clocks are about contact."""


def is_contact_clock(clock: Clock) -> bool:
    """Whether somebody's contact, or an attempt at it, stops a clock."""
    return any(stop.status == CONTACT for stop in clock.stops_when)


def contact_clocks(book: RuleBook) -> frozenset[ClockId]:
    """Clocks that wait for contact with somebody."""
    return frozenset(clock.id for clock in book.clocks.values() if is_contact_clock(clock))


def outstanding(clocks: Iterable[ClockRun], about: Collection[ClockId], now: datetime) -> tuple[ClockRun, ...]:
    """Clocks of the ids `about` that still wait, missed ones included; the first due first."""
    waiting = (clock for clock in clocks if clock.clock in about and not is_over(clock, now))
    return tuple(sorted(waiting, key=lambda clock: (clock.due_at, clock.clock, clock.key)))


def present_shift(book: RuleBook, at: datetime) -> Shift | None:
    """The shift of the team on duty, as if it began at `at`; None when the duty never passes on."""
    block = book.roles.get(DUTY)
    if block is None or block.during is None or block.otherwise is None:
        return None
    hours = book.hours[block.during]
    team = RoleId(block.rota) if is_open(hours, at) else block.otherwise
    return Shift(at, team, next_change(hours, at))


def incoming(book: RuleBook, last: Shift, now: datetime) -> Shift | None:
    """The shift that has begun since the last one on record; None when none has.

    After an outage only the latest: its team is the one on duty. Where changed hours put another team on duty without a
    change of the clock (the office closes at noon for snow), the duty passes now.

    Args:
        book: Hours as they stand.
        last: The shift on record.
        now: Aware UTC; a shift that begins at it has begun.
    """
    present = present_shift(book, now)
    if present is None:
        return None
    passed = [at for at in handovers(book, last.at, now) if at <= now]
    if passed:
        return Shift(passed[-1], present.team, present.until)
    return present if present.team != last.team else None


def hand_over_list(
    cases: Iterable[OpenCase], shift: Shift, about: Collection[ClockId], now: datetime
) -> tuple[Listed, ...]:
    """Accepted cases of which the incoming team is told: new with a contact outstanding, or due in its shift.

    Args:
        cases: Those that are not closed.
        shift: A deadline is in it when it comes after its beginning and not after its end.
        about: Contact clocks.
        now: Aware UTC; later than the shift's beginning after an outage.

    Returns:
        The first deadline first; empty when there is nothing to tell.
    """
    found: list[tuple[datetime, str, Listed]] = []
    for each in cases:
        waiting = outstanding(each.clocks, about, now)
        accepted_at = _accepted_at(each)
        if accepted_at is None or not waiting:
            continue
        is_new = each.listed_at is None or accepted_at > each.listed_at
        is_due = any(_falls_in(clock, shift) for clock in waiting)
        if is_new or is_due:
            found.append((waiting[0].due_at, each.ref, Listed(each.case, is_new, is_due)))
    return tuple(listed for *_, listed in sorted(found, key=lambda each: each[:2]))


def _accepted_at(case: OpenCase) -> datetime | None:
    """When somebody last accepted an alert of a case; None when nobody did, or one goes to the incoming team anew."""
    if any(alert.state is AlertState.OPEN and alert.duty == DUTY for alert in case.alerts):
        return None
    accepted = [alert.closed_at for alert in case.alerts if alert.state is AlertState.ACCEPTED]
    return max((at for at in accepted if at is not None), default=None)


def _falls_in(clock: ClockRun, shift: Shift) -> bool:
    return shift.at < clock.due_at and (shift.until is None or clock.due_at <= shift.until)


def next_hand_over(book: RuleBook, now: datetime) -> datetime | None:
    """The next moment at which the duty passes on; None when it never does."""
    present = present_shift(book, now)
    return present.until if present is not None else None


def begun(book: RuleBook, last: Handover | None, now: datetime) -> Shift | None:
    """What is to be put on record now: the first shift that this store sees, or the one that has begun since."""
    return present_shift(book, now) if last is None else incoming(book, last.shift, now)
