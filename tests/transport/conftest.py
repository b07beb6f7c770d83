"""A corner of the broker with a consumer's view of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import pytest

from alertd.model.errors import StoreUnavailable
from alertd.transport.endpoint import Endpoint
from alertd.transport.feed import Alarm, Delivery, Heard
from alertd.transport.feed_loop import Feed
from tests.doubles.broker import Broker


@pytest.fixture
def corner(broker: Broker, vhost: str) -> Endpoint:
    """A virtual host of this test alone."""
    return Endpoint("127.0.0.1", broker.port, vhost)


def now() -> datetime:
    """The real present: tests of transport live in it."""
    return datetime.now(UTC)  # noqa: TID251  # the edge of a test


@dataclass
class Taker:
    """Takes batches as a store would, and remembers them; `down` makes it unavailable, `gate` makes it wait."""

    batches: list[tuple[Delivery, ...]] = field(default_factory=list)
    down: bool = False
    tries: int = 0
    beats: int = 0
    alarms: list[Alarm] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def __call__(self, batch: tuple[Delivery, ...]) -> None:
        self.tries += 1
        self.gate.wait(30)
        if self.down:
            raise StoreUnavailable("the disk is full")
        self.batches.append(batch)

    def beat(self) -> None:
        self.beats += 1

    @property
    def heard(self) -> Heard:
        return Heard(self.beat, self.alarms.append)

    @property
    def deliveries(self) -> list[Delivery]:
        return [delivery for batch in self.batches for delivery in batch]

    @property
    def bodies(self) -> list[bytes]:
        return [delivery.body for delivery in self.deliveries]


@pytest.fixture
def taker() -> Taker:
    """A store that is up."""
    return Taker()


class Start(Protocol):
    """Runs a feed on a thread of its own until the test ends."""

    def __call__(self, feed: Feed) -> threading.Thread: ...


@pytest.fixture
def start(taker: Taker) -> Iterator[Start]:
    """Start feeds; at the end every one of them must stop in time."""
    running: list[tuple[Feed, threading.Thread]] = []

    def begin(feed: Feed) -> threading.Thread:
        thread = threading.Thread(target=feed.run, name="feed")
        running.append((feed, thread))
        thread.start()
        return thread

    yield begin
    taker.gate.set()
    stopped = [feed.stop() for feed, _ in running]
    for _, thread in running:
        thread.join(10)
    assert all(stopped)
