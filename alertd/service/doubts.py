"""In doubt: a request that may have been taken is looked up with its provider, and never simply sent again.

Source: ARCHITECTURE, invariant 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.model.case import Notification, NotificationState
from alertd.model.delivery import CannotSay, Found, LookUp, NotFound, Outgoing
from alertd.service.awaiting import taken
from alertd.service.composing import Composer
from alertd.service.means import Means
from alertd.service.ports import Attempt, AttemptEnd, Rank, Store
from alertd.service.system_lines import in_doubt_line

DOUBT_LIMIT = 32
LOOK_SECONDS = 10.0
"""Hard deadline of one look-up."""
NEVER = timedelta(days=36500)


class Doubts:
    """Settles what is in doubt, one message after another."""

    def __init__(self, store: Store, composer: Composer, means: Means) -> None:
        self._store = store
        self._composer = composer
        self._means = means

    def resolve(self, now: datetime, limit: int = DOUBT_LIMIT) -> int:
        """Look up messages in doubt with their providers, at most `limit`; returns how many were settled."""
        with self._store.read() as reading:
            doubtful = reading.in_doubt(now, limit)
            begun = {note.id: reading.attempts(note.id) for note in doubtful}
        for note in doubtful:
            self._resolve(note, begun[note.id], now)
        return len(doubtful)

    def _resolve(self, note: Notification, attempts: Sequence[Attempt], now: datetime) -> None:
        looked = self._look_up(note, attempts)
        with self._store.write(Rank.DELIVER) as writing:
            if not writing.set_notification(self._settled(note, looked, attempts, now), note.state):
                return  # a receipt, or another machine, was faster
            writing.settle_attempts([AttemptEnd(note.id, note.attempts, *_looked(looked), now)])
            if isinstance(looked, CannotSay) and not note.urgent:
                writing.add_obligations([in_doubt_line(now)])

    def _look_up(self, note: Notification, attempts: Sequence[Attempt]) -> LookUp:
        sender = next((s for s in self._means.senders.get(note.channel, ()) if s.name == note.provider), None)
        address = self._composer.address(note)
        if sender is None or address is None or not attempts:
            return CannotSay("no such provider now")
        until = self._means.monotonic() + LOOK_SECONDS
        asked = Outgoing(note.id, note.channel, address, "", "", note.code, until)
        return sender.look_up(asked, attempts[-1].begun_at)

    def _settled(self, note: Notification, looked: LookUp, attempts: Sequence[Attempt], now: datetime) -> Notification:
        """What becomes of a message in doubt.

        What goes again is marked as a repeat, also when the provider denies that it holds the first: it may have
        forgotten it, and then the person gets two. Nobody is asked twice without being told so.
        """
        again = replace(note, state=NotificationState.PENDING, repeat=True, next_at=now)
        match looked:
            case Found(provider_id=provider_id):
                confirms = (note.channel, note.provider) in self._means.confirms
                return taken(note, provider_id, attempts[-1].begun_at, confirms=confirms)
            case NotFound():
                return replace(again, reason="not_taken")
            case CannotSay() if note.urgent:
                return replace(again, reason="in_doubt_repeat")
            case CannotSay():
                return replace(note, state=NotificationState.IN_DOUBT, reason="ask_a_person", next_at=now + NEVER)


def _looked(looked: LookUp) -> tuple[str, str]:
    match looked:
        case Found():
            return "found", ""
        case NotFound():
            return "not_found", ""
        case CannotSay(reason=reason):
            return "cannot_say", reason
