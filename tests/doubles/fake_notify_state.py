"""What the fake Notify remembers, and what can go wrong with it."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

SERVICE = "26785a09-ab16-4eb0-8407-a37497a57506"
SECRET = "3d844edf-8d35-48ac-975b-e847b4f122b0"
API_KEY = f"tests-{SERVICE}-{SECRET}"
BEARER = "a bearer that only tests know"
TEMPLATES: Mapping[str, str] = {
    "sms": "f33517ff-2a88-4f6e-b855-c550268ce08a",
    "email": "740e5834-3a29-46b4-9a6f-16142fde533a",
}
FIELDS: Mapping[str, frozenset[str]] = {"sms": frozenset({"body"}), "email": frozenset({"subject", "body"})}
PAGE = 250
"""Rows in one answer, as the provider documents."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request to send.

    Attributes:
        status: HTTP status to answer; 0 to answer nothing.
        error, message: As the provider names and explains it.
        headers: More of the answer.
        taken: Whether the message is sent all the same.
        hang: With status 0: keep the connection open and silent, instead of dropping it.
        raw: Answer these bytes as the body instead.
    """

    status: int = 0
    error: str = ""
    message: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    taken: bool = False
    hang: bool = False
    raw: bytes | None = None


TEAM_ONLY = Fault(400, "BadRequestError", "Can\u2019t send to this recipient using a team-only API key")
TRIAL_MODE = Fault(
    400,
    "BadRequestError",
    "Can\u2019t send to this recipient when service is in trial mode "
    "\u2013 see https://www.notifications.service.gov.uk/trial-mode",
)
BUSY = Fault(429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds")
DAILY_LIMIT = Fault(429, "TooManyRequestsError", "Exceeded send limits (50) for today")
BROKEN = Fault(500, "Exception", "Internal server error")
UNAVAILABLE = Fault(503, raw=b"<html>no backend")
BAD_GATEWAY_AFTER_TAKING = Fault(502, raw=b"<html>bad gateway", taken=True)
DROP_AFTER_TAKING = Fault(taken=True)
HANG_AFTER_TAKING = Fault(taken=True, hang=True)


@dataclass(slots=True)
class FakeNotification:
    """One text or mail that was taken."""

    kind: str
    to: str
    reference: str
    personalisation: Mapping[str, str]
    created_at: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "created"

    @property
    def body(self) -> str:
        """As the template `((body))` makes it."""
        return self.personalisation["body"]


@dataclass(frozen=True, slots=True)
class Received:
    """One text that somebody sent to the service."""

    number: str
    text: str
    created_at: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(slots=True)
class State:
    """What the HTTP side and the test share; guarded by `lock`."""

    notifications: list[FakeNotification] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    faults_by_address: dict[str, Fault] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    released: threading.Event = field(default_factory=threading.Event)


def utc_now() -> datetime:
    """The provider's clock."""
    return datetime.now(UTC)  # noqa: TID251  # the edge of a test


def stamp(moment: datetime) -> str:
    """A moment as the provider writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
