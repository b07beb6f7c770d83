"""The two queues: made as alertd needs them, or taken as an operator has made them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pika.channel import Channel
from pika.frame import Method
from pika.spec import Queue

from alertd.transport.amqp_link import Link, LinkFailed
from alertd.transport.feed import Alarm

_ACCESS_REFUSED, _PRECONDITION_FAILED = 403, 406

Arguments = dict[str, str | int]
Connect = Callable[[], Link]


@dataclass(frozen=True, slots=True)
class Queues:
    """Names of the queue that is consumed and of the one where the broker puts what it gives up on."""

    messages: str = "alertd.messages"
    quarantine: str = "alertd.quarantine"


def ensure_queues(connect: Connect, queues: Queues, within: timedelta) -> tuple[Alarm, ...]:
    """Make both queues exist, and tell which of them somebody has made otherwise than alertd would.

    A queue made otherwise is used all the same: not listening would be worse.

    Args:
        connect: Makes a link that is not open yet; each declaration has one of its own, because a refused one closes
            its channel.
        queues: Names.
        within: How long the broker may take for each answer.

    Raises:
        LinkFailed: The broker cannot be reached, or neither lets alertd declare a queue nor has it.
    """
    made = (_ensure(connect, queues, name, within) for name in (queues.quarantine, queues.messages))
    return tuple(alarm for alarm in made if alarm is not None)


def arguments(queues: Queues, name: str, server_version: tuple[int, ...]) -> Arguments:
    """Arguments with which alertd declares a queue.

    Both are quorum queues, and neither ever gives up on a message because it was redelivered: an outage of the store
    redelivers good messages again and again. Before RabbitMQ 4 that is what no limit means, while -1 gives up at the
    first redelivery; from 4.0 on no limit means 20, and -1 none.

    What the broker gives up on all the same (a policy's doing) goes to the quarantine queue and is kept until it has
    arrived there (`at-least-once`, which needs `reject-publish`).
    """
    chosen: Arguments = {"x-queue-type": "quorum"}
    if server_version >= (4,):
        chosen["x-delivery-limit"] = -1
    if name == queues.messages:
        chosen |= {
            "x-dead-letter-exchange": "",  # the default exchange: straight to the queue of that name
            "x-dead-letter-routing-key": queues.quarantine,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
    return chosen


def _ensure(connect: Connect, queues: Queues, name: str, within: timedelta) -> Alarm | None:
    try:
        _declare(connect, name, within, lambda version: arguments(queues, name, version))
    except LinkFailed as refusal:
        if refusal.code not in (_ACCESS_REFUSED, _PRECONDITION_FAILED):
            raise
        _declare(connect, name, within, None)
        return _made_otherwise(name) if refusal.code == _PRECONDITION_FAILED else None
    return None


def _declare(
    connect: Connect, name: str, within: timedelta, wanted: Callable[[tuple[int, ...]], Arguments] | None
) -> None:
    """Declare with the arguments wanted; with None, only check that the queue is there."""
    with connect() as link:
        channel = link.channel(within)
        chosen = None if wanted is None else wanted(link.server_version)

        def declare(done: Callable[[object], None]) -> None:
            channel.queue_declare(name, passive=chosen is None, durable=True, arguments=chosen, callback=done)

        link.ask(declare, within)


def _made_otherwise(name: str) -> Alarm:
    return Alarm(
        "queue_settings",
        f"The RabbitMQ queue {name} exists with other settings than alertd needs (durable quorum queue without a "
        "delivery limit, dead letters to the quarantine queue). Messages are still read. Remedy: after an upgrade to "
        "RabbitMQ 4 set the policy delivery-limit: -1 on it; otherwise stop the senders, let it run empty and delete "
        "it: alertd makes it anew.",
    )


class LengthProbe:
    """Asks a consuming link now and then how long the queue is, without ever waiting for the answer.

    Args:
        link: The link.
        name: The queue.
        every: Time between two questions.
    """

    def __init__(self, link: Link, name: str, every: timedelta) -> None:
        self._link = link
        self._name = name
        self._every = every.total_seconds()
        self._channel: Channel | None = None
        self._next = time.monotonic()
        self._asked = False
        self._ready = 0

    def ready(self) -> int:
        """Messages that no consumer holds, as last heard: stale after a broker's restart until one is taken."""
        if not self._asked and time.monotonic() >= self._next:
            self._asked = True
            self._link.post(self._ask)
        return self._ready

    def _ask(self) -> None:
        if self._channel is None:
            self._link.open_channel(self._ask_on)
        else:
            self._ask_on(self._channel)

    def _ask_on(self, channel: Channel) -> None:
        self._channel = channel
        channel.queue_declare(self._name, passive=True, callback=self._heard)

    def _heard(self, answer: Method[Queue.DeclareOk]) -> None:
        self._ready = answer.method.message_count
        self._next = time.monotonic() + self._every
        self._asked = False
