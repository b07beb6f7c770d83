"""Messages that providers took and should confirm: when a receipt is due, and what is done when none comes.

Source: protocol scenario 20: "taken by it but not delivered for 5 minutes → email and the next contact".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from alertd.core.pace import RECEIPT_WITHIN
from alertd.model.case import NO_RECEIPT, Notification, NotificationState
from alertd.service.other_ways import OtherWays
from alertd.service.ports import Rank, Store
from alertd.service.still_wanted import why_not

_LIMIT = 100


def taken(note: Notification, provider_id: str, at: datetime, *, confirms: bool) -> Notification:
    """A message as it stands once its provider has taken it.

    Args:
        note: As it was sent.
        provider_id: The provider's identity of the request.
        at: When it was taken, aware UTC.
        confirms: Whether this provider reports what becomes of it.
    """
    due = at + RECEIPT_WITHIN if confirms else None
    sent = NotificationState.SENT
    return replace(
        note, state=sent, reason="", provider_id=provider_id, sent_at=at, receipt_due_at=due, receipt_at=None
    )


class Unconfirmed:
    """Gives up waiting for receipts: what may not have arrived goes another way too, once.

    Args:
        store: Where messages are.
        ways: Finds another way.
    """

    def __init__(self, store: Store, ways: OtherWays) -> None:
        self._store = store
        self._ways = ways

    def due(self, now: datetime) -> tuple[str, ...]:
        """Ids of the urgent messages whose receipt is overdue."""
        with self._store.read() as reading:
            return tuple(note.id for note in reading.unconfirmed(now, _LIMIT))

    def run(self, now: datetime, only: Collection[str] | None = None) -> int:
        """Let every urgent message whose receipt is overdue go another way too; returns how many there were.

        It stays sent: a receipt that comes later settles it, and stands nobody down. What nobody needs to hear any
        more, since somebody has accepted or it is no longer true, goes nowhere.

        Args:
            now: Aware UTC.
            only: Leave out every other message; None for all.
        """
        with self._store.read() as reading:
            late = [note for note in reading.unconfirmed(now, _LIMIT) if only is None or note.id in only]
        for note in late:
            self._give_up(note, now)
        return len(late)

    def _give_up(self, note: Notification, now: datetime) -> None:
        with self._store.write(Rank.DELIVER) as writing:
            if writing.give_up_receipt(note.id) and why_not(note, writing) is None:
                unheard = replace(note, reason=NO_RECEIPT)
                self._ways.instead(unheard, writing, now, may_have_arrived=True)
