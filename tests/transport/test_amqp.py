"""alertd.transport.amqp and publisher against a real RabbitMQ: what is delivered, acknowledged, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pika
import pytest

from alertd.model.errors import BrokerUnavailable, ConfigError
from alertd.service.messages import Properties
from alertd.transport.amqp import Consumer, Limits
from alertd.transport.endpoint import Endpoint, Tls, endpoint
from alertd.transport.feed import FeedState
from alertd.transport.publisher import Letter, Publisher
from alertd.transport.queues import Queues, arguments
from tests.doubles.broker import Broker
from tests.doubles.waiting import eventually, never
from tests.transport.conftest import Start, Taker, now

QUEUES = Queues()


def letters(number: int, first: int = 0) -> list[Letter]:
    stamp = 1_790_000_000
    return [
        Letter(f"{n}".encode(), Properties("text/plain", f"id{n}", "t", "app", stamp))
        for n in range(first, first + number)
    ]


def bodies(number: int) -> list[bytes]:
    return [f"{n}".encode() for n in range(number)]


def consuming(consumer: Consumer) -> bool:
    return consumer.status.state is FeedState.CONSUMING


def started(consumer: Consumer, start: Start) -> Consumer:
    start(consumer)
    eventually(lambda: consuming(consumer))
    return consumer


def test_every_message_arrives_once_in_order_with_its_properties(
    broker: Broker, corner: Endpoint, taker: Taker, start: Start
) -> None:
    consumer = started(Consumer(corner, taker, now, taker.heard), start)
    with Publisher(corner) as publisher:
        assert publisher.publish(letters(1500)) == ()

    eventually(lambda: len(taker.bodies) >= 1500)
    assert taker.bodies == bodies(1500)
    assert max(len(batch) for batch in taker.batches) <= 200
    first = taker.deliveries[0]
    assert first.properties == Properties("text/plain", "id0", "t", "app", 1_790_000_000)
    assert (first.redelivered, first.dead_lettered) == (False, False)
    assert consumer.stop()
    assert broker.counts(corner.vhost, QUEUES.messages) == (0, 0)


def test_a_batch_is_what_queued_up_during_the_commit_before(corner: Endpoint, taker: Taker, start: Start) -> None:
    consumer = started(Consumer(corner, taker, now, taker.heard), start)
    taker.gate.clear()
    with Publisher(corner) as publisher:
        publisher.publish(letters(1))
        eventually(lambda: taker.tries == 1)
        publisher.publish(letters(250, first=1))
    eventually(lambda: consumer.backlog().held == 251)
    assert consumer.backlog().oldest is not None
    taker.gate.set()

    eventually(lambda: len(taker.bodies) == 251)
    assert [len(batch) for batch in taker.batches] == [1, 200, 50]
    eventually(lambda: consumer.backlog().held == 0)


def test_nothing_is_acknowledged_before_it_is_taken(
    broker: Broker, corner: Endpoint, taker: Taker, start: Start
) -> None:
    started(Consumer(corner, taker, now, taker.heard), start)
    taker.gate.clear()
    with Publisher(corner) as publisher:
        publisher.publish(letters(5))
    eventually(lambda: taker.tries == 1)

    eventually(lambda: broker.counts(corner.vhost, QUEUES.messages) == (0, 5))
    taker.gate.set()
    eventually(lambda: broker.counts(corner.vhost, QUEUES.messages) == (0, 0))


def test_heartbeats_go_on_while_a_commit_takes_its_time(corner: Endpoint, taker: Taker, start: Start) -> None:
    impatient = Endpoint(corner.host, corner.port, corner.vhost, heartbeat=timedelta(seconds=1))
    consumer = started(Consumer(impatient, taker, now, taker.heard), start)
    taker.gate.clear()
    with Publisher(corner) as publisher:
        publisher.publish(letters(1))
    eventually(lambda: taker.tries == 1)
    # The broker gives up on a client after two silent heartbeats.
    never(lambda: consumer.status.failures, during=4)
    taker.gate.set()

    eventually(lambda: taker.bodies == bodies(1))
    never(lambda: taker.tries > 1, during=0.3, what="a redelivery")


def test_an_unavailable_store_loses_nothing(corner: Endpoint, taker: Taker, start: Start) -> None:
    limits = Limits(first_wait=timedelta(milliseconds=20), most_wait=timedelta(milliseconds=100))
    consumer = started(Consumer(corner, taker, now, taker.heard, limits=limits), start)
    taker.down = True
    with Publisher(corner) as publisher:
        publisher.publish(letters(300))
    eventually(lambda: taker.tries >= 3)
    assert taker.batches == []
    assert consumer.status.error == "the disk is full"
    assert consumer.status.failures >= 2
    beats = taker.beats
    eventually(lambda: taker.beats > beats, what="progress while retrying")

    taker.down = False
    eventually(lambda: len(taker.bodies) >= 300, within=20)
    assert sorted(taker.bodies, key=int) == bodies(300)
    assert all(delivery.redelivered for delivery in taker.batches[0])
    eventually(lambda: consumer.status.failures == 0)
    assert consumer.status.error == ""


def test_what_the_broker_gave_up_on_is_handed_over_marked(corner: Endpoint, taker: Taker, start: Start) -> None:
    consumer = Consumer(corner, taker, now, taker.heard)
    started(consumer, start)
    with pika.BlockingConnection(corner.parameters()) as connection:
        channel = connection.channel()
        channel.basic_publish("", QUEUES.quarantine, b"given up", pika.BasicProperties(message_id="x"))
    eventually(lambda: taker.bodies == [b"given up"])

    assert taker.deliveries[0].dead_lettered
    assert taker.deliveries[0].properties.message_id == "x"


def test_a_rejected_message_comes_back_by_the_quarantine_queue(corner: Endpoint, taker: Taker, start: Start) -> None:
    consumer = started(Consumer(corner, taker, now, taker.heard), start)
    assert consumer.stop()
    with Publisher(corner) as publisher:
        publisher.publish(letters(1))
    with pika.BlockingConnection(corner.parameters()) as connection:
        channel = connection.channel()
        got = eventually(lambda: channel.basic_get(QUEUES.messages)[0])
        assert got is not None
        channel.basic_reject(got.delivery_tag or 0, requeue=False)
    other = started(Consumer(corner, taker, now, taker.heard), start)

    eventually(lambda: taker.bodies == bodies(1))
    assert taker.deliveries[0].dead_lettered
    assert taker.deliveries[0].properties.message_id == "id0"
    assert other.stop()


def test_messages_with_headers_that_pika_cannot_read_do_not_stop_the_feed(
    corner: Endpoint, taker: Taker, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = started(Consumer(corner, taker, now, taker.heard), start)
    with pika.BlockingConnection(corner.parameters()) as connection, monkeypatch.context() as patch:
        channel = connection.channel()
        # A sender's milliseconds where AMQP has seconds: the year 58,692.
        patch.setattr(pika.data, "encode_table", _table_with_far_timestamp)
        channel.basic_publish("", QUEUES.messages, b"odd", pika.BasicProperties(headers={"sent": 1}))
        patch.undo()
        channel.basic_publish("", QUEUES.messages, b"even", pika.BasicProperties(type="t"))

    eventually(lambda: taker.bodies == [b"odd", b"even"])
    assert consumer.status.failures == 0


def _table_with_far_timestamp(pieces: list[bytes], _: object) -> int:
    entry = b"\x04sentT" + (1_790_000_000_000).to_bytes(8, "big")
    pieces.append(len(entry).to_bytes(4, "big") + entry)
    return 4 + len(entry)


def test_stop_finishes_the_batch_in_hand_and_gives_the_rest_back(
    broker: Broker, corner: Endpoint, taker: Taker, start: Start
) -> None:
    consumer = started(Consumer(corner, taker, now, taker.heard), start)
    taker.gate.clear()
    with Publisher(corner) as publisher:
        publisher.publish(letters(1))
        eventually(lambda: taker.tries == 1)
        publisher.publish(letters(10, first=1))
    eventually(lambda: consumer.backlog().held == 11)
    assert not consumer.stop(timedelta(milliseconds=50))
    taker.gate.set()

    assert consumer.stop()
    assert consumer.status.state is FeedState.STOPPED
    assert taker.bodies == bodies(1)
    eventually(lambda: broker.counts(corner.vhost, QUEUES.messages) == (10, 0))


def test_a_fault_in_the_taker_comes_out_of_run_and_run_may_be_called_again(corner: Endpoint, taker: Taker) -> None:
    def breaks(_: object) -> None:
        raise ZeroDivisionError

    consumer = Consumer(corner, breaks, now, taker.heard)
    with pika.BlockingConnection(corner.parameters()) as connection:
        connection.channel().queue_declare(
            QUEUES.messages, durable=True, arguments=arguments(QUEUES, QUEUES.messages, (3, 10, 8))
        )
    with Publisher(corner) as publisher:
        assert publisher.publish(letters(1)) == ()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            consumer.run()
    assert consumer.status.state is FeedState.STOPPED


def test_the_length_of_the_queue_is_known(corner: Endpoint, taker: Taker, start: Start) -> None:
    limits = Limits(prefetch=10, batch=10, probe=timedelta(milliseconds=20))
    consumer = started(Consumer(corner, taker, now, taker.heard, limits=limits), start)
    taker.gate.clear()
    with Publisher(corner) as publisher:
        publisher.publish(letters(100))
    eventually(lambda: taker.tries == 1)
    taker.gate.set()
    eventually(lambda: len(taker.bodies) == 100)
    eventually(lambda: consumer.backlog().ready == 0)


# --- publishing ---


def test_a_message_that_finds_no_queue_is_reported(corner: Endpoint) -> None:
    with Publisher(corner) as publisher:
        failures = publisher.publish(letters(3))
    assert [failure.index for failure in failures] == [0, 1, 2]
    assert all("no queue" in failure.reason and not failure.unsure for failure in failures)


def test_a_message_that_cannot_be_written_is_reported_and_the_others_go(
    corner: Endpoint, taker: Taker, start: Start
) -> None:
    started(Consumer(corner, taker, now, taker.heard), start)
    bad = [
        Letter(b"long id", Properties(message_id="x" * 256)),
        Letter(b"half a character", Properties(message_id="\ud800")),
        Letter(b"before 1970", Properties(timestamp=-1)),
    ]
    with Publisher(corner) as publisher:
        failures = publisher.publish([*letters(1), *bad, *letters(1, first=1)])
        assert publisher.publish(letters(1, first=2)) == ()
    assert [failure.index for failure in failures] == [1, 2, 3]
    eventually(lambda: taker.bodies == bodies(3))


def test_a_message_that_the_broker_refuses_is_reported(corner: Endpoint) -> None:
    full = {"x-max-length": 1, "x-overflow": "reject-publish"}
    with pika.BlockingConnection(corner.parameters()) as connection:
        connection.channel().queue_declare("small", durable=True, arguments=full)
    with Publisher(corner, Queues(messages="small")) as publisher:
        failures = publisher.publish(letters(5))
    assert [failure.index for failure in failures] == [1, 2, 3, 4]
    assert all("refused" in failure.reason and not failure.unsure for failure in failures)


def test_publishing_nothing_is_no_failure(corner: Endpoint) -> None:
    with Publisher(corner) as publisher:
        assert publisher.publish([]) == ()


def test_a_broker_that_is_not_there_is_said_so() -> None:
    nowhere = Endpoint("127.0.0.1", 1)
    with pytest.raises(BrokerUnavailable, match="refused"):
        Publisher(nowhere).__enter__()


# --- who we are ---


def test_a_wrong_password_is_reported_without_it(corner: Endpoint, taker: Taker, start: Start) -> None:
    wrong = Endpoint(corner.host, corner.port, corner.vhost, "guest", lambda: "hunter2")
    consumer = Consumer(wrong, taker, now, taker.heard)
    start(consumer)
    eventually(lambda: consumer.status.failures)
    assert consumer.status.state is FeedState.RETRYING
    assert "ACCESS_REFUSED" in consumer.status.error
    assert "hunter2" not in consumer.status.error + repr(wrong)


def test_tls_with_a_client_certificate_needs_no_password(
    broker: Broker, vhost: str, taker: Taker, start: Start
) -> None:
    broker.ctl("add_user", "alertd-client", "unused")
    broker.ctl("set_permissions", "-p", vhost, "alertd-client", ".*", ".*", ".*")
    own = broker.authority.issue("alertd-client")
    tls = Tls(broker.authority.ca, own.cert, own.key)
    secured = endpoint(f"amqps://127.0.0.1:{broker.tls_port}/{vhost}", "", lambda: "", tls)
    consumer = started(Consumer(secured, taker, now, taker.heard), start)
    with Publisher(secured) as publisher:
        assert publisher.publish(letters(1)) == ()
    eventually(lambda: taker.bodies == bodies(1))
    assert consumer.stop()
    broker.ctl("delete_user", "alertd-client")


def test_a_broker_of_an_unknown_authority_is_not_trusted(broker: Broker, vhost: str) -> None:
    with pytest.raises(BrokerUnavailable, match=r"(?i)certificate"):
        Publisher(endpoint(f"amqps://127.0.0.1:{broker.tls_port}/{vhost}", "guest", lambda: "guest")).__enter__()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://mq", "amqp://"),
        ("amqp://", "amqp://"),
        ("amqp://mq:port", "not a URL"),
        ("amqp://alertd:secret@mq/", "holds a name or password"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_remedy(url: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as refusal:
        endpoint(url, "alertd", lambda: "")
    assert "secret" not in str(refusal.value)


def test_a_url_names_host_port_and_virtual_host() -> None:
    plain = endpoint("amqp://mq.example.gov.uk/%2F", "alertd", lambda: "")
    assert (plain.host, plain.port, plain.vhost, plain.tls) == ("mq.example.gov.uk", 5672, "/", None)
    secured = endpoint("amqps://mq.example.gov.uk:1234/night", "alertd", lambda: "")
    assert (secured.port, secured.vhost, secured.tls) == (1234, "night", Tls())


def test_tls_files_that_cannot_be_read_are_named() -> None:
    with pytest.raises(ConfigError, match="TLS files"):
        Endpoint("mq", tls=Tls(cert=Path("nowhere.pem"))).parameters()


# --- queues ---


def test_the_queues_are_durable_and_never_give_up_on_a_message(
    broker: Broker, corner: Endpoint, taker: Taker, start: Start
) -> None:
    started(Consumer(corner, taker, now, taker.heard), start)
    made = broker.queues(corner.vhost)
    assert set(made) == {"alertd.messages", "alertd.quarantine"}
    for name, queue in made.items():
        assert queue["type"] == "quorum"
        assert "x-delivery-limit" not in str(queue["arguments"]), name
    assert "x-dead-letter-routing-key" in str(made["alertd.messages"]["arguments"])
    assert taker.alarms == []


def test_before_rabbitmq_4_a_limit_of_minus_one_would_give_up_at_the_first_redelivery(corner: Endpoint) -> None:
    with pika.BlockingConnection(corner.parameters()) as connection:
        channel = connection.channel()
        channel.queue_declare("q", durable=True, arguments=dict(arguments(QUEUES, "q", (4,))))
        channel.basic_publish("", "q", b"a good message")
        got = eventually(lambda: channel.basic_get("q")[0])
        assert got is not None
        channel.basic_reject(got.delivery_tag or 0, requeue=True)
        never(lambda: channel.basic_get("q")[0], during=0.5)


def test_from_rabbitmq_4_on_the_missing_limit_must_be_asked_for() -> None:
    assert "x-delivery-limit" not in arguments(QUEUES, QUEUES.messages, (3, 13, 7))
    assert arguments(QUEUES, QUEUES.messages, (4, 0, 1))["x-delivery-limit"] == -1
    assert arguments(QUEUES, QUEUES.quarantine, (4, 1)) == {"x-queue-type": "quorum", "x-delivery-limit": -1}


def test_a_queue_made_otherwise_is_used_and_told_once(corner: Endpoint, taker: Taker, start: Start) -> None:
    with pika.BlockingConnection(corner.parameters()) as connection:
        connection.channel().queue_declare(QUEUES.messages, durable=True)
    consumer = started(Consumer(corner, taker, now, taker.heard), start)
    with Publisher(corner) as publisher:
        assert publisher.publish(letters(1)) == ()
    eventually(lambda: taker.bodies == bodies(1))
    assert consumer.stop()
    assert [alarm.kind for alarm in taker.alarms] == ["queue_settings"]
    assert "Remedy" in taker.alarms[0].text


def test_an_account_that_may_not_declare_uses_what_is_there(
    broker: Broker, corner: Endpoint, taker: Taker, start: Start
) -> None:
    first = started(Consumer(corner, taker, now, taker.heard), start)
    assert first.stop()
    broker.ctl("add_user", "reader", "secret")
    broker.ctl("set_permissions", "-p", corner.vhost, "reader", "^$", "^$", ".*")
    reader = Endpoint(corner.host, corner.port, corner.vhost, "reader", lambda: "secret")
    consumer = started(Consumer(reader, taker, now, taker.heard), start)
    with Publisher(corner) as publisher:
        publisher.publish(letters(1))
    eventually(lambda: taker.bodies == bodies(1))
    assert taker.alarms == []
    assert consumer.stop()
    broker.ctl("delete_user", "reader")


def test_states_are_stamped(corner: Endpoint, taker: Taker, start: Start) -> None:
    moment = datetime(2026, 11, 26, 14, tzinfo=UTC)
    consumer = started(Consumer(corner, taker, lambda: moment, taker.heard), start)
    assert consumer.status.since == moment
    with Publisher(corner) as publisher:
        publisher.publish(letters(1))
    eventually(lambda: taker.deliveries)
    assert taker.deliveries[0].received_at == moment
