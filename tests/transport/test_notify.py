"""alertd.transport.notify against a Notify that speaks the provider's HTTP: what each answer proves.

The words of the errors are those of Notify's documentation.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.model.delivery import CannotSay, Found, InDoubt, NotFound, Outgoing, Refused, RetryLater, Sent
from alertd.model.errors import ConfigError
from alertd.model.values import Channel
from alertd.transport.notify import NotifySender
from alertd.transport.notify_http import NotifyAccount
from tests.doubles.fake_notify import FakeNotify
from tests.doubles.fake_notify_state import (
    API_KEY,
    BAD_GATEWAY_AFTER_TAKING,
    BROKEN,
    BUSY,
    DAILY_LIMIT,
    DROP_AFTER_TAKING,
    HANG_AFTER_TAKING,
    SECRET,
    SERVICE,
    TEAM_ONLY,
    TEMPLATES,
    TRIAL_MODE,
    UNAVAILABLE,
    Fault,
)
from tests.doubles.private import free_port
from tests.transport.conftest import now

TO, MAIL = "+447700900123", "mash.duty@example.gov.uk"
TEXT = "WF-UR-26-7QK4 custody. Reply Y482193 to accept."


def text(to: str = TO, **changes: float) -> Outgoing:
    return Outgoing("n-1", Channel.SMS, to, "", TEXT, "482193", **changes)


def account(base_url: str, template: str = TEMPLATES["sms"], seconds: float = 5.0, key: str = API_KEY) -> NotifyAccount:
    return NotifyAccount(lambda: key, template, base_url, timedelta(seconds=seconds))


@pytest.fixture
def sender(fake_notify: FakeNotify) -> Iterator[NotifySender]:
    made = NotifySender(account(fake_notify.base_url))
    yield made
    made.close()


@pytest.fixture
def hasty(fake_notify: FakeNotify) -> Iterator[NotifySender]:
    made = NotifySender(account(fake_notify.base_url, seconds=0.3))
    yield made
    made.close()


def test_a_text_is_sent_once_under_its_reference_by_a_template_of_one_field(
    fake_notify: FakeNotify, sender: NotifySender
) -> None:
    outcome = sender.send(text())
    taken = fake_notify.expect(TO, "482193")
    assert outcome == Sent(taken.id)
    assert (taken.reference, taken.personalisation) == ("n-1", {"body": TEXT})
    fake_notify.assert_nothing_else()


def test_a_mail_has_a_subject_beside_its_body(fake_notify: FakeNotify) -> None:
    sender = NotifySender(account(fake_notify.base_url, TEMPLATES["email"]))
    outcome = sender.send(Outgoing("n-2", Channel.EMAIL, MAIL, "Urgent", "Look at\n\nWF-UR-26-7QK4"))
    taken = fake_notify.expect(MAIL)
    assert outcome == Sent(taken.id)
    assert taken.personalisation == {"subject": "Urgent", "body": "Look at\n\nWF-UR-26-7QK4"}
    fake_notify.assert_nothing_else()
    sender.close()


def _refused(word: str, status: int = 400) -> object:
    """A refusal that says what the administrators can do."""
    return Refused(f"answered {status}, {word}", account="…")


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (BUSY, RetryLater("answered 429")),
        (replace(BUSY, headers=(("Retry-After", "7"),)), RetryLater("answered 429", 7.0)),
        (DAILY_LIMIT, _refused("daily limit", 429)),
        (UNAVAILABLE, RetryLater("answered 503")),
        (BROKEN, RetryLater("answered 500")),
        (Fault(500, raw=b"<html>"), InDoubt("answered 500")),
        (BAD_GATEWAY_AFTER_TAKING, InDoubt("answered 502")),
        (DROP_AFTER_TAKING, InDoubt("ConnectionError")),
        (Fault(201, raw=b"<html>a proxy's idea", taken=True), InDoubt("the answer cannot be read")),
        (Fault(201, raw=b"[]", taken=True), InDoubt("the answer cannot be read")),
        (Fault(201, raw=b"{}", taken=True), InDoubt("the answer names no message")),
        (Fault(302, raw=b"", headers=(("Location", "http://127.0.0.1:1/"),)), Refused("answered 302")),
        (Fault(404, raw=b"{}"), Refused("answered 404")),
        (TEAM_ONLY, _refused("team-only key")),
        (TRIAL_MODE, _refused("trial mode")),
        (Fault(400, "BadRequestError", "Template not found"), _refused("template")),
        (Fault(400, "BadRequestError", "Missing personalisation: name"), _refused("template")),
        (Fault(400, "BadRequestError", "Service is not allowed to send text messages"), _refused("not allowed")),
        (
            Fault(400, "BadRequestError", "Cannot send to international mobile numbers"),
            _refused("international number"),
        ),
        (
            Fault(403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds"),
            _refused("clock", 403),
        ),
        (
            Fault(400, "ValidationError", "phone_number Not enough digits"),
            Refused("answered 400, address", bad_address=True),
        ),
        (
            Fault(400, "InvalidPhoneError", "Not a UK mobile number"),
            Refused("answered 400, address", bad_address=True),
        ),
        (Fault(400, "ValidationError", "template_id is not a valid UUID"), _refused("template")),
        (Fault(400, "BadRequestError", "Your message is empty."), Refused("answered 400")),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_answer_means_what_it_proves(
    fake_notify: FakeNotify, sender: NotifySender, fault: Fault, outcome: object
) -> None:
    fake_notify.fault(fault)
    found = sender.send(text())
    if isinstance(found, Refused) and found.account:
        assert "Remedy: " in found.account
        found = replace(found, account="…")
    assert found == outcome
    assert len(fake_notify.state.requests) == 1, "nothing is repeated behind our back"
    assert isinstance(sender.send(text()), Sent), "the next one goes"


def test_a_number_that_is_none_is_the_number_s_fault(fake_notify: FakeNotify, sender: NotifySender) -> None:
    assert sender.send(text("+441")) == Refused("answered 400, address", bad_address=True)
    assert fake_notify.taken() == []


@pytest.mark.parametrize("key", [f"x-{SERVICE}-{SECRET[::-1]}", f"x-{SECRET}-{SECRET}", "no key", ""])
def test_a_wrong_key_is_explained(fake_notify: FakeNotify, key: str) -> None:
    sender = NotifySender(account(fake_notify.base_url, key=key))
    outcome = sender.send(text())
    assert isinstance(outcome, Refused)
    assert "make a live key at Notify" in outcome.account
    assert key not in outcome.account or not key
    sender.close()


def test_a_key_that_cannot_be_read_is_tried_again(fake_notify: FakeNotify) -> None:
    def unreadable() -> str:
        raise ConfigError("the file is gone")

    sender = NotifySender(NotifyAccount(unreadable, TEMPLATES["sms"], fake_notify.base_url))
    assert sender.send(text()) == RetryLater("the API key cannot be read")
    assert sender.look_up(text(), now()) == CannotSay("the API key cannot be read")
    assert fake_notify.state.requests == []
    sender.close()


def test_silence_after_the_request_left_is_doubt_ends_in_time_and_is_cleared_up_by_the_reference(
    fake_notify: FakeNotify, hasty: NotifySender, sender: NotifySender
) -> None:
    assert sender.look_up(text(), now()) == NotFound()
    fake_notify.fault(HANG_AFTER_TAKING)
    begun = time.monotonic()
    assert isinstance(hasty.send(text()), InDoubt)
    assert time.monotonic() - begun < 1.5
    taken = fake_notify.expect(TO)
    assert sender.look_up(text(), now()) == Found(taken.id)
    assert sender.look_up(replace(text(), key="n-2"), now()) == NotFound()
    assert sender.look_up(replace(text(), channel=Channel.EMAIL), now()) == NotFound()


def test_past_its_deadline_nothing_leaves(fake_notify: FakeNotify, sender: NotifySender) -> None:
    late = text(deadline=time.monotonic())
    assert isinstance(sender.send(late), RetryLater)
    assert isinstance(sender.look_up(late, now()), CannotSay)
    assert fake_notify.state.requests == []


def test_where_nobody_listens_nothing_left() -> None:
    sender = NotifySender(account(f"http://127.0.0.1:{free_port()}"))
    assert sender.send(text()) == RetryLater("ConnectionError")
    assert sender.look_up(text(), now()) == CannotSay("ConnectionError")
    sender.close()


def test_a_peer_that_drips_does_not_outlast_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = NotifySender(account(f"http://127.0.0.1:{server.getsockname()[1]}", seconds=0.3))
        begun = time.monotonic()
        assert isinstance(sender.send(text()), InDoubt)
        assert time.monotonic() - begun < 1.5
        sender.close()


def test_nothing_of_a_message_or_key_is_logged(
    fake_notify: FakeNotify, sender: NotifySender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake_notify.fault(Fault(400, "ValidationError", f"phone_number {TO} is not possible"))
    sender.send(text())
    sender.send(text())
    fake_notify.fault(BROKEN)
    sender.send(text())
    for secret in (TO, TO[1:], "482193", SECRET, TEXT):
        assert secret not in caplog.text
    assert not [each for each in caplog.records if each.name.startswith("notifications_python_client")]
