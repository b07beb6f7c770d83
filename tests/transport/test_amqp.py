"""alertd.transport.amqp and publisher against a real RabbitMQ."""

from __future__ import annotations

import pika
import pytest

from alertd.service.messages import Properties
from alertd.transport.amqp import Consumer
from alertd.transport.endpoint import Endpoint
from alertd.transport.feed import FeedState
from alertd.transport.publisher import Letter, Publisher
from alertd.transport.queues import Queues
from tests.doubles.broker import Broker
from tests.doubles.waiting import eventually
from tests.transport.conftest import Start, Taker, now


def letters(number: int) -> list[Letter]:
    return [Letter(f"{n}".encode(), Properties("text/plain", f"id{n}", "t", "app", 1_790_000_000)) for n in range(number)]


def consuming(consumer: Consumer) -> bool:
    return consumer.status.state is FeedState.CONSUMING


def test_every_message_arrives_once_in_order_and_is_acknowledged(
    broker: Broker, corner: Endpoint, taker: Taker, start: Start
) -> None:
    consumer = Consumer(corner, taker, now, taker.heard)
    start(consumer)
    eventually(lambda: consuming(consumer))
    with Publisher(corner) as publisher:
        assert publisher.publish(letters(1500)) == ()

    eventually(lambda: len(taker.bodies) >= 1500)
    assert taker.bodies == [f"{n}".encode() for n in range(1500)]
    first = taker.deliveries[0]
    assert first.properties == Properties("text/plain", "id0", "t", "app", 1_790_000_000)
    assert not first.redelivered
    assert not first.dead_lettered
    assert max(len(batch) for batch in taker.batches) <= 200
    eventually(lambda: consumer.backlog().held == 0)
    consumer.stop()
    queue = broker.queues(corner.vhost)["alertd.messages"]
    assert (queue["messages_ready"], queue["messages_unacknowledged"]) == (0, 0)
