"""In doubt: a request that may have been taken is looked up with its provider, and never simply sent again.

Source: ARCHITECTURE, invariant 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.model.case import Notification, NotificationState
from alertd.model.delivery import CannotSay, Found, LookUp, NotFound, Outgoing, Sender
from alertd.model.values import Channel
from alertd.service.composing import Composer
from alertd.service.ports import Attempt, Rank, Store

DOUBT_LIMIT = 32
LOOK_SECONDS = 10.0
"""Hard deadline of one look-up."""
NEVER = timedelta(days=36500)


class Doubts:
    """Settles what is in doubt, one message after another."""

    def __init__(
        self,
        store: Store,
        composer: Composer,
        senders: Mapping[Channel, Sequence[Sender]],
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._composer = composer
        self._senders = senders
        self._monotonic = monotonic

    def resolve(self, now: datetime, limit: int = DOUBT_LIMIT) -> int:
        """Look up messages in doubt with their providers, at most `limit`; returns how many were settled."""
        with self._store.read() as reading:
            doubtful = reading.in_doubt(now, limit)
            begun = {note.id: reading.attempts(note.id) for note in doubtful}
        for note in doubtful:
            self._resolve(note, begun[note.id], now)
        return len(doubtful)

    def _resolve(self, note: Notification, attempts: Sequence[Attempt], now: datetime) -> None:
        sender = next((s for s in self._senders.get(note.channel, ()) if s.name == note.provider), None)
        address = self._composer.address(note)
        looked: LookUp = CannotSay("no such provider now")
        if sender is not None and address is not None and attempts:
            asked = Outgoing(note.id, note.channel, address, "", "", note.code, self._monotonic() + LOOK_SECONDS)
            looked = sender.look_up(asked, attempts[-1].begun_at)
        with self._store.write(Rank.DELIVER) as writing:
            writing.settle_attempt(note.id, note.attempts, *_looked(looked), now)
            match looked:
                case Found(provider_id=provider_id):
                    found = replace(note, state=NotificationState.SENT, provider_id=provider_id, sent_at=now)
                    writing.set_notification(found, note.state)
                case NotFound():
                    again = replace(note, state=NotificationState.PENDING, reason="not_taken", next_at=now)
                    writing.set_notification(again, note.state)
                case CannotSay():
                    writing.set_notification(self._undecided(note, now), note.state)

    def _undecided(self, note: Notification, now: datetime) -> Notification:
        """An urgent message goes again, marked as a repeat; another waits for a person."""
        if note.urgent:
            return replace(note, state=NotificationState.PENDING, reason="in_doubt_repeat", repeat=True, next_at=now)
        return replace(note, state=NotificationState.IN_DOUBT, reason="ask_a_person", next_at=now + NEVER)


def _looked(looked: LookUp) -> tuple[str, str]:
    match looked:
        case Found():
            return "found", ""
        case NotFound():
            return "not_found", ""
        case CannotSay(reason=reason):
            return "cannot_say", reason
