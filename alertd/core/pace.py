"""How long texts take: the median of the last quarter of an hour, and whether it is too long to rely on.

Source: issue "Until a human accepts", 8: "Slow provider (median receipt over 5 minutes in the last 15) → urgent alerts
also go by the other channel".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

from alertd.model.delivery import Awaited

RECEIPT_WITHIN = timedelta(minutes=5)
"""How long a provider may take to confirm a message that it took."""
WINDOW = timedelta(minutes=15)
"""Messages that were sent longer ago say nothing about now."""
ENOUGH = 3
"""Messages that it takes to call a provider slow: one phone that is switched off looks slow too."""


def is_slow(sent: Iterable[Awaited], now: datetime, *, was: bool) -> bool:
    """Judge whether texts are slow.

    A message without a receipt counts with its age once it is older than `RECEIPT_WITHIN`; before, it says nothing.

    Args:
        sent: Messages of providers that confirm; those sent more than `WINDOW` before `now` are left out.
        now: Aware UTC.
        was: Whether they were slow when last judged: it takes `ENOUGH` messages to become slow, and one that says
            otherwise to be well again. Without any, all stays as it was.
    """
    taken = [each for each in sent if now - WINDOW <= each.sent_at <= now]
    known = [delay.total_seconds() for each in taken if (delay := _delay(each, now)) is not None]
    if len(known) < (1 if was else ENOUGH):
        return was
    return median(known) > RECEIPT_WITHIN.total_seconds()


def _delay(message: Awaited, now: datetime) -> timedelta | None:
    """From the request to the last word about it; None while it is too early to say."""
    if message.receipt_at is not None and message.receipt_at <= now:
        return message.receipt_at - message.sent_at
    age = now - message.sent_at
    return age if age > RECEIPT_WITHIN else None
