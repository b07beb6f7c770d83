"""Asked whether they are there, brokers and providers answer in words that a person can act on; nothing is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

import pytest

from alertd.daemon.clock import utc_now
from alertd.model.errors import ConfigError
from alertd.service.messages import Properties
from alertd.transport import probes
from alertd.transport.amqp_link import Link, LinkFailed
from alertd.transport.endpoint import Endpoint
from alertd.transport.oidc import WELL_KNOWN, Registration
from alertd.transport.probes import Wrong
from alertd.transport.publisher import Letter, Publisher
from alertd.transport.queues import Queues, ensure_queues
from alertd.transport.smtp_connection import MailServerAddress, StartTls
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer, Step
from tests.doubles.private import free_port

SENDER = "alerts@example.gov.uk"


def said(wrong: Wrong | None) -> Wrong:
    """What is wrong; that something is."""
    assert wrong is not None
    assert wrong.remedy
    return wrong


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
    assert probes.twilio(fake_twilio.account_sid, fake_twilio.auth_token, fake_twilio.base_url) is None
    fake_twilio.assert_nothing_else()


def test_a_token_that_twilio_does_not_know_is_named(fake_twilio: FakeTwilio) -> None:
    wrong = said(probes.twilio(fake_twilio.account_sid, "another", fake_twilio.base_url))
    assert wrong.found == "it does not know this account and token"
    assert "Auth Token" in wrong.remedy


def test_a_suspended_account_is_no_use(fake_twilio: FakeTwilio) -> None:
    fake_twilio.state.account_status = "suspended"
    wrong = said(probes.twilio(fake_twilio.account_sid, fake_twilio.auth_token, fake_twilio.base_url))
    assert wrong.found == "the account is suspended"


def test_a_twilio_that_is_away_is_said_to_be(fake_twilio: FakeTwilio) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    wrong = said(probes.twilio(fake_twilio.account_sid, fake_twilio.auth_token, away))
    assert wrong.found == "it cannot be reached (ConnectionError)"
    assert "firewall" in wrong.remedy


def test_a_mail_server_is_reached_as_for_a_mail_and_gets_none(mail_server: MailServer) -> None:
    server = MailServerAddress("127.0.0.1", mail_server.port, StartTls.NEVER)
    assert probes.mail_server(server, SENDER) is None
    mail_server.assert_nothing_else()


def test_a_mail_server_that_cannot_encrypt_is_named(mail_server: MailServer) -> None:
    server = MailServerAddress("127.0.0.1", mail_server.port, StartTls.REQUIRED)
    wrong = said(probes.mail_server(server, SENDER))
    assert wrong.found == "STARTTLS is not offered"
    assert "if_offered" in wrong.remedy


def test_a_mail_server_that_takes_no_mail_of_ours_is_named_before_the_first_alert(mail_server: MailServer) -> None:
    server = MailServerAddress("127.0.0.1", mail_server.port, StartTls.NEVER)
    mail_server.fault(Step.MAIL, "550 5.7.1 Sender refused")
    wrong = said(probes.mail_server(server, SENDER))
    assert wrong.found == "it takes no mail from our address: MAIL answered 550"
    assert "email.from" in wrong.remedy


def test_a_mail_server_that_is_away_is_said_to_be() -> None:
    wrong = said(probes.mail_server(MailServerAddress("127.0.0.1", free_port(), StartTls.NEVER), SENDER))
    assert wrong.found.startswith("it cannot be reached")
    assert "email.host" in wrong.remedy


class Web(ThreadingHTTPServer):
    """Answers every request alike, but for those of `other`."""

    status = 200
    answer: Mapping[str, object] = MappingProxyType({})
    other: Mapping[str, Mapping[str, object]] = MappingProxyType({})
    asked: str = ""


class _Answer(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.server.asked = self.path
        body = json.dumps(dict(self.server.other.get(self.path, self.server.answer))).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


KEY = "test-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
TEXT = {"type": "sms", "body": "((body))", "subject": None}
MAIL = {"type": "email", "body": "((body))\r\n", "subject": "((subject))"}


def asked(web: Web, *fields: str) -> Wrong | None:
    return probes.notify(KEY, "template-1", f"http://127.0.0.1:{web.server_port}", fields or ("body",))


@pytest.mark.parametrize(
    ("status", "why", "remedy"),
    [
        (400, "the template's id is no id", "template_id"),
        (403, "it does not know this key, or this machine's clock", "API keys"),
        (404, "it has no such template", "template_id"),
        (500, "it answered 500", "firewall"),
    ],
)
def test_what_notify_says_of_a_key_and_template_is_said_with_its_remedy(
    web: Web, status: int, why: str, remedy: str
) -> None:
    web.status, web.answer = status, {"errors": []}
    wrong = said(asked(web))
    assert wrong.found.startswith(why)
    assert remedy in wrong.remedy
    assert web.asked.endswith("/template/template-1")


@pytest.mark.parametrize(("fields", "answer"), [(("body",), TEXT), (("body", "subject"), MAIL)])
def test_a_template_that_fits_is_well(web: Web, fields: tuple[str, ...], answer: dict[str, object]) -> None:
    web.answer = answer
    assert asked(web, *fields) is None


@pytest.mark.parametrize(
    ("fields", "answer", "found"),
    [
        (("body",), MAIL, "its template is for email, not for sms"),
        (("body", "subject"), TEXT, "its template is for sms, not for email"),
        (("body",), {**TEXT, "body": "Dear ((name))"}, "its template's body is not just ((body))"),
        (("body",), {**TEXT, "body": "Council: ((body))"}, "its template's body is not just ((body))"),
        (("body", "subject"), {**MAIL, "subject": "Alert"}, "its template's subject is not just ((subject))"),
        (("body",), {}, "its answer cannot be read"),
    ],
)
def test_a_template_that_does_not_fit_is_named_before_the_first_alert(
    web: Web, fields: tuple[str, ...], answer: dict[str, object], found: str
) -> None:
    web.answer = answer
    assert said(asked(web, *fields)).found == found


def test_a_key_that_is_none_is_named_and_a_notify_that_is_away() -> None:
    wrong = said(probes.notify("", "template-1", "http://127.0.0.1:1", ("body",)))
    assert wrong.found == "the key is not of the form that it gives out"
    wrong = said(probes.notify(KEY, "template-1", f"http://127.0.0.1:{free_port()}", ("body",)))
    assert wrong.found == "it cannot be reached (ConnectionError)"


# --- the council's directory


SIGNS = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
"""A public key, of RFC 7517."""


def registration(web: Web, **more: object) -> Registration:
    """A directory that says of itself what one must."""
    issuer = f"http://127.0.0.1:{web.server_port}"
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    about = {"issuer": issuer, **{name: f"{issuer}/{name}" for name in names}, **more}
    web.other = {WELL_KNOWN: about, "/jwks_uri": {"keys": [SIGNS]}}
    return Registration(issuer, "client", lambda: "secret", "oid", "https://urgent.example.gov.uk/a/directory/back")


def test_a_directory_that_answers_as_one_is_well(web: Web) -> None:
    assert probes.directory(registration(web), utc_now) is None


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ({"issuer": "http://another.example.gov.uk"}, "it names itself otherwise than web.sign_in.oidc.issuer does"),
        ({"authorization_endpoint": None}, "it names no usable authorization_endpoint"),
        ({"token_endpoint": "ftp://127.0.0.1/token"}, "it names no usable token_endpoint"),
        ({"jwks_uri": None}, "it names no usable jwks_uri"),
    ],
)
def test_a_directory_that_lacks_something_is_named_with_what(web: Web, about: dict[str, object], found: str) -> None:
    wrong = said(probes.directory(registration(web, **about), utc_now))
    assert wrong.found == found
    assert "web.sign_in.oidc" in wrong.remedy


def test_keys_that_are_none_and_a_secret_that_cannot_be_read_are_named(web: Web) -> None:
    known = registration(web)
    web.other = {**web.other, "/jwks_uri": {"keys": "none"}}
    assert said(probes.directory(known, utc_now)).found == "its keys cannot be read"
    secretless = replace(registration(web), client_secret=_unreadable)
    assert said(probes.directory(secretless, utc_now)).found == "web.sign_in.oidc.client_secret cannot be read"


def _unreadable() -> str:
    raise ConfigError("no such file")


def test_a_directory_that_is_away_is_said_to_be() -> None:
    known = Registration(f"http://127.0.0.1:{free_port()}", "client", lambda: "secret", "oid", "https://back")
    assert said(probes.directory(known, utc_now)).found == "it does not answer (ConnectionError)"
