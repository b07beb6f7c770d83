"""Deliver: lease, look again, render, send, settle. A crash between send and settle is in doubt, never forgotten.

Source: ARCHITECTURE, invariants 2, 5 and 6.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from alertd.core.outgoing import Desk
from alertd.model.case import Notification, NotificationState
from alertd.model.delivery import (
    InDoubt,
    Outcome,
    Outgoing,
    Refused,
    RetryLater,
    Sender,
    Sent,
)
from alertd.model.errors import StaleWrite, StoreUnavailable
from alertd.model.ids import CaseId
from alertd.service.addresses import Addresses
from alertd.service.awaiting import taken
from alertd.service.choice import Choice
from alertd.service.composing import Composed, Composer
from alertd.service.doubts import DOUBT_LIMIT, Doubts
from alertd.service.means import Means
from alertd.service.other_ways import OtherWays
from alertd.service.ports import Attempt, Rank, Reading, Store, Writing
from alertd.service.sharing import cases_of
from alertd.service.still_wanted import why_not

SEND_LIMIT = 32
SEND_SECONDS = 10.0
"""Hard total deadline of one request; a lease lasts this long and five seconds more."""
LEASE = timedelta(seconds=SEND_SECONDS + 5)
_BACKOFF = (2.0, 5.0, 15.0, 30.0, 60.0)


Answer = tuple[Notification, Outcome]


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
        self._answers: deque[Answer] = deque()
        self._settling = Lock()
        self._ways = OtherWays(composer, means.senders, desk, means.new_id)
        self._choice = Choice(means)
        self._doubts = Doubts(store, composer, means)
        self._addresses = Addresses(composer.person, means.hashed)

    def due(self, now: datetime) -> tuple[str, ...]:
        """Ids of the messages whose time has come."""
        with self._store.read() as reading:
            return tuple(note.id for note in reading.sendable(now, SEND_LIMIT))

    def has_room(self) -> bool:
        """Whether a message could leave at once; else `send_due` only settles."""
        return self._means.lanes is None or self._means.lanes.free() > 0

    def send_due(self, now: datetime, clock: Callable[[], datetime], only: Collection[str] | None = None) -> int:
        """Send the notifications whose time has come, as many as can leave at once.

        Args:
            now: Aware UTC.
            clock: The time at settling, after the requests.
            only: Leave out every other message; None for all.

        Returns:
            How many were looked at; with lanes they may be under way still.
        """
        self._settle_answers(now)
        if not self.has_room():
            return 0
        lanes = self._means.lanes
        room = SEND_LIMIT if lanes is None else min(SEND_LIMIT, lanes.free())
        leased, looked = self._lease(now, room, only)
        for each in leased:
            if lanes is None:
                self._send(each, clock)
            else:
                lanes.start(partial(self._send, each, clock))
        return looked

    def resolve_doubts(self, now: datetime, limit: int = DOUBT_LIMIT) -> int:
        """Look up what is in doubt; see `Doubts.resolve`."""
        self._settle_answers(now)
        return self._doubts.resolve(now, limit)

    # --- lease

    def _lease(self, now: datetime, room: int, only: Collection[str] | None) -> tuple[list[Leased], int]:
        """Look at each message and write its text on a reading; then, in one short transaction, take the leases.

        A message whose case has changed in between is left for the next look, which sees it as it then is.
        """
        with self._store.read() as reading:
            notes = [n for n in reading.sendable(now, SEND_LIMIT) if only is None or n.id in only][:room]
            if not notes:
                return [], 0
            reading.load([note.case for note in notes if note.case is not None])
            reading.obligations([line for note in notes for line in note.lines])  # at the price of one
            looked = [self._look(note, reading, now) for note in notes]
            seen = reading.revisions([case for look in looked for case in look.cases])
        leased: list[Leased] = []
        with self._store.write(Rank.DELIVER) as writing:
            current = writing.revisions(list(seen))
            for look in looked:
                if all(current.get(case) == seen.get(case) for case in look.cases):
                    self._take(look, leased, writing, now)
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

    def _take(self, look: _Look, leased: list[Leased], writing: Writing, now: datetime) -> None:
        if look.suppressed:
            gone = replace(look.note, state=NotificationState.SUPPRESSED, reason=look.suppressed)
            writing.set_notification(gone, NotificationState.PENDING)
        elif look.failed is not None:
            self._ways.give_up(look.note, *look.failed, writing, now)
        elif look.text is not None and (ready := self._ready(look.note, look.text, look.address, writing, now)):
            leased.append(ready)

    def _ready(
        self, note: Notification, text: Composed, address: str, writing: Writing, now: datetime
    ) -> Leased | None:
        """Write the attempt and take the lease, before the request leaves; None when another was faster."""
        sender = self._choice.sender(note)
        taken = replace(
            note,
            state=NotificationState.SENDING,
            attempts=note.attempts + 1,
            next_at=now + LEASE,
            provider=sender.name,
            code=text.code,
        )
        if not writing.set_notification(taken, NotificationState.PENDING):
            return None
        writing.add_attempt(Attempt(note.id, taken.attempts, now, "", "", None))
        if text.trouble is not None:
            writing.add_obligations([text.trouble])
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

    # --- send and settle

    def _send(self, leased: Leased, clock: Callable[[], datetime]) -> None:
        self._answers.append((leased.note, self._choice.send(leased.sender, leased.outgoing)))
        self._settle_answers(clock())

    def _settle_answers(self, now: datetime) -> None:
        """Settle what providers have answered.

        Raises:
            StoreUnavailable: the answer is kept, and settled when the store is back: it must not become a doubt.
        """
        while self._answers and self._settling.acquire(blocking=False):  # else who settles now takes it along
            try:
                self._settle_together(now)
            finally:
                self._settling.release()

    def _settle_together(self, now: datetime) -> None:
        """Settle everything that was answered since the last commit in one: a crowd of answers waits for one disk."""
        answers = [self._answers.popleft() for _ in range(len(self._answers))]
        try:
            with self._store.write(Rank.DELIVER) as writing:
                for note, outcome in answers:
                    self._settle(note, outcome, writing, now)
        except StoreUnavailable:
            self._answers.extendleft(reversed(answers))
            raise
        except Exception:  # noqa: BLE001  # whatever one of them meets: found alone, it costs no other
            self._settle_alone(answers, now)
            return
        for note, outcome in answers:
            self._means.on_settled(note, outcome)

    def _settle_alone(self, answers: Sequence[Answer], now: datetime) -> None:
        """Settle one after another what could not be settled together: one case that moved holds back no other."""
        for place, (note, outcome) in enumerate(answers):
            try:
                with self._store.write(Rank.DELIVER) as writing:
                    self._settle(note, outcome, writing, now)
            except (StoreUnavailable, StaleWrite):
                self._answers.extend(answers[place:])
                raise
            except Exception:
                self._answers.extend(answers[place + 1 :])  # this one ends as a doubt, when its lease has run out
                raise
            self._means.on_settled(note, outcome)

    def _settle(self, note: Notification, outcome: Outcome, writing: Writing, now: datetime) -> None:
        word, detail = _recorded(outcome)
        writing.settle_attempt(note.id, note.attempts, word, detail, now)
        writing.add_obligations(self._choice.troubles(note, outcome, now))
        if (again := self._choice.elsewhere(note, outcome, now)) is not None:
            writing.set_notification(again, NotificationState.SENDING)
            return
        match outcome:
            case Sent(provider_id=provider_id):
                self._taken(note, provider_id, writing, now)
            case RetryLater(reason=reason, after=after):
                self._retry(note, reason, after, writing, now)
            case Refused(reason=reason, bad_address=bad, opted_out=opted_out):
                if bad or opted_out:
                    self._addresses.refused(note, writing, now, opted_out=opted_out)
                self._ways.give_up(note, NotificationState.REFUSED, reason, writing, now)
            case InDoubt(reason=reason):
                doubt = replace(note, state=NotificationState.IN_DOUBT, reason=reason, next_at=now + LEASE)
                writing.set_notification(doubt, NotificationState.SENDING)

    def _taken(self, note: Notification, provider_id: str, writing: Writing, now: datetime) -> None:
        confirms = (note.channel, note.provider) in self._means.confirms
        sent = taken(note, provider_id, now, confirms=confirms)
        if writing.set_notification(sent, NotificationState.SENDING) and not confirms:
            self._addresses.reached(sent, writing)

    def _retry(self, note: Notification, reason: str, after: float | None, writing: Writing, now: datetime) -> None:
        wait = _BACKOFF[min(note.attempts, len(_BACKOFF)) - 1] if after is None else after
        again = now + timedelta(seconds=wait)
        if again >= note.deadline_at:
            self._ways.give_up(note, NotificationState.EXPIRED, reason, writing, now)
            return
        later = replace(note, state=NotificationState.PENDING, reason=reason, next_at=again)
        writing.set_notification(later, NotificationState.SENDING)


def _recorded(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Sent():
            return "sent", ""
        case RetryLater(reason=reason):
            return "retry_later", reason
        case Refused(reason=reason):
            return "refused", reason
        case InDoubt(reason=reason):
            return "in_doubt", reason
