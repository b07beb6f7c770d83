"""Suspicion of the feed: a sender that has not been heard for longer than it may be silent.

Source: protocol, `rules_admin`: "feed silence"; an empty queue looks like a quiet night until somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.service.ports import Reading, Writing

_HEARD = "heard."
_SINCE = "heard_since."


@dataclass(frozen=True, slots=True)
class Silence:
    """A sender that has been silent for too long.

    Attributes:
        source: The sender.
        since: When it was last heard, or when listening for it began; aware UTC.
        ever: Whether it was ever heard.
    """

    source: str
    since: datetime
    ever: bool


def heard(source: str, writing: Writing, now: datetime) -> None:
    """Note that a sender was heard."""
    writing.set_note(_HEARD + source, now.isoformat())


def begin(limits: Mapping[str, timedelta], reading: Reading, writing: Writing, now: datetime) -> None:
    """Note from when on each sender is listened for; silence before that says nothing."""
    for source in limits:
        if reading.note(_SINCE + source) is None:
            writing.set_note(_SINCE + source, now.isoformat())


def silences(limits: Mapping[str, timedelta], reading: Reading, now: datetime) -> tuple[Silence, ...]:
    """Senders that have been silent for as long as their limit, or longer.

    Args:
        limits: Sender → how long it may be silent.
        reading: The store.
        now: Aware UTC.
    """
    found = (_silence(source, limit, reading, now) for source, limit in sorted(limits.items()))
    return tuple(each for each in found if each is not None)


def _silence(source: str, limit: timedelta, reading: Reading, now: datetime) -> Silence | None:
    last, begun = reading.note(_HEARD + source), reading.note(_SINCE + source)
    known = last or begun
    since = datetime.fromisoformat(known) if known else None
    if since is None or now - since < limit:
        return None
    return Silence(source, since, ever=last is not None)
