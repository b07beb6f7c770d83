"""What the fake Twilio remembers, and what can go wrong with it."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a token that only tests know"
VERSION = "2010-04-01"


class Taken(StrEnum):
    """Whether a request with a fault is taken all the same."""

    NOT = "not taken"
    YES = "taken"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request to send.

    Attributes:
        status: HTTP status to answer; 0 to answer nothing.
        code: Twilio's error code in the body.
        retry_after: Value of the Retry-After header, or "".
        taken: Whether the message is sent all the same.
        hang: With status 0: keep the connection open and silent, instead of dropping it.
        raw: Answer these bytes as the body instead, with `status`.
        late: Answer rightly, but only after so many seconds.
    """

    status: int = 0
    code: int = 0
    retry_after: str = ""
    taken: Taken = Taken.NOT
    hang: bool = False
    raw: bytes | None = None
    late: float = 0.0


BUSY = Fault(429, 20429, retry_after="7")
BROKEN = Fault(500, 20500)
UNAVAILABLE = Fault(503, 20503)
INVALID_NUMBER = Fault(400, 21211)
OPTED_OUT = Fault(400, 21610)
BAD_TOKEN = Fault(401, 20003)
HANG_AFTER_TAKING = Fault(taken=Taken.YES, hang=True)
DROP_AFTER_TAKING = Fault(taken=Taken.YES)
BROKEN_AFTER_TAKING = Fault(502, 20500, taken=Taken.YES)


class Memory(StrEnum):
    """What the provider says of its messages when it is asked."""

    GOOD = "finds"
    FORGETS = "forgets"
    SILENT = "cannot say"


@dataclass(slots=True)
class FakeMessage:
    """One text or call that was taken."""

    sid: str
    form: Mapping[str, str]
    created_at: datetime
    status: str = "queued"
    sent_at: datetime | None = None
    error_code: int | None = None
    direction: str = "outbound-api"

    @property
    def to(self) -> str:
        return self.form["To"]

    @property
    def body(self) -> str:
        return self.form.get("Body", "") or self.form.get("Twiml", "")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    form: Mapping[str, str]
    authorised: bool
    problems: tuple[str, ...]


@dataclass(slots=True)
class State:
    """What the HTTP side and the test share; guarded by `lock`."""

    messages: list[FakeMessage] = field(default_factory=list)
    calls: list[FakeMessage] = field(default_factory=list)
    received: list[FakeMessage] = field(default_factory=list)
    down: bool = False
    requests: list[Request] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    faults_by_number: dict[str, Fault] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    account_status: str = "active"
    released: threading.Event = field(default_factory=threading.Event)
    memory: Memory = Memory.GOOD


def new_sid(prefix: str) -> str:
    """A new id such as the provider makes."""
    return prefix + secrets.token_hex(16)


def utc_now() -> datetime:
    """The provider's clock."""
    return datetime.now(UTC)  # noqa: TID251  # the edge of a test
