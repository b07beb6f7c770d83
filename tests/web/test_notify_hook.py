"""What GOV.UK Notify posts: genuine callbacks reach the service; what is forged or malformed reaches nothing.

Bodies as Notify's documentation shows them under "Delivery receipts" and "Received text messages".
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import httpx
import pytest
from prometheus_client import CollectorRegistry

from alertd.model.errors import ConfigError, StoreUnavailable
from alertd.service.receipts import News, Receipt
from alertd.service.receipts import Result as Settled
from alertd.service.replies import Handled, Reply
from alertd.service.replies import Result as Taken
from alertd.web.app import Providers, make_app
from alertd.web.forms import MOST_BYTES
from alertd.web.notify_hooks import NOTIFY, Notify
from tests.web.provider import NOW, asked

TOKEN = "a bearer of this test"
REPORT: Mapping[str, object] = {
    "id": "740e5834-3a29-46b4-9a6f-16142fde533a",
    "reference": "n000001",
    "to": "+447700900101",
    "status": "delivered",
    "created_at": "2026-11-26T14:15:30.000000Z",
    "completed_at": "2026-11-26T14:15:40.000000Z",
    "sent_at": None,
    "notification_type": "sms",
    "template_id": "f33517ff-2a88-4f6e-b855-c550268ce08a",
    "template_version": 1,
}
RECEIVED: Mapping[str, object] = {
    "id": "f6895ff7-86e0-4d38-80ab-c9525856c3b0",
    "source_number": "447700900101",
    "destination_number": "07700900001",
    "message": "Y482193",
    "date_received": "2026-11-26T14:15:30.000000Z",
}
BODIES = {"report": REPORT, "text": RECEIVED}
KINDS = sorted(BODIES)


class NotifyCaller:
    """Posts to an application whose service remembers what it was given."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.receipts: list[Receipt] = []
        self.counted: Counter[tuple[str, str]] = Counter()
        self.fault: Exception | None = None
        self.tokens = [lambda: TOKEN]
        notify = Notify(self.tokens, self._reply, self._receipt, lambda: NOW)
        count = lambda *what: self.counted.update([what])  # noqa: E731
        self._app = make_app(CollectorRegistry(), dict, count, Providers(notify=notify))

    def _reply(self, reply: Reply) -> Handled:
        self.replies.append(reply)
        if self.fault is not None:
            raise self.fault
        return Handled(Taken.OBEYED)

    def _receipt(self, receipt: Receipt) -> Settled:
        self.receipts.append(receipt)
        if self.fault is not None:
            raise self.fault
        return Settled.DELIVERED

    @property
    def reached(self) -> int:
        return len(self.replies) + len(self.receipts)

    def post(self, body: object, authorization: str | None = f"Bearer {TOKEN}") -> httpx.Response:
        return self.raw(json.dumps(body).encode(), authorization)

    def raw(
        self, body: bytes, authorization: str | None = f"Bearer {TOKEN}", kind: str = "application/json"
    ) -> httpx.Response:
        headers = {} if authorization is None else {"Authorization": authorization}
        return asked(self._app, "POST", NOTIFY, body, {"Content-Type": kind, **headers})

    def ask(self, method: str) -> httpx.Response:
        return asked(self._app, method, NOTIFY, b"", {})


@pytest.fixture
def notify() -> NotifyCaller:
    return NotifyCaller()


# --- genuine


@pytest.mark.parametrize("number", ["447700900101", "+447700900101", "07700900101", "00447700900101"])
def test_a_received_text_reaches_the_service_with_its_number_in_full(number: str, notify: NotifyCaller) -> None:
    assert notify.post({**RECEIVED, "source_number": number}).status_code == 200
    assert notify.replies == [Reply("+447700900101", "Y482193", str(RECEIVED["id"]), NOW)]
    assert notify.counted == {("notify", "obeyed"): 1}


def test_a_sender_of_letters_stays_as_it_is(notify: NotifyCaller) -> None:
    notify.post({**RECEIVED, "source_number": "A Bank"})
    assert [reply.from_number for reply in notify.replies] == ["ABank"]


@pytest.mark.parametrize(
    ("word", "news", "bad"),
    [
        ("delivered", News.DELIVERED, False),
        ("permanent-failure", News.FAILED, True),
        ("temporary-failure", News.FAILED, False),
        ("technical-failure", News.FAILED, False),
        ("sending", News.UNDER_WAY, False),
    ],
)
def test_each_word_of_the_provider_is_understood(word: str, news: News, bad: bool, notify: NotifyCaller) -> None:
    assert notify.post({**REPORT, "status": word}).status_code == 200
    reason = word if news is News.FAILED else ""
    assert notify.receipts == [Receipt("n000001", str(REPORT["id"]), news, NOW, reason, bad)]


