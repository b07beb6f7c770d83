"""Deliver: lease, look again, render, send, settle. A crash between send and settle is in doubt, never forgotten.

Source: ARCHITECTURE, invariants 2, 5 and 6.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from alertd.core.outgoing import Desk
from alertd.model.case import Notification, NotificationState
from alertd.model.delivery import (
    Outgoing,
    Sender,
)
from alertd.model.ids import CaseId
from alertd.service.addresses import Addresses
from alertd.service.choice import Choice
from alertd.service.composing import Composed, Composer
from alertd.service.doubts import DOUBT_LIMIT, Doubts
from alertd.service.means import LEASE, SEND_SECONDS, Means
from alertd.service.other_ways import OtherWays
from alertd.service.ports import Attempt, Rank, Reading, Store, Writing
from alertd.service.settling import Settling
from alertd.service.sharing import cases_of
from alertd.service.still_wanted import why_not

SEND_LIMIT = 32


@dataclass(frozen=True, slots=True)
class Leased:
    """A notification that this process may send now, with what it says."""

    note: Notification
    outgoing: Outgoing
    sender: Sender


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at a message found: why it is not sent, how it failed, or its text and address."""

    note: Notification
    cases: Sequence[CaseId]
    suppressed: str = ""
    failed: tuple[NotificationState, str] | None = None
    text: Composed | None = None
    address: str = ""


class Deliver:
    """Sends what is due, and settles what became of it."""

    def __init__(self, store: Store, composer: Composer, desk: Callable[[datetime], Desk], means: Means) -> None:
        self._store = store
        self._composer = composer
        self._desk = desk
        self._means = means
        self._ways = OtherWays(composer, means.senders, desk, means.new_id)
        self._choice = Choice(means)
        self._doubts = Doubts(store, composer, means)
        addresses = Addresses(composer.person, means.hashed)
        self._settling = Settling(store, means, self._choice, self._ways, addresses)

    def due(self, now: datetime) -> tuple[str, ...]:
        """Ids of the messages whose time has come."""
        with self._store.read() as reading:
            return tuple(note.id for note in reading.sendable(now, SEND_LIMIT))

    def has_room(self) -> bool:
        """Whether a message could leave at once; else `send_due` only settles."""
        return self._means.lanes is None or self._means.lanes.free() > 0

    def settle(self, now: datetime) -> None:
        """Put on record what providers have answered since the last look; see `Settling.settle`."""
        self._settling.settle(now)

    def send_due(self, now: datetime, clock: Callable[[], datetime], only: Collection[str] | None = None) -> int:
        """Send the notifications whose time has come, as many as can leave at once.

        Args:
            now: Aware UTC.
            clock: The time after a request, at which it is settled where there are no lanes.
            only: Leave out every other message; None for all.

        Returns:
            How many were looked at; with lanes they may be under way still.
        """
        self._settling.settle(now)
        if not self.has_room():
            return 0
        lanes = self._means.lanes
        room = SEND_LIMIT if lanes is None else min(SEND_LIMIT, lanes.free())
        leased, looked = self._lease(now, room, only)
        for each in leased:
            if lanes is None:
                self._send(each)
                self._settling.settle(clock())
            else:
                lanes.start(partial(self._send, each))
        return looked

    def resolve_doubts(self, now: datetime, limit: int = DOUBT_LIMIT) -> int:
        """Look up what is in doubt; see `Doubts.resolve`."""
        self._settling.settle(now)
        return self._doubts.resolve(now, limit)

    # --- lease

    def _lease(self, now: datetime, room: int, only: Collection[str] | None) -> tuple[list[Leased], int]:
        """Look at each message and write its text on a reading; then, in one short transaction, take the leases.

        A message whose case has changed in between is left for the next look, which sees it as it then is.
        """
        with self._store.read() as reading:
            due = reading.sendable(now, room if only is None else SEND_LIMIT)
            notes = [note for note in due if only is None or note.id in only][:room]
            if not notes:
                return [], 0
            reading.load_without_lines([note.case for note in notes if note.case is not None])
            reading.obligations([line for note in notes for line in note.lines])  # at the price of one
            looked = [self._look(note, reading, now) for note in notes]
            seen = reading.revisions([case for look in looked for case in look.cases])
        with self._store.write(Rank.DELIVER) as writing:
            current = writing.revisions(list(seen))
            fresh = [look for look in looked if all(current.get(case) == seen.get(case) for case in look.cases)]
            for look in fresh:
                self._leave_out(look, writing, now)
            leased = self._ready([look for look in fresh if look.text is not None], writing, now)
        return leased, len(notes)

    def _look(self, note: Notification, reading: Reading, now: datetime) -> _Look:
        cases = cases_of(note, reading)
        why = why_not(note, reading)
        if why is not None:
            return _Look(note, cases, suppressed=why)
        if note.deadline_at <= now:
            return _Look(note, cases, failed=(NotificationState.EXPIRED, "deadline_passed"))
        senders, address = self._means.senders.get(note.channel, ()), self._composer.address(note)
        if not senders or address is None:
            return _Look(note, cases, failed=(NotificationState.REFUSED, "no_address"))
        return _Look(note, cases, text=self._composer.compose(note, reading, now), address=address)

    def _leave_out(self, look: _Look, writing: Writing, now: datetime) -> None:
        if look.suppressed:
            gone = replace(look.note, state=NotificationState.SUPPRESSED, reason=look.suppressed)
            writing.set_notification(gone, NotificationState.PENDING)
        elif look.failed is not None:
            self._ways.give_up(look.note, *look.failed, writing, now)

    def _ready(self, looks: Sequence[_Look], writing: Writing, now: datetime) -> list[Leased]:
        """Write the attempts and take the leases, before the requests leave; without those where another was faster."""
        ready = [self._leased(look.note, look.text, look.address, now) for look in looks if look.text is not None]
        won = writing.set_notifications([(each.note, NotificationState.PENDING) for each in ready])
        leased = [each for each in ready if each.note.id in won]
        writing.add_attempts([Attempt(each.note.id, each.note.attempts, now, "", "", None) for each in leased])
        texts = (look.text for look in looks if look.note.id in won)
        if troubles := [text.trouble for text in texts if text is not None and text.trouble is not None]:
            writing.add_obligations(troubles)
        return leased

    def _leased(self, note: Notification, text: Composed, address: str, now: datetime) -> Leased:
        sender = self._choice.sender(note)
        taken = replace(
            note,
            state=NotificationState.SENDING,
            attempts=note.attempts + 1,
            next_at=now + LEASE,
            provider=sender.name,
            code=text.code,
        )
        outgoing = Outgoing(
            key=note.id,
            channel=note.channel,
            address=address,
            subject=text.subject,
            body=text.body,
            code=text.code,
            deadline=self._means.monotonic() + SEND_SECONDS,
        )
        return Leased(taken, outgoing, sender)

    # --- send

    def _send(self, leased: Leased) -> None:
        """Send; on a lane, the answer is settled by the next look, together with others that come meanwhile."""
        self._settling.answered(leased.note, self._choice.send(leased.sender, leased.outgoing))
