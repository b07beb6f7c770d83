"""Messages from RabbitMQ: nothing is acknowledged before it is committed.

The thread of `Consumer.run` commits batches; the link's thread receives and keeps the heartbeat meanwhile. Whatever
happens between receiving and acknowledging, the broker delivers again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pika.channel import Channel
from pika.spec import Basic, BasicProperties

from alertd.service.messages import Properties
from alertd.transport.amqp_link import Link, LinkFailed
from alertd.transport.backoff import Backoff
from alertd.transport.endpoint import Endpoint
from alertd.transport.feed import Alarm, Backlog, Delivery, FeedState, Heard, Now, Take
from alertd.transport.feed_loop import BEAT, Feed
from alertd.transport.inbox import Inbox
from alertd.transport.queues import LengthProbe, Queues, ensure_queues

_INTERNAL_ERROR = 541
_UNSERVED = "queue_unserved"


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes and patience of a consumer.

    Attributes:
        prefetch: Unacknowledged messages that the broker hands over; twice `batch` keeps both threads busy.
        batch: Most messages in one commit.
        answer: How long the broker may take for each answer. A quorum queue that has lost its log answers
            `basic.consume` only after 65 s, with error 541.
        unserved: Failures of that kind in a row before a person is told.
        probe: How often the length of the queue is asked for.
        first_wait: Longest wait after a first failure; it doubles from there.
        most_wait: Longest wait of all.
    """

    prefetch: int = 400
    batch: int = 200
    answer: timedelta = timedelta(seconds=20)
    unserved: int = 3
    probe: timedelta = timedelta(seconds=5)
    first_wait: timedelta = timedelta(milliseconds=250)
    most_wait: timedelta = timedelta(seconds=15)


_LIMITS = Limits()
_QUEUES = Queues()


class Consumer(Feed):
    """Feeds what RabbitMQ delivers, in batches, to `take`.

    A batch is whatever queued up while the one before was committed; nothing lingers to fill one.

    Args:
        endpoint: Where the broker is.
        take: Commits a batch; called on the thread of `run`. While it runs no progress is told, so that a commit that
            hangs is noticed by the watchdog.
        now: The present, aware UTC.
        heard: Whom to tell of progress and alarms.
        queues: Names of the queues; made when they do not exist.
        limits: Sizes and patience.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        take: Take,
        now: Now,
        heard: Heard,
        queues: Queues = _QUEUES,
        limits: Limits = _LIMITS,
    ) -> None:
        super().__init__(now, heard, Backoff(limits.first_wait, limits.most_wait))
        self._endpoint = endpoint
        self._take = take
        self._queues = queues
        self._limits = limits
        self._inbox = Inbox()
        self._ready = 0
        self._unserved = 0

    def backlog(self) -> Backlog:
        """What waits in the queue, as last heard, and here."""
        held, oldest = self._inbox.held()
        age = None if oldest is None else max(timedelta(0), self._now() - _sent_at(oldest))
        return Backlog(self._ready, held, age)

    def _consume(self) -> None:
        self._inbox = inbox = Inbox()
        for alarm in ensure_queues(self._link, self._queues, self._limits.answer):
            self._tell_once(alarm)
        with self._link(inbox.fail) as link:
            channel = link.channel(self._limits.answer)
            self._subscribe(link, channel, inbox)
            probe = LengthProbe(link, self._queues.messages, self._limits.probe)
            self._enter(FeedState.CONSUMING)
            while not self._stopping.is_set():
                self._ready = probe.ready()
                self._take_next(inbox, link, channel)

    def _link(self, on_end: Callable[[LinkFailed], None] = lambda _: None) -> Link:
        return Link(self._endpoint, self._heard.progress, on_end)

    def _subscribe(self, link: Link, channel: Channel, inbox: Inbox) -> None:
        def cancelled(_: object) -> None:
            inbox.fail(LinkFailed("RabbitMQ: a queue was deleted or lost its leader"))

        def limit(done: Callable[[object], None]) -> None:
            channel.basic_qos(prefetch_count=self._limits.prefetch, callback=done)

        link.post(lambda: channel.add_on_cancel_callback(cancelled))
        link.ask(limit, self._limits.answer)
        try:
            for name in (self._queues.quarantine, self._queues.messages):
                self._subscribe_to(name, link, channel, inbox)
        except LinkFailed as failure:
            self._count_unserved(failure)
            raise
        self._unserved = 0
        self._mended(_UNSERVED)

    def _subscribe_to(self, name: str, link: Link, channel: Channel, inbox: Inbox) -> None:
        dead = name == self._queues.quarantine

        def receive(_: Channel, method: Basic.Deliver, properties: BasicProperties, body: bytes) -> None:
            read = _readable(properties)
            inbox.put(Delivery(body, read, method.delivery_tag or 0, method.redelivered, dead, self._now()))

        def consume(done: Callable[[object], None]) -> None:
            channel.basic_consume(name, receive, callback=done)

        link.ask(consume, self._limits.answer)

    def _count_unserved(self, failure: LinkFailed) -> None:
        if not (failure.overdue or failure.code == _INTERNAL_ERROR):
            return
        self._unserved += 1
        if self._unserved >= self._limits.unserved:
            self._tell_once(_cannot_be_served(self._queues.messages, self._unserved))

    def _take_next(self, inbox: Inbox, link: Link, channel: Channel) -> None:
        batch = inbox.take(self._limits.batch, BEAT)
        self._heard.progress()
        if not batch:
            return
        self._take(batch)
        # Batches are taken in the order of their tags and one after another, so everything up to the last is committed.
        last = batch[-1].delivery_tag
        link.post(lambda: channel.basic_ack(last, multiple=True))
        self._succeeded()

    def _wake(self) -> None:
        self._inbox.wake()


def _readable(properties: BasicProperties) -> Properties:
    return Properties(
        content_type=_text(properties.content_type),
        message_id=_text(properties.message_id),
        type=_text(properties.type),
        app_id=_text(properties.app_id),
        timestamp=properties.timestamp,
    )


def _text(value: str | bytes | None) -> str | None:
    """Text as pika gives it: bytes when they are not UTF-8."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _sent_at(delivery: Delivery) -> datetime:
    """When the sender handed it to the broker, as far as it says so credibly; else when it arrived here."""
    stamp = delivery.properties.timestamp
    if stamp is None or not 0 < stamp <= delivery.received_at.timestamp():
        return delivery.received_at
    return datetime.fromtimestamp(stamp, UTC)


def _cannot_be_served(name: str, times: int) -> Alarm:
    return Alarm(
        _UNSERVED,
        f"RabbitMQ has the queue {name} but cannot serve it (tried {times} times): messages are NOT being read. "
        "Remedy: look at `rabbitmq-queues quorum_status` and bring the missing nodes back; if the queue's log is lost, "
        "delete the queue, alertd makes it anew; then ask the senders to send again.",
    )
