"""What leaves alertd, and what became of it. Expected failures to send are values here, not exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from alertd.model.values import Channel


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One rendered message to one address.

    Attributes:
        key: The notification's own key; sent as reference where the provider takes one, never personal.
        channel: How it goes.
        address: E.164 number or mail address.
        subject: For email; empty otherwise.
        body: Text; for SMS one GSM-7 segment.
        code: The accept code in the body, or empty; used to find the message again at the provider.
        deadline: Monotonic seconds (`time.monotonic`) after which the request must not begin, and by which it ends.
    """

    key: str
    channel: Channel
    address: str
    subject: str
    body: str
    code: str = ""
    deadline: float = float("inf")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text ready to go.

    Attributes:
        subject: Of an email; "" otherwise.
        body: The text.
        segments: SMS parts it takes; more than 1 means that it must not go as it is. 1 on other channels.
        dropped: Fields that were left out to make an SMS fit.
    """

    subject: str
    body: str
    segments: int = 1
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unrenderable:
    """No text could be made.

    Attributes:
        reason: Plain words with the template's name; no field's value.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it; its own id for receipts."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Certainly not taken, and trying again may help.

    Attributes:
        reason: Word for the log.
        after: Seconds to wait, when the provider said so, else None.
        held_back: Our own rate limit kept it: the provider was not asked, and nothing is known of it.
    """

    reason: str
    after: float | None = None
    held_back: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Certainly not taken, and trying the same again cannot help.

    Attributes:
        reason: Word for the log.
        bad_address: The address itself is at fault for good: no other provider is tried.
        account: What is wrong with our account, in plain words with a remedy, for the administrators; "" when the
            account is not at fault. Another provider may take the message.
        opted_out: The owner of the address has asked the provider for no more messages.
    """

    reason: str
    bad_address: bool = False
    account: str = ""
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The request may have been taken: time-out or lost connection after the request left."""

    reason: str


Outcome = Sent | RetryLater | Refused | InDoubt


@dataclass(frozen=True, slots=True)
class Awaited:
    """A message of a provider that confirms, for judging how long it takes.

    Attributes:
        sent_at: When it was taken, aware UTC.
        receipt_at: When the last word about it came, delivered or failed; None while there is none.
    """

    sent_at: datetime
    receipt_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """The provider holds the message."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider can answer and does not hold the message: it was never taken."""


@dataclass(frozen=True, slots=True)
class CannotSay:
    """The provider cannot be asked, or its answer proves nothing."""

    reason: str


LookUp = Found | NotFound | CannotSay


class Sender(Protocol):
    """A way out: Twilio, GOV.UK Notify, SMTP, capture."""

    name: str

    def send(self, outgoing: Outgoing) -> Outcome:
        """Send once, never raising for what a provider or network may do."""
        ...

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:
        """Ask whether an earlier `send` of this, begun at `since` (aware UTC), was taken."""
        ...
