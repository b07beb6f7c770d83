"""What every way in hands over, and how it says how it fares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alertd.service.messages import Properties

Now = Callable[[], datetime]
"""The present moment, aware UTC."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it came in, unread.

    Attributes:
        body: Raw bytes.
        properties: What came beside the body.
        delivery_tag: Number within its connection; a redelivered message has another.
        redelivered: True when it may have been handed over before.
        dead_lettered: True when the broker had given up on it.
        received_at: When it reached this process, aware UTC.
    """

    body: bytes
    properties: Properties
    delivery_tag: int
    redelivered: bool
    dead_lettered: bool
    received_at: datetime


Take = Callable[[tuple[Delivery, ...]], None]
"""Commits a batch. When it returns, the batch is acknowledged; when it raises `StoreUnavailable`, nothing is."""


class FeedState(StrEnum):
    """How a way in fares."""

    CONNECTING = "connecting"
    CONSUMING = "consuming"
    RETRYING = "retrying"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """State of a way in.

    Attributes:
        state: The state.
        since: When it began; RETRYING begins with the first failure of a row.
        error: The newest failure, without secrets; "" when there was none since it last consumed.
        failures: Failures in a row.
    """

    state: FeedState
    since: datetime
    error: str = ""
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something about a way in that a person must mend.

    Attributes:
        kind: A stable word, for telling the same thing once.
        text: Plain words with a remedy; nothing personal.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be taken.

    Attributes:
        ready: Messages in the queue or folder that nobody holds yet, as last heard.
        held: Messages handed to this process and not yet committed.
        oldest: Age of the oldest one held, by its sender's timestamp or else its arrival; None when none is held.
    """

    ready: int
    held: int
    oldest: timedelta | None


@dataclass(frozen=True, slots=True)
class Heard:
    """Whom a way in tells: both are called from the thread that runs it, and must be quick.

    Attributes:
        progress: The loop is alive (for the watchdog); also while it waits to try again.
        alarm: A person must look.
    """

    progress: Callable[[], None] = lambda: None
    alarm: Callable[[Alarm], None] = lambda _: None
