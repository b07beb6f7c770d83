"""alertd.transport.twilio_sms against a Twilio that speaks the provider's HTTP: what each answer proves."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.model.delivery import CannotSay, Found, InDoubt, NotFound, Outgoing, Refused, RetryLater, Sent
from alertd.model.errors import ConfigError
from alertd.model.values import Channel
from alertd.transport.twilio_account import TwilioAccount
from alertd.transport.twilio_sms import TwilioSms
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import (
    ACCOUNT,
    BAD_TOKEN,
    BROKEN,
    BROKEN_AFTER_TAKING,
    BUSY,
    DROP_AFTER_TAKING,
    HANG_AFTER_TAKING,
    INVALID_NUMBER,
    OPTED_OUT,
    TOKEN,
    UNAVAILABLE,
    Fault,
    Taken,
)
from tests.doubles.twilio_openapi import form_problems
from tests.transport.conftest import now

TO, FROM = "+447700900123", "+447700900001"
TEXT = "WF-UR-26-7QK4 custody. Reply Y482193 to accept."
CALLBACK = "https://urgent.example.gov.uk/hooks/twilio/status"


def outgoing(to: str = TO, body: str = TEXT, code: str = "482193", **changes: float) -> Outgoing:
    return Outgoing("n-1", Channel.SMS, to, "", body, code, **changes)


def account(base_url: str, limit: timedelta = timedelta(seconds=5), token: str = TOKEN) -> TwilioAccount:
    return TwilioAccount(ACCOUNT, lambda: token, base_url, limit)


@pytest.fixture
def sender(fake_twilio: FakeTwilio) -> Iterator[TwilioSms]:
    made = TwilioSms(account(fake_twilio.base_url), FROM, CALLBACK)
    yield made
    made.close()


@pytest.fixture
def hasty(fake_twilio: FakeTwilio) -> Iterator[TwilioSms]:
    made = TwilioSms(account(fake_twilio.base_url, timedelta(milliseconds=300)), FROM)
    yield made
    made.close()


def test_a_text_is_sent_once_with_the_reference_in_its_callback(fake_twilio: FakeTwilio, sender: TwilioSms) -> None:
    outcome = sender.send(outgoing())
    text = fake_twilio.expect(TO, "482193")
    assert outcome == Sent(text.sid)
    assert text.form == {"To": TO, "From": FROM, "Body": TEXT, "StatusCallback": CALLBACK + "?ref=n-1"}
    fake_twilio.assert_nothing_else()


def test_without_a_callback_none_is_asked_for(fake_twilio: FakeTwilio, hasty: TwilioSms) -> None:
    assert isinstance(hasty.send(outgoing()), Sent)
    assert "StatusCallback" not in fake_twilio.expect(TO).form


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (BUSY, RetryLater("answered 429, code 20429", 7.0)),
        (UNAVAILABLE, RetryLater("answered 503, code 20503")),
        (Fault(400, 21611), RetryLater("answered 400, code 21611")),
        (Fault(429, 20429, retry_after="Fri, 27 Nov 2026 10:00:00 GMT"), RetryLater("answered 429, code 20429")),
        (INVALID_NUMBER, Refused("answered 400, code 21211", bad_address=True)),
        (OPTED_OUT, Refused("answered 400, code 21610", opted_out=True)),
        (Fault(400, 21614), Refused("answered 400, code 21614", bad_address=True)),
        (Fault(400, 21606), Refused("answered 400, code 21606", account="…")),
        (Fault(400, 21608), Refused("answered 400, code 21608", account="…")),
        (Fault(429, 63038), Refused("answered 429, code 63038", account="…")),
        (BAD_TOKEN, Refused("answered 401, code 20003", account="…")),
        (Fault(403, 20404), Refused("answered 403, code 20404", account="…")),
        (Fault(400, 21602), Refused("answered 400, code 21602")),
        (Fault(302, raw=b""), Refused("answered 302, code 302")),
        (BROKEN, InDoubt("answered 500, code 20500")),
        (BROKEN_AFTER_TAKING, InDoubt("answered 502, code 20500")),
        (DROP_AFTER_TAKING, InDoubt("ConnectionError")),
        (Fault(201, raw=b"<html>a proxy's idea", taken=Taken.YES), InDoubt("the answer cannot be read")),
        (Fault(201, raw=b"[]", taken=Taken.YES), InDoubt("the answer cannot be read")),
        (Fault(201, raw=b"{}", taken=Taken.YES), InDoubt("the answer names no id")),
        (Fault(500, raw=b"<html>"), InDoubt("answered 500, code 500")),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_answer_means_what_it_proves(
    fake_twilio: FakeTwilio, sender: TwilioSms, fault: Fault, outcome: object
) -> None:
    fake_twilio.fault(fault)
    found = sender.send(outgoing())
    if isinstance(found, Refused) and found.account:
        assert "Remedy: " in found.account
        found = replace(found, account="…")
    assert found == outcome
    assert len(fake_twilio.state.requests) == 1, "nothing is repeated behind our back"
    assert isinstance(sender.send(outgoing()), Sent), "the next one goes"


def test_silence_after_the_request_left_is_doubt_and_ends_in_time(fake_twilio: FakeTwilio, hasty: TwilioSms) -> None:
    fake_twilio.fault(HANG_AFTER_TAKING)
    begun = time.monotonic()
    assert isinstance(hasty.send(outgoing()), InDoubt)
    assert time.monotonic() - begun < 1.5
    fake_twilio.expect(TO)


def test_a_deadline_of_the_message_is_kept_when_it_is_sooner(fake_twilio: FakeTwilio, sender: TwilioSms) -> None:
    fake_twilio.fault(HANG_AFTER_TAKING)
    begun = time.monotonic()
    assert isinstance(sender.send(outgoing(deadline=begun + 0.2)), InDoubt)
    assert time.monotonic() - begun < 1.5


def test_past_its_deadline_nothing_leaves(fake_twilio: FakeTwilio, sender: TwilioSms) -> None:
    assert isinstance(sender.send(outgoing(deadline=time.monotonic())), RetryLater)
    assert fake_twilio.state.requests == []


def test_an_answer_that_drips_does_not_outlast_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            client, _ = server.accept()
            with client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 201 Created\r\n")
                while not stop.wait(0.05):
                    client.sendall(b"X")

        thread = threading.Thread(target=drip)
        thread.start()
        sender = TwilioSms(account(f"http://127.0.0.1:{server.getsockname()[1]}", timedelta(milliseconds=300)), FROM)
        begun = time.monotonic()
        assert sender.send(outgoing()) == InDoubt("no answer in time")
        assert time.monotonic() - begun < 1.0
        stop.set()
        thread.join(5)


def test_a_provider_that_cannot_be_reached_took_nothing() -> None:
    assert isinstance(TwilioSms(account("http://127.0.0.1:1"), FROM).send(outgoing()), RetryLater)
    assert isinstance(TwilioSms(account("http://nowhere.invalid"), FROM).send(outgoing()), RetryLater)


def test_a_connection_reset_after_the_request_left_is_doubt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def read_and_reset() -> None:
            client, _ = server.accept()
            client.recv(65536)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()

        thread = threading.Thread(target=read_and_reset)
        thread.start()
        sender = TwilioSms(account(f"http://127.0.0.1:{server.getsockname()[1]}"), FROM)
        assert isinstance(sender.send(outgoing()), InDoubt)
        thread.join(5)


def test_many_threads_get_each_their_own_answer(fake_twilio: FakeTwilio, sender: TwilioSms) -> None:
    numbers = [f"+4477009{n:05d}" for n in range(80)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = dict(zip(numbers, pool.map(lambda number: sender.send(outgoing(number)), numbers), strict=True))
    assert outcomes == {text.to: Sent(text.sid) for text in fake_twilio.texts()}


def test_the_token_is_asked_for_at_every_request(fake_twilio: FakeTwilio) -> None:
    tokens = iter(["yesterday's", TOKEN])
    sender = TwilioSms(TwilioAccount(ACCOUNT, lambda: next(tokens), fake_twilio.base_url), FROM)
    assert isinstance(sender.send(outgoing()), Refused)
    assert isinstance(sender.send(outgoing()), Sent)


def test_a_secret_that_cannot_be_read_is_no_doubt(fake_twilio: FakeTwilio) -> None:
    def unreadable() -> str:
        raise ConfigError("no such file")

    sender = TwilioSms(TwilioAccount(ACCOUNT, unreadable, fake_twilio.base_url), FROM)
    assert isinstance(sender.send(outgoing()), RetryLater)
    assert isinstance(sender.look_up(outgoing(), now()), CannotSay)
    assert fake_twilio.state.requests == []


def test_no_secret_is_shown(fake_twilio: FakeTwilio) -> None:
    assert TOKEN not in repr(account(fake_twilio.base_url))


# --- looking up ---


def test_a_message_that_was_taken_is_found_by_its_code_although_it_was_not_sent_yet(
    fake_twilio: FakeTwilio, sender: TwilioSms
) -> None:
    since = now()
    fake_twilio.fault(DROP_AFTER_TAKING)
    assert isinstance(sender.send(outgoing()), InDoubt)
    text = fake_twilio.expect(TO)
    assert text.sent_at is None
    assert sender.look_up(outgoing(body="re-rendered, 29 min left. Reply Y482193"), since) == Found(text.sid)


def test_a_message_that_was_not_taken_is_not_found(fake_twilio: FakeTwilio, sender: TwilioSms) -> None:
    since = now()
    fake_twilio.fault(BROKEN)
    sender.send(outgoing())
    sender.send(outgoing("+447700900124"))
    sender.send(outgoing(body="Another alert. Reply Y999999", code="999999"))
    assert sender.look_up(outgoing(), since) == NotFound()


def test_an_earlier_text_with_the_same_code_is_not_taken_for_it(fake_twilio: FakeTwilio, sender: TwilioSms) -> None:
    sender.send(outgoing())
    fake_twilio.texts()[0].created_at -= timedelta(minutes=15)
    assert sender.look_up(outgoing(), now()) == NotFound()


def test_a_message_without_a_code_is_found_by_its_text(sender: TwilioSms) -> None:
    since = now()
    sender.send(outgoing(body="Stand down.", code=""))
    assert isinstance(sender.look_up(outgoing(body="Stand down.", code=""), since), Found)
    assert sender.look_up(outgoing(body="Another text.", code=""), since) == NotFound()


def test_who_cannot_be_asked_cannot_say(fake_twilio: FakeTwilio) -> None:
    wrong = TwilioSms(account(fake_twilio.base_url, token="wrong"), FROM)
    assert wrong.look_up(outgoing(), now()) == CannotSay("answered 401")
    assert isinstance(TwilioSms(account("http://127.0.0.1:1"), FROM).look_up(outgoing(), now()), CannotSay)


def test_too_many_messages_prove_nothing(sender: TwilioSms) -> None:
    since = now()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sender.send(outgoing(body="Other", code="")), range(201)))
    assert isinstance(sender.look_up(outgoing(), since), CannotSay)


# --- the provider's own description of its API ---


def test_every_request_is_one_that_the_provider_describes(fake_twilio: FakeTwilio, sender: TwilioSms) -> None:
    sender.send(outgoing())
    sender.look_up(outgoing(), now())
    assert [(one.method, one.problems) for one in fake_twilio.state.requests] == [("POST", ()), ("GET", ())]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"Body": "x"}, "'To' is a required property"),
        ({"To": "07700 900123"}, "To"),
        ({"To": TO, "Recipient": "x"}, "Recipient"),
        ({"To": TO, "RiskCheck": "maybe"}, "RiskCheck"),
        ({"To": TO, "MessagingServiceSid": "MG1"}, "MessagingServiceSid"),
        ({"To": TO, "StatusCallback": "not a url"}, "StatusCallback"),
    ],
)
def test_the_judge_finds_what_the_provider_would_refuse(form: dict[str, str], problem: str) -> None:
    problems = form_problems("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", form)
    assert problems
    assert all(problem in found for found in problems)


def test_the_judge_knows_accounts_and_paths() -> None:
    assert form_problems("POST", "/2010-04-01/Accounts/ACme/Messages.json", {"To": TO})
    assert form_problems("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Faxes.json", {"To": TO})
    assert not form_problems("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", {"To": TO, "From": FROM})