@pytest.mark.parametrize("changed", [{"status": "no such word"}, {"reference": None}, {"reference": "a/b"}])
def test_a_report_that_is_none_of_ours_is_taken_and_changes_nothing(
    changed: Mapping[str, object], notify: NotifyCaller
) -> None:
    assert notify.post({**REPORT, **changed}).status_code == 200
    assert (notify.reached, notify.counted) == (0, {("notify", "unknown"): 1})


def test_the_token_of_either_service_will_do(notify: NotifyCaller) -> None:
    notify.tokens.append(lambda: "of another service\n")
    assert notify.post(REPORT, "bearer of another service").status_code == 200


# --- forged


FORGED = {
    "none": None,
    "empty": "",
    "scheme alone": "Bearer",
    "empty token": "Bearer ",
    "guessed": "Bearer guessed",
    "cut short": f"Bearer {TOKEN[:-1]}",
    "one letter more": f"Bearer {TOKEN}x",
    "other case": f"Bearer {TOKEN.upper()}",
    "another scheme": f"Basic {TOKEN}",
    "no scheme": TOKEN,
    "twice": f"Bearer {TOKEN}, Bearer {TOKEN}",
    "not ascii": "Bearer \u00e9\u00e8",
    "very long": "Bearer " + "A" * 8000,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", sorted(FORGED))
def test_a_forged_callback_is_refused_and_reaches_nothing(how: str, kind: str, notify: NotifyCaller) -> None:
    answer = notify.post(BODIES[kind], FORGED[how])
    assert (answer.status_code, notify.reached) == (403, 0)
    assert notify.counted == {("notify", "forged"): 1}


@pytest.mark.parametrize("secret", ["", "  "])
def test_an_empty_secret_opens_nothing(secret: str, notify: NotifyCaller) -> None:
    notify.tokens[:] = [lambda: secret]
    assert notify.post(REPORT, "Bearer ").status_code == 403
    assert notify.post(REPORT, f"Bearer {secret}").status_code == 403


def test_a_body_is_not_read_before_its_sender_is_known(notify: NotifyCaller) -> None:
    assert notify.raw(b"{" * 10, "Bearer guessed").status_code == 403


# --- malformed


MALFORMED = {
    "empty": (b"", 400),
    "no json": (b"{", 400),
    "a form": (b"id=1&status=delivered", 400),
    "a list": (b"[]", 400),
    "a text": (b'"delivered"', 400),
    "null": (b"null", 400),
    "an empty object": (b"{}", 400),
    "bytes that are no text": (b'{"id": "\xff"}', 400),
    "nested deep": (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400),
    "too long": (b'{"id": "' + b"a" * MOST_BYTES + b'"}', 413),
    "one value too long": (json.dumps({**RECEIVED, "message": "a" * 4097}).encode(), 413),
    "a report without id": (json.dumps({**REPORT, "id": None}).encode(), 400),
    "a report with a path for an id": (json.dumps({**REPORT, "id": "../x"}).encode(), 400),
    "a report whose status is no text": (json.dumps({**REPORT, "status": 7}).encode(), 400),
    "a text without id": (json.dumps({**RECEIVED, "id": ""}).encode(), 400),
    "a text without a text": (json.dumps({**RECEIVED, "message": None}).encode(), 400),
    "a text without a number": (json.dumps({**RECEIVED, "source_number": 447700900101}).encode(), 400),
}


@pytest.mark.parametrize("how", sorted(MALFORMED))
def test_a_malformed_callback_is_refused_and_reaches_nothing(how: str, notify: NotifyCaller) -> None:
    body, status = MALFORMED[how]
    assert (notify.raw(body).status_code, notify.reached) == (status, 0)
    assert notify.counted == {("notify", "malformed"): 1}


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_refused(kind: str, notify: NotifyCaller) -> None:
    assert notify.raw(json.dumps(REPORT).encode(), kind=kind).status_code == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_the_hook_is_posted_to_and_nothing_else(method: str, notify: NotifyCaller) -> None:
    assert notify.ask(method).status_code == 405


# --- trouble behind


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_stored_is_asked_for_again(kind: str, notify: NotifyCaller) -> None:
    notify.fault = StoreUnavailable("the disk is full")
    answer = notify.post(BODIES[kind])
    assert (answer.status_code, "disk" in answer.text) == (503, False)
    assert notify.counted == {("notify", "failed"): 1}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_of_alertd_is_counted_and_its_text_shown_to_nobody(kind: str, notify: NotifyCaller) -> None:
    notify.fault = KeyError("Dana Example, +447700900101")
    answer = notify.post(BODIES[kind])
    assert (answer.status_code, "Dana" in answer.text) == (500, False)
    assert notify.counted == {("notify", "failed"): 1}


def test_with_a_secret_that_cannot_be_read_nothing_is_taken(notify: NotifyCaller) -> None:
    def unreadable() -> str:
        raise ConfigError("the file is gone")

    notify.tokens[:] = [unreadable]
    assert notify.post(REPORT).status_code == 503
    assert notify.reached == 0
