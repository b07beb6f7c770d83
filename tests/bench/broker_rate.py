"""Through the broker: pika alone, then alertd's own consumer with intake behind it, without rules and with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import perf_counter

import pika

from alertd.model.case import MessageOutcome
from alertd.model.rulebook import RuleBook
from alertd.model.view import Matcher
from alertd.rulebook.reference import Reference
from alertd.service.intake import Arrival, Intake
from alertd.service.messages import Properties
from alertd.transport.amqp import Consumer
from alertd.transport.amqp_link import Link
from alertd.transport.endpoint import Endpoint
from alertd.transport.feed import Delivery, Heard
from alertd.transport.publisher import Letter, Publisher
from alertd.transport.queues import Queues, ensure_queues
from tests.bench.crowd import BATCH, incident
from tests.bench.decide_rate import check_outcomes, two_judges
from tests.bench.figure import Figure, Reach
from tests.bench.site import NO_RULES, Site

_PER_SECOND = "messages/s"
_ANSWER = timedelta(seconds=20)
_PATIENCE = 600.0
"""Seconds for a whole run; longer than any machine on which a figure means something."""
RAW = "pika alone: consume, one ack for 200"


def through_the_broker(site: Site) -> Iterator[Figure]:
    """Measure what the broker and its library allow, and what alertd makes of it."""
    runs = range(site.sizes.runs)
    for name, every in ((RAW, BATCH), ("pika alone: consume, ack each", 1)):
        site.step(name)
        rates = tuple(_pika_alone(site, every) for _ in runs)
        yield Figure(name, _PER_SECOND, rates, note="quorum queue, prefetch 1,000, the same messages")
    site.step("consume, commit without rules, ack")
    plain = tuple(_consumed(site, NO_RULES, Reference(NO_RULES), MessageOutcome.NO_MATCH) for _ in runs)
    yield Figure("consume + commit, no rules + ack", _PER_SECOND, plain, beside=RAW)
    site.step("consume, decide, commit, ack")
    with two_judges(site.book) as judges:
        decided = tuple(_consumed(site, site.book, judges, MessageOutcome.ACTED) for _ in runs)
    yield Figure(
        "consume + decide + commit + ack",
        _PER_SECOND,
        decided,
        Reach(5_000),
        "consume + commit, no rules + ack",
        f"{len(site.book.rules)} rules, both judges, SQLite FULL",
    )


def endpoint(site: Site, vhost: str) -> Endpoint:
    """A virtual host of the private broker."""
    return Endpoint("127.0.0.1", site.broker.port, vhost)


def make_queues(site: Site, vhost: str) -> None:
    """Declare the queues as alertd does."""
    where = endpoint(site, vhost)
    ensure_queues(lambda: Link(where, lambda: None, lambda _: None), Queues(), _ANSWER)


def publish(site: Site, vhost: str, bodies: Sequence[bytes]) -> None:
    """Put messages into the queue, every one confirmed.

    Raises:
        AssertionError: the broker did not confirm one.
    """
    with Publisher(endpoint(site, vhost)) as publisher:
        failures = publisher.publish([Letter(body, Properties()) for body in bodies])
    assert not failures, failures


def _filled(site: Site, vhost: str, number: int) -> None:
    make_queues(site, vhost)
    now = site.now()
    publish(site, vhost, [incident(each, now) for each in range(number)])


def _pika_alone(site: Site, every: int) -> float:
    """Consume and acknowledge with nothing between, as fast as the library goes."""
    with site.vhost() as vhost:
        _filled(site, vhost, site.sizes.letters)
        parameters = pika.ConnectionParameters("127.0.0.1", site.broker.port, vhost)
        with pika.BlockingConnection(parameters) as connection:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=1000)
            began = perf_counter()
            for number, (method, _, _) in enumerate(channel.consume(Queues().messages), start=1):
                if number % every == 0:
                    channel.basic_ack(method.delivery_tag or 0, multiple=every > 1)
                if number == site.sizes.letters:
                    break
            elapsed = perf_counter() - began
            channel.cancel()
    return site.sizes.letters / elapsed


@dataclass(slots=True)
class _Taker:
    """Takes batches as the daemon does, and notes when the first came and the last was committed."""

    intake: Intake
    number: int
    seen: int = 0
    began: float = 0.0
    ended: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)

    def __call__(self, deliveries: tuple[Delivery, ...]) -> None:
        self.began = self.began or perf_counter()
        arrivals = [Arrival(each.body, each.properties, each.received_at) for each in deliveries]
        self.intake.take(arrivals, deliveries[-1].received_at)
        self.seen += len(deliveries)
        if self.seen >= self.number:
            self.ended = perf_counter()
            self.done.set()


def _consumed(site: Site, book: RuleBook, matcher: Matcher, outcome: MessageOutcome) -> float:
    number = site.sizes.messages
    with site.vhost() as vhost, site.store() as store:
        _filled(site, vhost, number)
        taker = _Taker(site.intake(store, book, matcher), number)
        feed = Consumer(endpoint(site, vhost), taker, site.now, Heard())
        thread = threading.Thread(target=feed.run, name="feed", daemon=True)
        thread.start()
        came = taker.done.wait(_PATIENCE)
        feed.stop()
        thread.join()
        assert came, f"only {taker.seen} of {number} messages came: {feed.status}"
        check_outcomes(store, outcome, number)
    return number / (taker.ended - taker.began)
