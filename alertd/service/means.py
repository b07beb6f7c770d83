"""What delivering works with: ways out, threads, randomness, keyed hashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from alertd.model.case import Notification
from alertd.model.delivery import Outcome, Sender
from alertd.model.ids import Token
from alertd.model.values import Channel
from alertd.service.fail_over import FailOver

SEND_SECONDS = 10.0
"""Hard total deadline of one request; a lease lasts this long and five seconds more."""
LEASE = timedelta(seconds=SEND_SECONDS + 5)
LANES = 32
"""Requests to providers at the same time, each on a connection of its own."""


def _nothing(_: Notification, __: Outcome) -> None:
    """Nobody wants to hear of settled messages."""


class Lanes(Protocol):
    """Threads that send at the same time."""

    def free(self) -> int:
        """How many jobs would begin at once: no more is leased than that, so that no lease runs out in a queue."""
        ...

    def start(self, job: Callable[[], None]) -> None:
        """Run a job on a free thread; what it raises is for the lanes to report."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What delivering works with.

    Attributes:
        senders: Ways out by channel, tried in order.
        new_id: Makes names for new messages.
        monotonic: Seconds that never jump, for hard deadlines.
        hashed: Keyed hash of a text: bad numbers are kept in no other form.
        confirms: Channel and name of every sender whose provider reports what becomes of a message.
        lanes: Threads that send at the same time; None sends one after another.
        on_settled: Told of every request that was settled.
        fail_over: Remembers how providers fare.
    """

    senders: Mapping[Channel, Sequence[Sender]]
    new_id: Callable[[], str]
    monotonic: Callable[[], float]
    hashed: Callable[[str], Token]
    confirms: frozenset[tuple[Channel, str]] = frozenset()
    lanes: Lanes | None = None
    on_settled: Callable[[Notification, Outcome], None] = _nothing
    fail_over: FailOver = field(default_factory=FailOver)
