"""Twilio's side of the webhooks: signs and posts, and counts what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx
from prometheus_client import CollectorRegistry, Gauge
from starlette.types import ASGIApp

from alertd.service.calls import Heard, Press
from alertd.service.calls import Result as Pressed
from alertd.service.receipts import Receipt
from alertd.service.receipts import Result as Settled
from alertd.service.replies import Handled, Reply
from alertd.service.replies import Result as Taken
from alertd.web.app import Providers, make_app
from alertd.web.hooks import INBOUND, STATUS, Twilio
from alertd.web.voice import VOICE, Voice
from tests.doubles.fake_twilio import sign

URL = "https://urgent.example.gov.uk"
TOKEN = "a secret of this test"
NOW = datetime(2026, 11, 26, 14, 20, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
REPLY: Mapping[str, str] = {
    "From": "+447700900101",
    "To": "+447700900001",
    "Body": "Y482193",
    "MessageSid": "SM0123456789abcdef",
    "NumMedia": "0",
    "ToCity": "",
}
REPORT: Mapping[str, str] = {
    "To": "+447700900101",
    "MessageSid": "SM0123456789abcdef",
    "MessageStatus": "delivered",
    "RawDlrDoneDate": "",
}
STATE: Mapping[str, str] = {
    "To": "+447700900101",
    "CallSid": "CA0123456789abcdef",
    "CallStatus": "no-answer",
    "CallerName": "",
}
PATHS: Mapping[str, str] = {
    "inbound": INBOUND,
    "status": f"{STATUS}?ref=n000001",
    "voice": f"{VOICE}?on=status&ref=n000001",
}
FORMS: Mapping[str, Mapping[str, str]] = {"inbound": REPLY, "status": REPORT, "voice": STATE}


class Provider:
    """Posts to an application whose service remembers what it was given.

    Attributes:
        replies, receipts, presses: What reached the service.
        ended: Keys of the calls that were said to have ended.
        heard: What the service answers to a key.
        counted: Webhooks by hook and result.
        say: What the service answers to a stranger.
        fault: Raised by the service instead of an answer.
        troubles: What `/readyz` tells.
    """

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.receipts: list[Receipt] = []
        self.presses: list[Press] = []
        self.ended: list[str] = []
        self.heard = Heard(Pressed.ACCEPTED, "Thank you.")
        self.counted: Counter[tuple[str, str]] = Counter()
        self.say = ""
        self.fault: Exception | None = None
        self.troubles: dict[str, str] = {}
        self.tokens = [lambda: TOKEN]
        registry = CollectorRegistry()
        Gauge("alertd_test", "A figure", registry=registry).set(7)
        hooks = Twilio(f"{URL}/", self.tokens, self._reply, self._receipt, lambda: NOW)
        voice = Voice(f"{URL}/", self.tokens, self._press, self._receipt, self.ended.append, lambda: NOW)
        app = make_app(
            registry, lambda: self.troubles, lambda *what: self.counted.update([what]), Providers(hooks, voice)
        )
        self._app = app

    def _reply(self, reply: Reply) -> Handled:
        self.replies.append(reply)
        if self.fault is not None:
            raise self.fault
        return Handled(Taken.STRANGER if self.say else Taken.OBEYED, self.say)

    def _receipt(self, receipt: Receipt) -> Settled:
        self.receipts.append(receipt)
        if self.fault is not None:
            raise self.fault
        return Settled.DELIVERED

    def _press(self, press: Press) -> Heard:
        self.presses.append(press)
        if self.fault is not None:
            raise self.fault
        return self.heard

    @property
    def reached(self) -> int:
        """How many requests got through to the service."""
        return len(self.replies) + len(self.receipts) + len(self.presses)

    def ask(self, path: str, method: str = "GET") -> httpx.Response:
        """Ask for a page."""
        return asked(self._app, method, path, b"", {})

    def post(self, path: str, form: Mapping[str, str], signature: str | None = None, **headers: str) -> httpx.Response:
        """Post a form, rightly signed when no signature is given."""
        right = sign(URL + path, form, TOKEN) if signature is None else signature
        return self.raw(path, urlencode(form).encode(), right, **headers)

    def raw(
        self, path: str, body: bytes, signature: str | None, content_type: str = FORM, **headers: str
    ) -> httpx.Response:
        """Post any bytes, without the header when there is no signature."""
        signed = {} if signature is None else {"X-Twilio-Signature": signature}
        return asked(self._app, "POST", path, body, {"Content-Type": content_type, **signed, **headers})


def asked(app: ASGIApp, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    """Make one request of an application, as a server would hand it on."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, content=body, headers=sent)

    return asyncio.run(ask())
