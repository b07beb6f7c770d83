"""Asked whether they are there, brokers and providers answer in words that a person can act on; nothing is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from alertd.service.messages import Properties
from alertd.transport import probes
from alertd.transport.amqp_link import Link, LinkFailed
from alertd.transport.endpoint import Endpoint
from alertd.transport.publisher import Letter, Publisher
from alertd.transport.queues import Queues, ensure_queues
from alertd.transport.smtp_connection import MailServerAddress, StartTls
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.private import free_port


def test_a_broker_that_is_there_tells_what_waits(corner: Endpoint) -> None:

    queues = Queues()
    assert probes.broker(corner, queues.messages) is None
    ensure_queues(lambda: Link(corner), queues, timedelta(seconds=20))
    with Publisher(corner) as publisher:
        assert publisher.publish([Letter(b"{}", Properties())] * 3) == ()
    assert probes.broker(corner, queues.messages) == 3


def test_a_broker_that_is_not_there_is_said_to_be_away() -> None:
    with pytest.raises(LinkFailed):
        probes.broker(Endpoint("127.0.0.1", free_port(), "/"), "alertd.messages")


def test_an_account_at_twilio_is_looked_up_and_nothing_is_sent(fake_twilio: FakeTwilio) -> None:
    assert probes.twilio(fake_twilio.account_sid, fake_twilio.auth_token, fake_twilio.base_url) == ""
    fake_twilio.assert_nothing_else()


def test_a_token_that_twilio_does_not_know_is_named(fake_twilio: FakeTwilio) -> None:
    why = probes.twilio(fake_twilio.account_sid, "another", fake_twilio.base_url)
    assert why == "it does not know this account and token"


def test_a_suspended_account_is_no_use(fake_twilio: FakeTwilio) -> None:
    fake_twilio.state.account_status = "suspended"
    assert probes.twilio(fake_twilio.account_sid, fake_twilio.auth_token, fake_twilio.base_url) == (
        "the account is suspended"
    )


def test_a_twilio_that_is_away_is_said_to_be(fake_twilio: FakeTwilio) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    why = probes.twilio(fake_twilio.account_sid, fake_twilio.auth_token, away)
    assert why == "it cannot be reached (ConnectionError)"


def test_a_mail_server_is_reached_as_for_a_mail_and_gets_none(mail_server: MailServer) -> None:
    server = MailServerAddress("127.0.0.1", mail_server.port, StartTls.NEVER)
    assert probes.mail_server(server) == ""
    mail_server.assert_nothing_else()


def test_a_mail_server_that_cannot_encrypt_is_named(mail_server: MailServer) -> None:
    server = MailServerAddress("127.0.0.1", mail_server.port, StartTls.REQUIRED)
    assert probes.mail_server(server) == "STARTTLS is not offered"


def test_a_mail_server_that_is_away_is_said_to_be() -> None:
    why = probes.mail_server(MailServerAddress("127.0.0.1", free_port(), StartTls.NEVER))
    assert why.startswith("it cannot be reached")


class Notify(ThreadingHTTPServer):
    """Answers every request alike."""

    status = 200
    asked: str = ""


class _Answer(BaseHTTPRequestHandler):
    server: Notify

    def do_GET(self) -> None:
        self.server.asked = self.path
        body = b'{"id": "1", "errors": []}'
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def notify() -> Iterator[Notify]:
    server = Notify(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


KEY = "test-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (200, ""),
        (403, "it does not know this key"),
        (404, "it has no such template"),
        (500, "it answered 500"),
    ],
)
def test_a_service_at_notify_is_known_by_its_template(notify: Notify, status: int, why: str) -> None:
    notify.status = status
    assert probes.notify(KEY, "template-1", f"http://127.0.0.1:{notify.server_port}") == why
    assert notify.asked.endswith("/template/template-1")


def test_a_key_that_is_none_is_named_and_a_notify_that_is_away() -> None:
    assert probes.notify("", "template-1", "http://127.0.0.1:1") == "the key is not of the form that it gives out"
    why = probes.notify(KEY, "template-1", f"http://127.0.0.1:{free_port()}")
    assert why == "it cannot be reached (ConnectionError)"
