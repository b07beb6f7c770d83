"""A reply and a delivery report, from the provider's signed request to what people get."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from alertd.core.gsm7 import segments
from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation, publish
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE

SECOND_PHONE, SECOND_MAIL = "+447700900102", "mash.second@example.gov.uk"
INBOUND = "https://urgent.example.gov.uk/hooks/twilio/inbound"
OURS = "+447700900001"


@pytest.fixture
def twilio(installation: Installation, fake_twilio: FakeTwilio) -> FakeTwilio:
    """A provider for which the public address leads to where the daemon listens."""
    fake_twilio.hooks = f"http://{installation.settings.web.listen}"
    return fake_twilio


def code_in(text: str) -> str:
    found = re.search(r"\bY(\d{6})\b", text)
    assert found is not None, text
    return found[1]


def test_a_reply_ends_the_ladder_is_confirmed_and_counted(
    run: Run, installation: Installation, endpoint: Endpoint, twilio: FakeTwilio, mail_server: MailServer
) -> None:
    daemon = run().consuming()
    assert publish(endpoint, incident("custody")) == ()
    code = code_in(twilio.expect(MASH_PHONE).body)
    mail_server.expect(MASH_MAIL)

    stranger = twilio.reply(INBOUND, "+447700900999", OURS, f"Y{code}")
    forged = twilio.post(INBOUND, {"From": MASH_PHONE, "Body": f"Y{code}", "MessageSid": "SM1"}, "forged")
    answer = twilio.reply(INBOUND, MASH_PHONE, OURS, f"Y{code}")

    assert (stranger.status_code, forged.status_code, answer.status_code) == (200, 403, 200)
    assert "020 7946 0123" in stranger.text
    confirmation = twilio.expect(MASH_PHONE, f"Not you? Reply N{code}.")
    assert confirmation.body.startswith("Accepted WF-UR-26-")
    assert segments(confirmation.body) == 1
    eventually(installation.is_quiet)
    figures = requests.get(f"{twilio.hooks}/metrics", timeout=10).text
    assert 'alertd_ack_seconds_count{role="mash"} 1.0' in figures
    assert 'alertd_webhooks_total{hook="inbound",result="forged"} 1.0' in figures
    assert requests.get(f"{twilio.hooks}/readyz", timeout=10).text == "ready\n"
    twilio.assert_nothing_else()
    mail_server.assert_nothing_else()
    daemon.stop()
    for personal in (MASH_PHONE, "+447700900999", code, "uvicorn"):
        assert personal not in daemon.log


def test_a_text_that_never_arrived_reaches_the_next_contact_and_one_that_did_is_settled(
    run: Run, installation: Installation, endpoint: Endpoint, twilio: FakeTwilio, mail_server: MailServer
) -> None:
    run().consuming()
    assert publish(endpoint, incident("custody")) == ()
    text = twilio.expect(MASH_PHONE)
    mail_server.expect(MASH_MAIL)
    eventually(installation.is_quiet)

    for status in ("sent", "undelivered", "undelivered", "sent"):
        code = 30003 if status == "undelivered" else None
        assert twilio.report(text, status, code).status_code == 204

    second = twilio.expect(SECOND_PHONE, code_in(text.body))
    mail_server.expect(SECOND_MAIL)
    assert twilio.report(second, "delivered").status_code == 204
    eventually(installation.is_quiet)
    states = sorted(note.state.value for note in installation.notifications() if note.channel.value == "sms")
    assert states == ["delivered", "refused"]
    twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


@contextmanager
def taken(host: str, port: int) -> Iterator[None]:
    """Another program listens there."""
    with socket.create_server((host, port)):
        yield


def test_a_port_in_use_stops_nothing_and_is_told(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    host, _, port = installation.settings.web.listen.rpartition(":")
    with taken(host, int(port)):
        daemon = run().consuming()
        eventually(lambda: f"cannot listen on {host}:{port}" in daemon.status)
        assert publish(endpoint, incident("custody")) == ()
        fake_twilio.expect(MASH_PHONE)
        mail_server.expect(MASH_MAIL)
        mail_server.expect("alertd.rules@example.gov.uk", "cannot listen")
    eventually(lambda: "cannot listen" not in daemon.status, within=40)
    assert requests.get(f"http://{host}:{port}/healthz", timeout=10).text == "alive\n"
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()
