"""When somebody accepts an alert, everybody else who was chased about it hears that it is taken.

Source: issue "Until a human accepts", 1: "everyone still being chased is told it is taken"; CONTRACT, "A reply by SMS":
"a number known to the rota but not on the ladder may accept too and is noted".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alertd.core.on_call import DUTY, MANAGER, Swaps, by_role, on_call, to_person
from alertd.model.case import (
    Alert,
    AlertState,
    LineState,
    Notification,
    NotificationState,
    Obligation,
    ObligationKey,
)
from alertd.model.ids import CaseId, LadderId, PersonId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel, Rest, Severity
from alertd.service import reply_words as words
from alertd.service.ports import CaseChange, Reading, Writing
from alertd.service.teams import team_of

ABOUT = "taken"
TEMPLATE = "reply"
_MAY_HAVE_ARRIVED = (
    NotificationState.SENT,
    NotificationState.DELIVERED,
    NotificationState.IN_DOUBT,
    NotificationState.SENDING,
)
_WAITING = (LineState.PENDING, LineState.HELD)


@dataclass(frozen=True, slots=True)
class _Shift:
    """Who answers for what at a moment, swaps counted."""

    book: RuleBook
    swaps: Swaps
    at: datetime

    def people(self, *roles: RoleId) -> set[PersonId]:
        return {person.id for role in roles for person in on_call(self.book, role, self.at, self.swaps).people}


def tell_taken(change: CaseChange, before: Sequence[Alert], book: RuleBook, writing: Writing, now: datetime) -> None:
    """Tell that alerts are taken, once for each acceptance; take back what waits when one is given back.

    Args:
        change: The decision about a case, written.
        before: Its alerts as they stood.
        book: For teams, and who is on duty.
        writing: The transaction of the decision.
        now: Aware UTC.
    """
    stood = {alert.episode: alert for alert in before}
    for alert in change.alerts:
        was = stood.get(alert.episode)
        if was is not None and was.state is AlertState.ACCEPTED and was != alert:
            _take_back(change.row.id, was, writing)
        if alert.state is AlertState.ACCEPTED and (was is None or was.state is not AlertState.ACCEPTED):
            shift = _Shift(book, by_role(writing.swaps(now)), now)
            notes = writing.notifications(change.row.id)
            team = team_of(writing, book, change.row.id, PersonId(alert.accepted_by), now)
            taken = words.taken(change.row.ref, team, alert, now)
            chased = _chased(alert, notes, writing)
            writing.add_obligations(_lines(change.row.id, alert, taken, chased, shift))
            if not _is_expected(alert, notes, shift):
                writing.add_obligations([_informal(change.row.id, alert, now)])


def _lines(case: CaseId, alert: Alert, text: str, chased: Iterable[PersonId], shift: _Shift) -> list[Obligation]:
    on_duty = shift.people(DUTY)
    return [
        _line(case, alert, to_person(person), text, shift.at, Rest.WAKE if person in on_duty else Rest.HOLD)
        for person in chased
        if person != alert.accepted_by
    ]


def _is_expected(alert: Alert, notes: Iterable[Notification], shift: _Shift) -> bool:
    """Whether whoever accepted was told of the case, answers for a step of the ladder, or is nobody of the files."""
    by = PersonId(alert.accepted_by)
    if by not in shift.book.people or by in {note.person for note in notes}:
        return True
    return by in shift.people(*_ladder_roles(alert, shift.book))


def _informal(case: CaseId, alert: Alert, now: datetime) -> Obligation:
    """Swaps without a record happen at night: the manager reads of it in the next list."""
    text = f"accepted by {alert.accepted_by}, who is not on its ladder: an informal swap?"
    return replace(_line(case, alert, MANAGER, text, now, Rest.HOLD), by=(Channel.EMAIL,), digest=True)


def _chased(alert: Alert, notes: Iterable[Notification], reading: Reading) -> list[PersonId]:
    """Who was texted or rung by the ladder since the alert opened, or was last given back; each once, in that order."""
    since = alert.rounds[-1]
    rung = [n for n in notes if n.channel is not Channel.EMAIL and n.state in _MAY_HAVE_ARRIVED]
    late = [n for n in rung if n.created_at >= since]
    ladder = {row.key for row in reading.obligations({key for n in late for key in n.lines}) if row.ladder}
    return list(dict.fromkeys(n.person for n in late if not ladder.isdisjoint(n.lines)))


def _ladder_roles(alert: Alert, book: RuleBook) -> list[RoleId]:
    ladder = alert.ladder_named(alert.ladder) or book.ladders.get(LadderId(alert.ladder))
    if ladder is None:
        return [alert.duty]
    return [alert.duty, *(role for step in ladder.steps for role in step.roles), ladder.exhausted]


def _key(case: CaseId, alert: Alert) -> str:
    return f"{case}.{alert.episode}.{len(alert.rounds)}"


def _line(case: CaseId, alert: Alert, to: RoleId, text: str, now: datetime, rest: Rest) -> Obligation:
    return Obligation(
        key=ObligationKey("*", ABOUT, _key(case, alert), 1, "0", to),
        case=case,
        at=now,
        made_at=now,
        state=LineState.PENDING,
        reason="",
        template=TEMPLATE,
        by=(Channel.SMS,),
        rest=rest,
        severity=Severity.HIGH,
        reasons=(ABOUT,),
        note=(("source", text),),
    )


def _take_back(case: CaseId, alert: Alert, writing: Writing) -> None:
    rows = writing.global_obligations(ABOUT, _key(case, alert))
    gone = [
        replace(row, state=LineState.WITHDRAWN, reason="no_longer_true", not_before=None)
        for row in rows
        if row.state in _WAITING
    ]
    writing.set_obligations(gone)
