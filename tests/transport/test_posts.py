"""What providers hold for us, asked of fakes that speak their HTTP: received texts, and what became of messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from alertd.model.case import Notification, NotificationState
from alertd.model.delivery import Outgoing
from alertd.model.ids import PersonId, RoleId
from alertd.model.values import Channel
from alertd.service.polling import Post, Unpolled
from alertd.service.receipts import News
from alertd.transport.notify import NotifySender
from alertd.transport.notify_http import NotifyAccount
from alertd.transport.notify_post import NotifyPost
from alertd.transport.twilio_post import TwilioPost
from alertd.transport.twilio_sms import TwilioSms
from tests.doubles.fake_notify import FakeNotify
from tests.doubles.fake_notify_state import API_KEY, TEMPLATES
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.private import free_port
from tests.transport.conftest import now
from tests.transport.test_twilio import FROM, TO, account

HOUR = timedelta(hours=1)


def note(key: str, provider_id: str) -> Notification:
    moment = now()
    return Notification(
        id=key, case=None, role=RoleId("mash"), asked=RoleId("mash"), person=PersonId("p"), channel=Channel.SMS,
        state=NotificationState.SENT, reason="", next_at=moment, deadline_at=moment, attempts=1, urgent=True,
        repeat=False, provider_id=provider_id, provider="x", created_at=moment, sent_at=moment, lines=(), template="t",
    )  # fmt: skip


@pytest.fixture
def twilio(fake_twilio: FakeTwilio) -> Iterator[TwilioPost]:
    made = TwilioPost(account(fake_twilio.base_url), FROM)
    yield made
    made.close()


@pytest.fixture
def notify(fake_notify: FakeNotify) -> Iterator[NotifyPost]:
    made = NotifyPost(notify_account(fake_notify.base_url), Channel.SMS)
    yield made
    made.close()


def notify_account(base_url: str, key: str = API_KEY) -> NotifyAccount:
    return NotifyAccount(lambda: key, TEMPLATES["sms"], base_url, timedelta(seconds=5))


def test_twilio_is_asked_for_texts_to_our_number_since_a_moment(fake_twilio: FakeTwilio, twilio: TwilioPost) -> None:
    moment = now().replace(microsecond=0)
    fake_twilio.receive(TO, FROM, "too old", moment - 2 * HOUR)
    here = fake_twilio.receive(TO, FROM, "Y482193", moment - HOUR)
    fake_twilio.receive(TO, "+447700900002", "to another number", moment)
    (found,) = twilio.texts(moment - HOUR, moment)
    assert (found.reply.from_number, found.reply.text, found.reply.provider_id) == (TO, "Y482193", here.sid)
    assert (found.reply.received_at, found.sent_at) == (moment, moment - HOUR)


def test_twilio_is_asked_what_became_of_our_texts(fake_twilio: FakeTwilio, twilio: TwilioPost) -> None:
    sender = TwilioSms(account(fake_twilio.base_url), FROM)
    for key in ("n-1", "n-2", "n-3", "n-4"):
        sender.send(Outgoing(key, Channel.SMS, TO, "", key))
    sender.close()
    sent = {text.body: text for text in fake_twilio.texts()}
    sent["n-1"].status = "delivered"
    sent["n-2"].status, sent["n-2"].error_code = "undelivered", 21614
    sent["n-4"].status = "delivered"
    receipts = twilio.reports([note(key, sent[key].sid) for key in ("n-1", "n-2", "n-3")], now())
    assert {(one.key, one.news, one.reason, one.bad_address) for one in receipts} == {
        ("n-1", News.DELIVERED, "", False),
        ("n-2", News.FAILED, "undelivered, code 21614", True),
    }
    assert {one.provider_id for one in receipts} == {sent["n-1"].sid, sent["n-2"].sid}


def test_notify_is_asked_for_received_texts_page_by_page(fake_notify: FakeNotify, notify: NotifyPost) -> None:
    moment = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    fake_notify.receive(TO, "too old", moment - 2 * HOUR)
    for number in range(300):
        fake_notify.receive(TO, f"text {number}", moment - HOUR + timedelta(seconds=number))
    found = notify.texts(moment - HOUR, moment)
    assert {each.reply.text for each in found} == {f"text {number}" for number in range(300)}
    assert {each.reply.from_number for each in found} == {TO}
    assert found[-1].sent_at == moment - HOUR
    assert len(fake_notify.state.requests) == 2


def test_notify_is_asked_what_became_of_our_messages_by_reference(fake_notify: FakeNotify, notify: NotifyPost) -> None:
    sender = NotifySender(notify_account(fake_notify.base_url))
    for key in ("n-1", "n-2", "n-3"):
        sender.send(Outgoing(key, Channel.SMS, TO, "", key))
    sender.close()
    sent = {each.reference: each for each in fake_notify.taken()}
    sent["n-1"].status = "delivered"
    sent["n-2"].status = "permanent-failure"
    receipts = notify.reports([note(key, sent[key].id) for key in ("n-1", "n-2", "n-3")], now())
    assert {(one.key, one.news, one.reason, one.bad_address) for one in receipts} == {
        ("n-1", News.DELIVERED, "", False),
        ("n-2", News.FAILED, "permanent-failure", True),
    }


def test_a_provider_that_cannot_be_asked_says_so_in_a_word(fake_twilio: FakeTwilio, fake_notify: FakeNotify) -> None:
    fake_twilio.down()
    nowhere = f"http://127.0.0.1:{free_port()}"
    cases: list[tuple[Post, str]] = [
        (TwilioPost(account(fake_twilio.base_url), FROM), "answered 503"),
        (TwilioPost(account(nowhere), FROM), "ConnectionError"),
        (NotifyPost(notify_account(nowhere), Channel.SMS), "ConnectionError"),
        (
            NotifyPost(notify_account(fake_notify.base_url, API_KEY[:-1] + "x"), Channel.SMS),
            "the API key cannot be read",
        ),
        (NotifyPost(notify_account(fake_notify.base_url, API_KEY[:-1] + "9"), Channel.SMS), "answered 403"),
    ]
    for post, word in cases:
        with pytest.raises(Unpolled, match=word):
            post.texts(now() - HOUR, now())
        with pytest.raises(Unpolled, match=word):
            post.reports([note("n-1", "SM1")], now())
