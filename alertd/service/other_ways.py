"""When a channel will not carry a message: the next channel, the next contact, and when nobody is left, the ladder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alertd.core.outgoing import Desk, behind, reachable
from alertd.model.case import LineState, Notification, NotificationState, Obligation
from alertd.model.delivery import Sender
from alertd.model.ids import PersonId
from alertd.model.values import Channel
from alertd.service.composing import Composer
from alertd.service.ports import Writing

_FAILED = (NotificationState.REFUSED, NotificationState.EXPIRED, NotificationState.SUPPRESSED)


class OtherWays:
    """Finds another way for the lines of a message that failed.

    Args:
        composer: Knows people and their addresses.
        senders: Ways out by channel.
        desk: Who can be told at a moment.
        new_id: Makes names for new messages.
    """

    def __init__(
        self,
        composer: Composer,
        senders: Mapping[Channel, Sequence[Sender]],
        desk: Callable[[datetime], Desk],
        new_id: Callable[[], str],
    ) -> None:
        self._composer = composer
        self._senders = senders
        self._desk = desk
        self._new_id = new_id

    def give_up(
        self, note: Notification, state: NotificationState, reason: str, writing: Writing, now: datetime
    ) -> None:
        """Settle a message that this channel will not carry, and find another way for its lines.

        Nothing is done when somebody else has settled it meanwhile.
        """
        if writing.set_notification(replace(note, state=state, reason=reason), note.state):
            self.instead(note, writing, now)

    def instead(self, note: Notification, writing: Writing, now: datetime, *, may_have_arrived: bool = False) -> None:
        """Find another way for the lines of a message on which nobody can rely.

        Args:
            note: The message, settled.
            writing: The transaction in which that is written.
            now: Aware UTC.
            may_have_arrived: Its lines may have been heard all the same, so nothing is called unreachable.
        """
        others = [n for n in writing.carrying(note.lines) if n.id != note.id]
        if (channel := self._next_channel(note, others, self._desk(now))) is not None:
            other = self._fresh(note, note.person, channel, now)
            writing.add_notifications([other])
            if _wakes(other, note):
                return
            others.append(other)
        rows = writing.obligations(note.lines)
        awake = {line for n in others if _is_relied_on(n) and _wakes(n, note) for line in n.lines}
        if backups := self._backups(note, others, [row for row in rows if row.key not in awake], now):
            writing.add_notifications(backups)
            return
        if may_have_arrived:
            return
        heard = {line for n in others if n.state not in _FAILED for line in n.lines}
        silent = [row for row in rows if row.key not in heard]
        self._unreachable(silent, writing, now)

    def _unreachable(self, rows: Sequence[Obligation], writing: Writing, now: datetime) -> None:
        """Nobody is left: on record, and the cases look at their ladders again at once."""
        gone = [replace(row, state=LineState.UNREACHABLE, reason="nobody_reached", not_before=now) for row in rows]
        writing.set_obligations(gone)
        cases = sorted({row.case for row in rows if row.case is not None})
        writing.enqueue_rechecks(cases, now)

    def _next_channel(self, note: Notification, others: Sequence[Notification], desk: Desk) -> Channel | None:
        """A channel over which this person has not been sent all of these lines yet."""
        person = self._composer.person(note.person)
        for channel in (Channel.SMS, Channel.EMAIL):
            carried = {line for n in others if (n.person, n.channel) == (note.person, channel) for line in n.lines}
            is_new = channel is not note.channel and not carried.issuperset(note.lines)
            if is_new and self._senders.get(channel) and person is not None and desk.can_tell(person, channel):
                return channel
        return None

    def _backups(
        self, note: Notification, others: Sequence[Notification], rows: Sequence[Obligation], now: datetime
    ) -> list[Notification]:
        """Messages to the contacts of the role, and to its backup, who have not been tried; none without lines."""
        tried = {n.person for n in others} | {note.person}
        by = (note.channel,) if _is_digest(note) else tuple(dict.fromkeys(c for row in rows for c in row.by))
        desk = self._desk(now)
        contacts = dict.fromkeys((*reachable(note.asked, by, now, desk), *behind(note.asked, by, now, desk)))
        lines = tuple(row.key for row in rows)
        return [
            replace(fresh, role=each.role, lines=lines, why=f"{each.why}; {fresh.why}")
            for each in contacts
            if each.person.id not in tried
            for channel in each.channels
            for fresh in (self._fresh(note, each.person.id, channel, now),)
        ]

    def _fresh(self, note: Notification, person: PersonId, channel: Channel, now: datetime) -> Notification:
        return replace(
            note,
            id=self._new_id(),
            person=person,
            channel=channel,
            state=NotificationState.PENDING,
            reason="",
            next_at=now,
            deadline_at=now + (note.deadline_at - note.created_at),
            attempts=0,
            provider_id="",
            provider="",
            created_at=now,
            sent_at=None,
            receipt_due_at=None,
            receipt_at=None,
            why=f"{note.channel} to {note.person} was not sent or not confirmed",
        )


def _is_relied_on(note: Notification) -> bool:
    return note.state not in _FAILED and not note.is_unconfirmed


def _wakes(other: Notification, failed: Notification) -> bool:
    """Whether another message makes good one that failed: a mail wakes nobody, so not for an urgent text or call.

    Source: protocol scenario 20: refused or not delivered, "email and the next contact".
    """
    return other.channel is not Channel.EMAIL or failed.channel is Channel.EMAIL or not failed.urgent


def _is_digest(note: Notification) -> bool:
    """Whether a message tells of many lines as a list, whatever channels they name."""
    return note.template in ("digest", "digest_breach")
