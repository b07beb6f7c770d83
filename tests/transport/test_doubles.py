"""The test doubles themselves: one that lets everything pass would prove nothing."""

from __future__ import annotations

import smtplib
import socket

import pytest
import requests

from tests.doubles.chaos import ChaosProxy
from tests.doubles.fake_twilio import FakeTwilio, sign
from tests.doubles.fake_twilio_state import ACCOUNT, TOKEN
from tests.doubles.mailserver import MailServer
from tests.doubles.postgres import Postgres
from tests.doubles.waiting import eventually, never

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
FORM = {"To": "+447700900123", "From": "+447700900001", "Body": "Reply Y482193"}


def post(twilio: FakeTwilio, form: dict[str, str], path: str = MESSAGES, token: str = TOKEN) -> requests.Response:
    return requests.post(twilio.base_url + path, data=form, auth=(ACCOUNT, token), timeout=5)


def test_an_unexpected_text_fails_a_test(fake_twilio: FakeTwilio) -> None:
    fake_twilio.assert_nothing_else()
    post(fake_twilio, FORM)
    with pytest.raises(AssertionError):
        fake_twilio.assert_nothing_else()
    fake_twilio.expect("+447700900123", "482193")
    fake_twilio.assert_nothing_else()


def test_an_expected_text_counts_once(fake_twilio: FakeTwilio) -> None:
    post(fake_twilio, FORM)
    fake_twilio.expect("+447700900123")
    with pytest.raises(AssertionError, match="not within"):
        fake_twilio.expect("+447700900123", within=0.05)


def test_a_malformed_request_is_refused_and_fails_a_test(fake_twilio: FakeTwilio) -> None:
    assert post(fake_twilio, FORM | {"To": "nobody"}).json()["code"] == 21211
    assert post(fake_twilio, FORM | {"Extra": "x"}).status_code == 400
    with pytest.raises(AssertionError, match="would refuse"):
        fake_twilio.assert_nothing_else()


def test_a_wrong_token_is_refused(fake_twilio: FakeTwilio) -> None:
    assert post(fake_twilio, FORM, token="wrong").status_code == 401
    fake_twilio.assert_nothing_else()


def test_calls_are_told_apart_from_texts(fake_twilio: FakeTwilio) -> None:
    form = {"To": "+447700900123", "From": "+447700900001", "Twiml": "<Response><Say>Alert</Say></Response>"}
    assert post(fake_twilio, form, MESSAGES.replace("Messages", "Calls")).status_code == 201
    fake_twilio.expect_call("+447700900123", "Alert")
    fake_twilio.assert_nothing_else()


def test_one_text_can_be_fetched(fake_twilio: FakeTwilio) -> None:
    sid = post(fake_twilio, FORM).json()["sid"]
    url = fake_twilio.base_url + MESSAGES.replace(".json", f"/{sid}.json")
    assert requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5).json()["body"] == FORM["Body"]


def test_a_signature_is_the_one_that_the_provider_documents() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign(url, form, "12345") == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_reports_and_replies_are_posted_signed_for_their_public_url(fake_twilio: FakeTwilio) -> None:
    with FakeTwilio() as listener:  # any HTTP server will do
        fake_twilio.hooks = listener.base_url
        public = "https://urgent.example.gov.uk/hooks/twilio/status?ref=n-1"
        post(fake_twilio, FORM | {"StatusCallback": public})
        text = fake_twilio.expect("+447700900123")
        assert fake_twilio.report(text, "undelivered", 30003).status_code == 401
        fake_twilio.reply("https://urgent.example.gov.uk/hooks/twilio/inbound", FORM["To"], FORM["From"], "Y482193")
        report, reply = listener.state.requests
    assert report.path == "/hooks/twilio/status?ref=n-1"
    assert (report.form["MessageStatus"], report.form["ErrorCode"]) == ("undelivered", "30003")
    assert reply.form["Body"] == "Y482193"


def test_an_unexpected_mail_fails_a_test(mail_server: MailServer) -> None:
    mail_server.assert_nothing_else()
    with smtplib.SMTP("127.0.0.1", mail_server.port) as client:
        client.sendmail("a@example.gov.uk", "b@example.gov.uk", "Subject: x\r\n\r\nHello")
    with pytest.raises(AssertionError):
        mail_server.assert_nothing_else()
    assert mail_server.expect("b@example.gov.uk", "Hello").sender == "a@example.gov.uk"
    mail_server.assert_nothing_else()


def test_waiting_fails_in_time() -> None:
    with pytest.raises(AssertionError, match="a wonder"):
        eventually(lambda: False, within=0.05, what="a wonder")
    with pytest.raises(AssertionError, match="a wonder"):
        never(lambda: True, during=0.05, what="a wonder")


def test_the_proxy_passes_swallows_and_cuts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ChaosProxy(server.getsockname()[1]) as proxy:
        client = socket.create_connection(("127.0.0.1", proxy.port), 5)
        far, _ = server.accept()
        with client, far:
            client.sendall(b"1")
            assert far.recv(1) == b"1"
            proxy.swallow(True)
            client.sendall(b"2")
            far.settimeout(0.2)
            with pytest.raises(TimeoutError):
                far.recv(1)
            proxy.swallow(False)
            far.settimeout(5)
            assert far.recv(1) == b"2"
            proxy.cut()
            with pytest.raises(ConnectionResetError):
                client.recv(1)


def test_postgres_keeps_what_was_committed_over_a_crash() -> None:
    server = Postgres()
    try:
        server.start()
        name = server.new_database().rpartition("/")[2]
        server.query(name, "create table kept (word text)")
        server.query(name, "insert into kept values ('yes')")
        server.restart()
        assert server.query(name, "select word from kept") == "yes"
    finally:
        server.close()


def test_a_database_is_fresh_for_each_test(postgres: Postgres, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    assert postgres.query(name, "select count(*) from pg_tables where schemaname = 'public'") == "0"
