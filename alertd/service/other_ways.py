"""When a channel will not carry a message: the next channel, the next contact, and when nobody is left, the ladder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alertd.core.outgoing import Desk, Recipient, reachable
from alertd.model.case import LineState, Notification, NotificationState, Obligation
from alertd.model.delivery import Sender
from alertd.model.ids import PersonId, RoleId
from alertd.model.values import Channel
from alertd.service.composing import Composer
from alertd.service.ports import Reading, Writing

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
        """Settle a message that this channel will not carry, and find another way for its lines."""
        writing.set_notification(replace(note, state=state, reason=reason), note.state)
        rows = writing.obligations(note.lines)
        others = [n for n in self._same_lines(note, writing) if n.id != note.id]
        if (channel := self._next_channel(note, others)) is not None:
            writing.add_notifications([self._fresh(note, note.person, channel, now)])
            return
        if any(n.state not in _FAILED for n in others):
            return
        backups = self._backups(note, others, rows, now)
        if backups:
            writing.add_notifications(backups)
            return
        gone = [replace(row, state=LineState.UNREACHABLE, reason="nobody_reached", not_before=now) for row in rows]
        writing.set_obligations(gone)
        cases = sorted({row.case for row in rows if row.case is not None})
        writing.enqueue_rechecks(cases, now)

    def _same_lines(self, note: Notification, reading: Reading) -> list[Notification]:
        if note.case is None:
            return []
        lines = set(note.lines)
        return [n for n in reading.notifications(note.case) if lines & set(n.lines)]

    def _next_channel(self, note: Notification, others: Sequence[Notification]) -> Channel | None:
        person = self._composer.person(note.person)
        tried = {n.channel for n in others if n.person == note.person} | {note.channel}
        for channel in (Channel.SMS, Channel.EMAIL):
            if channel not in tried and self._senders.get(channel) and person is not None and person.address(channel):
                return channel
        return None

    def _backups(
        self, note: Notification, others: Sequence[Notification], rows: Sequence[Obligation], now: datetime
    ) -> list[Notification]:
        tried = {n.person for n in others} | {note.person}
        by = tuple(dict.fromkeys(c for row in rows for c in row.by)) or (note.channel,)
        contacts = [*reachable(note.asked, by, now, self._desk(now)), *self._backup(note, by, now)]
        return [
            replace(self._fresh(note, each.person.id, channel, now), role=each.role)
            for each in contacts
            if each.person.id not in tried
            for channel in each.channels
        ]

    def _backup(self, note: Notification, by: tuple[Channel, ...], now: datetime) -> list[Recipient]:
        desk = self._desk(now)
        block = desk.book.roles.get(note.role) or desk.book.roles.get(note.asked)
        if block is None or block.backup is None:
            return []
        return list(reachable(RoleId(block.backup), by, now, desk))

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
        )
