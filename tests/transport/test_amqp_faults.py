"""The consumer against a broker that is killed, cut off, silent, or broken for good: it recovers, or says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pika
import pytest

from alertd.transport.amqp import Consumer, Limits
from alertd.transport.endpoint import Endpoint
from alertd.transport.feed import FeedState
from alertd.transport.publisher import Publisher
from alertd.transport.queues import Queues, arguments
from tests.doubles.broker import Broker
from tests.doubles.chaos import ChaosProxy
from tests.doubles.waiting import eventually
from tests.transport.conftest import Start, Taker, now
from tests.transport.test_amqp import bodies, consuming, letters, started

QUEUES = Queues()
QUICK = Limits(
    answer=timedelta(seconds=3), first_wait=timedelta(milliseconds=20), most_wait=timedelta(milliseconds=200)
)


@pytest.fixture(scope="module")
def doomed() -> Iterator[Broker]:
    """A node of this module's own, to be killed."""
    node = Broker()
    try:
        node.start()
        yield node
    finally:
        node.close()


@pytest.fixture
def proxy(broker: Broker) -> Iterator[ChaosProxy]:
    with ChaosProxy(broker.port) as between:
        yield between


@pytest.fixture
def behind(proxy: ChaosProxy, vhost: str) -> Endpoint:
    """The session's broker, by way of the proxy, with heartbeats as short as they go."""
    return Endpoint("127.0.0.1", proxy.port, vhost, heartbeat=timedelta(seconds=1))


def test_a_killed_broker_is_waited_for_and_nothing_confirmed_is_lost(
    doomed: Broker, taker: Taker, start: Start
) -> None:
    here = Endpoint("127.0.0.1", doomed.port, doomed.new_vhost())
    consumer = started(Consumer(here, taker, now, taker.heard, limits=QUICK), start)
    with Publisher(here) as publisher:
        assert publisher.publish(letters(50)) == ()
        eventually(lambda: len(taker.bodies) == 50)
        taker.gate.clear()
        assert publisher.publish(letters(450, first=50)) == ()
        doomed.settle()
        doomed.kill()
        failures = publisher.publish(letters(2, first=500))
        assert [failure.index for failure in failures] == [0, 1]
        (not_sent,) = publisher.publish(letters(1, first=500))
        assert not_sent.reason.startswith("not sent")
        taker.gate.set()
    eventually(lambda: consumer.status.state is FeedState.RETRYING)
    beats = taker.beats
    doomed.start()

    eventually(lambda: consuming(consumer), within=30)
    eventually(lambda: set(taker.bodies) >= set(bodies(500)), within=30)
    assert taker.beats > beats
    assert taker.alarms == []


def test_a_queue_that_lost_its_log_is_told_to_a_person(doomed: Broker, taker: Taker, start: Start) -> None:
    here = Endpoint("127.0.0.1", doomed.port, doomed.new_vhost())
    doomed.settle()
    with pika.BlockingConnection(here.parameters()) as connection:
        for name in (QUEUES.quarantine, QUEUES.messages):
            connection.channel().queue_declare(name, durable=True, arguments=arguments(QUEUES, name, (3, 10, 8)))
    doomed.kill()  # before the node has written down that it holds these queues
    doomed.start()
    limits = Limits(answer=timedelta(seconds=1), first_wait=timedelta(0), unserved=2)
    consumer = Consumer(here, taker, now, taker.heard, limits=limits)
    start(consumer)

    eventually(lambda: taker.alarms, within=30)
    assert taker.alarms[0].kind == "queue_unserved"
    assert "NOT being read" in taker.alarms[0].text
    assert "did not answer" in consumer.status.error
    beats = taker.beats
    eventually(lambda: taker.beats > beats + 2, what="progress while it waits for an answer")
    assert consumer.stop()
    assert len(taker.alarms) == 1


def test_a_cut_connection_is_made_again_and_what_was_not_acknowledged_comes_again(
    proxy: ChaosProxy, behind: Endpoint, corner: Endpoint, taker: Taker, start: Start
) -> None:
    consumer = started(Consumer(behind, taker, now, taker.heard, limits=QUICK), start)
    taker.gate.clear()
    with Publisher(corner) as publisher:
        publisher.publish(letters(10))
    eventually(lambda: taker.tries == 1)
    proxy.cut()
    taker.gate.set()

    eventually(lambda: any(delivery.redelivered for delivery in taker.deliveries), within=20)
    # How many of the ten were in the first batch is the broker's choice; none may be missing in the end.
    eventually(lambda: set(taker.bodies) == set(bodies(10)), within=20)
    eventually(lambda: consuming(consumer) and not consumer.status.failures)


def test_a_silent_black_hole_is_noticed_by_its_missing_heartbeats(
    proxy: ChaosProxy, behind: Endpoint, corner: Endpoint, taker: Taker, start: Start
) -> None:
    consumer = started(Consumer(behind, taker, now, taker.heard, limits=QUICK), start)
    proxy.swallow(True)
    with Publisher(corner) as publisher:
        publisher.publish(letters(1))
    eventually(lambda: consumer.status.state is FeedState.RETRYING, within=30)
    proxy.swallow(False)

    eventually(lambda: taker.bodies == bodies(1), within=30)


def test_a_broker_that_refuses_is_tried_again_and_again(
    proxy: ChaosProxy, behind: Endpoint, taker: Taker, start: Start
) -> None:
    proxy.refuse(True)
    consumer = Consumer(behind, taker, now, taker.heard, limits=QUICK)
    start(consumer)
    eventually(lambda: consumer.status.failures >= 3)
    since = consumer.status.since
    eventually(lambda: consumer.status.failures >= 5)
    assert consumer.status.since == since
    proxy.refuse(False)
    eventually(lambda: consuming(consumer))


def test_a_deleted_queue_is_made_anew(corner: Endpoint, taker: Taker, start: Start) -> None:
    consumer = started(Consumer(corner, taker, now, taker.heard, limits=QUICK), start)
    with pika.BlockingConnection(corner.parameters()) as connection:
        connection.channel().queue_delete(QUEUES.messages)
    eventually(lambda: consumer.status.failures == 1)
    assert "deleted" in consumer.status.error
    eventually(lambda: consuming(consumer))
    with Publisher(corner) as publisher:
        assert publisher.publish(letters(1)) == ()
    eventually(lambda: taker.bodies == bodies(1))


def test_a_lost_confirmation_is_reported_as_unsure_and_the_publisher_goes_on(
    proxy: ChaosProxy, behind: Endpoint, corner: Endpoint, taker: Taker, start: Start
) -> None:
    started(Consumer(corner, taker, now, taker.heard), start)
    with Publisher(behind, within=timedelta(seconds=1)) as publisher:
        proxy.swallow(True)
        failures = publisher.publish(letters(2))
        assert [(failure.index, failure.unsure) for failure in failures] == [(0, True), (1, True)]
        proxy.swallow(False)
        assert publisher.publish(letters(1, first=2)) == ()
    eventually(lambda: b"2" in taker.bodies)


def test_stopping_is_quick_while_the_broker_is_away(taker: Taker, start: Start) -> None:
    consumer = Consumer(Endpoint("127.0.0.1", 1), taker, now, taker.heard)
    start(consumer)
    eventually(lambda: consumer.status.failures)
    assert consumer.stop(timedelta(seconds=2))
