"""What alertd depends on goes away and comes back: each time nothing is lost, and who must know is told."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alertd.transport.endpoint import Endpoint
from tests.doubles.broker import Broker
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import UNAVAILABLE
from tests.doubles.mailserver import MailServer
from tests.doubles.postgres import Postgres
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run, running
from tests.e2e.daemon_process import CONSUMING, DaemonProcess
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation, publish
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE
from tests.messages.hostile import SECRET, hostile_bodies

RULES_ADMIN = "alertd.rules@example.gov.uk"
Make = Callable[[str, str | None], Installation]


def alerted(fake_twilio: FakeTwilio, mail_server: MailServer, within: float = 20.0) -> None:
    """One alert came to the duty team, by text and by mail."""
    fake_twilio.expect(MASH_PHONE, within=within)
    mail_server.expect(MASH_MAIL, within=within)


def goes_on_beating(daemon: DaemonProcess) -> None:
    """Waiting is a state, not a hang: the watchdog is fed meanwhile."""
    beats = daemon.beats
    eventually(lambda: daemon.beats > beats + 1)
    assert daemon.is_running


@pytest.fixture
def doomed_broker() -> Iterator[Broker]:
    node = Broker()
    try:
        node.start()
        yield node
    finally:
        node.close()


@pytest.fixture
def doomed_store() -> Iterator[Postgres]:
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.close()


def test_a_broker_that_restarts_or_is_killed_is_waited_for(
    make_installation: Make, doomed_broker: Broker, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    vhost = doomed_broker.new_vhost()
    here = Endpoint("127.0.0.1", doomed_broker.port, vhost)
    installation = make_installation(doomed_broker.url(vhost), None)
    with running(installation) as run:
        daemon = run().consuming()
        for number, end in enumerate((doomed_broker.stop, doomed_broker.kill), start=1):
            doomed_broker.settle()
            end()
            eventually(lambda: "no messages since" in daemon.status)
            goes_on_beating(daemon)
            doomed_broker.start()
            daemon.consuming()
            assert publish(here, incident("custody", number)) == ()
            alerted(fake_twilio, mail_server)
        eventually(installation.is_quiet)
        assert installation.totals()["acted"] == installation.taken() == 2
        fake_twilio.assert_nothing_else()
        mail_server.assert_nothing_else()
        daemon.stop()


def test_a_store_that_goes_away_costs_time_and_no_message(
    make_installation: Make,
    doomed_store: Postgres,
    broker: Broker,
    vhost: str,
    fake_twilio: FakeTwilio,
    mail_server: MailServer,
) -> None:
    here = Endpoint("127.0.0.1", broker.port, vhost)
    installation = make_installation(broker.url(vhost), doomed_store.new_database())
    with running(installation) as run:
        daemon = run().consuming()
        assert publish(here, incident("custody", 1)) == ()
        alerted(fake_twilio, mail_server)
        eventually(installation.is_quiet)

        doomed_store.stop()
        assert publish(here, incident("custody", 2)) == ()
        eventually(lambda: CONSUMING not in daemon.status)
        goes_on_beating(daemon)
        doomed_store.start()

        alerted(fake_twilio, mail_server, within=40)
        eventually(installation.is_quiet)
        assert installation.totals()["acted"] == installation.taken() == 2
        fake_twilio.assert_nothing_else()
        mail_server.assert_nothing_else()
        daemon.stop()


def test_a_provider_that_is_away_gets_the_text_once_when_it_is_back(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    run().consuming()
    fake_twilio.fault_for(MASH_PHONE, UNAVAILABLE)
    assert publish(endpoint, incident("custody")) == ()
    mail_server.expect(MASH_MAIL)
    eventually(lambda: any(request.method == "POST" for request in fake_twilio.state.requests))
    assert fake_twilio.texts() == []

    fake_twilio.fault_for(MASH_PHONE, None)

    fake_twilio.expect(MASH_PHONE, within=20)
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_an_engine_that_is_killed_or_hangs_costs_no_message_and_is_told(
    how: signal.Signals,
    run: Run,
    installation: Installation,
    endpoint: Endpoint,
    fake_twilio: FakeTwilio,
    mail_server: MailServer,
) -> None:
    daemon = run().consuming()
    assert publish(endpoint, incident("custody", 1)) == ()
    alerted(fake_twilio, mail_server)
    first = engine_of(daemon.pid)
    os.kill(first, how)

    assert publish(endpoint, incident("custody", 2)) == ()

    alerted(fake_twilio, mail_server)
    mail_server.expect(RULES_ADMIN)
    assert publish(endpoint, incident("custody", 3)) == ()
    alerted(fake_twilio, mail_server)
    assert engine_of(daemon.pid) != first
    eventually(installation.is_quiet)
    assert installation.totals()["acted"] == 3
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def engine_of(pid: int) -> int:
    """The process id of a daemon's engine."""

    def look() -> int:
        children = Path(f"/proc/{pid}/task").glob("*/children")
        pids = [int(child) for listed in children for child in listed.read_text().split()]
        engines = [child for child in pids if b"cage_child" in Path(f"/proc/{child}/cmdline").read_bytes()]
        return engines[-1] if engines else 0

    return eventually(look, what="an engine")


def test_hostile_messages_are_each_accounted_for_and_the_next_good_one_is_acted_on(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    daemon = run().consuming()
    bodies = [with_own_id(body, number) for number, (_, body) in enumerate(hostile_bodies())]
    assert len(bodies) > 200

    assert publish(endpoint, *bodies) == ()

    eventually(lambda: installation.taken() == len(bodies), within=60, every=0.1)
    before = installation.totals()["acted"]
    assert publish(endpoint, incident("custody")) == ()
    eventually(lambda: installation.totals()["acted"] == before + 1)
    totals = dict(installation.totals())
    assert totals.pop("received") == len(bodies) + 1 == sum(totals.values())
    assert totals["quarantined"] > 50
    fake_twilio.expect(MASH_PHONE, "Unreadable message")
    assert daemon.is_running
    assert "message_refused" not in daemon.log
    for written in (daemon.log, *(t.body for t in fake_twilio.texts()), *(m.text for m in mail_server.received)):
        # A sender's own name is told to people, whatever it is; nothing else of a message is.
        assert SECRET not in re.sub(f"from (?:{SECRET})+", "", written)


def with_own_id(body: bytes, number: int) -> bytes:
    """Give a body an identity, child and incident of its own, as far as it has them: the same again is a duplicate."""
    for name in (b"m-1", b"REC-1", b"CU-77", b"P-1001", b"INC-1", b"01TT/1234/26", b"Kai Example"):
        body = body.replace(b'"%b"' % name, b'"%b %d"' % (name, number), 1)
    return body
