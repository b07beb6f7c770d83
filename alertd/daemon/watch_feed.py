"""Tells somebody when messages are not coming in."""

from __future__ import annotations

from datetime import datetime, timedelta

from alertd.core.wording import moment
from alertd.daemon.troubles import Troubles
from alertd.transport.feed import Alarm, FeedState, FeedStatus

PATIENCE = timedelta(minutes=1)
"""A broker that restarts is back within this."""


class FeedWatch:
    """Watches a feed from outside its thread.

    Args:
        troubles: Told of an outage once a day that it lasts, and of what the feed itself asks to be mended.
        patience: How long an outage may last before somebody is told.
    """

    def __init__(self, troubles: Troubles, patience: timedelta = PATIENCE) -> None:
        self._troubles = troubles
        self._patience = patience

    def look(self, status: FeedStatus, now: datetime) -> None:
        """Judge how the feed fares."""
        if status.state is not FeedState.RETRYING or now - status.since < self._patience:
            return
        text = (
            f"No messages have come in since {moment(status.since)}: {status.error}. They wait where they are, "
            "nothing is lost. Remedy: bring the broker back, and ring the senders until then."
        )
        self._troubles.tell("feed", f"{status.since:%Y%m%dT%H%M%S}.{now:%Y%m%d}", text)

    def alarm(self, alarm: Alarm, now: datetime) -> None:
        """Pass on what a feed asks to be mended, once a day."""
        self._troubles.tell("feed", f"{alarm.kind}.{now:%Y%m%d}", alarm.text)


def in_words(status: FeedStatus) -> str:
    """How a feed fares, for one line."""
    match status.state:
        case FeedState.CONSUMING:
            return "messages come in"
        case FeedState.RETRYING:
            return f"no messages since {moment(status.since)}: {status.error}"
        case FeedState.CONNECTING:
            return "connecting"
        case FeedState.STOPPED:
            return "stopped"
