"""A Twilio that speaks the provider's HTTP, remembers everything, and can be told to be difficult.

It takes texts (create, list, fetch) and calls (create, list), sends signed status reports and replies, and lets called
phones behave. Each request and each answer is checked against the provider's own description. A test says which
messages it expects, and fails on any other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import requests

from tests.doubles.fake_phone import Phone, PlayedCall
from tests.doubles.fake_twilio_http import FakeServer
from tests.doubles.fake_twilio_state import ACCOUNT, TOKEN, VERSION, FakeMessage, Fault, State, new_sid
from tests.doubles.waiting import eventually, never


class FakeTwilio:
    """A provider on a free loopback port; a context manager.

    Attributes:
        hooks: Where reports and replies really go (`http://127.0.0.1:PORT`) when the URL they are signed for is a
            public one; "" sends them to that URL itself.
    """

    account_sid = ACCOUNT
    auth_token = TOKEN

    def __init__(self) -> None:
        self.state = State()
        self.hooks = ""
        self._server = FakeServer(self.state)
        self._claimed: set[str] = set()

    def __enter__(self) -> Self:
        """Start."""
        self._server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop; whoever still hangs is let go."""
        self.state.released.set()
        self._server.stop()

    @property
    def base_url(self) -> str:
        """What stands in for https://api.twilio.com."""
        return f"http://127.0.0.1:{self._server.port}"

    # --- being difficult ---

    def fault(self, fault: Fault, times: int = 1) -> None:
        """Let the next requests to send go wrong."""
        with self.state.lock:
            self.state.faults.extend([fault] * times)

    def fault_for(self, number: str, fault: Fault | None) -> None:
        """Let every request to send to a number go wrong, until None."""
        with self.state.lock:
            if fault is None:
                self.state.faults_by_number.pop(number, None)
            else:
                self.state.faults_by_number[number] = fault

    def down(self, down: bool = True) -> None:
        """Answer 503 to everything, until told otherwise."""
        with self.state.lock:
            self.state.down = down

    # --- what came ---

    def texts(self) -> list[FakeMessage]:
        """Every text taken, oldest first."""
        with self.state.lock:
            return list(self.state.messages)

    def calls(self) -> list[FakeMessage]:
        """Every call taken, oldest first."""
        with self.state.lock:
            return list(self.state.calls)

    def expect(self, to: str, containing: str = "", within: float = 10.0) -> FakeMessage:
        """Wait for a text that nobody has expected yet, and return it.

        Raises:
            AssertionError: None came.
        """
        return self._claim(self.state.messages, to, containing, within)

    def expect_call(self, to: str, containing: str = "", within: float = 10.0) -> FakeMessage:
        """The same for a call."""
        return self._claim(self.state.calls, to, containing, within)

    def assert_nothing_else(self, during: float = 0.0) -> None:
        """Fail when anything came (or comes within so many seconds) that was not expected, or was malformed."""
        never(self._unexpected, during=during, what="a message")
        assert not self._unexpected()
        problems = [problem for request in self.state.requests for problem in request.problems]
        assert not problems, f"requests that the provider would refuse: {problems}"

    def _claim(self, among: list[FakeMessage], to: str, containing: str, within: float) -> FakeMessage:
        def look() -> FakeMessage | None:
            with self.state.lock:
                open_ones = (m for m in among if m.sid not in self._claimed and m.to == to and containing in m.body)
                return next(open_ones, None)

        found = eventually(look, within=within, what=f"message to {to} containing {containing!r}; came: {among}")
        assert found is not None
        self._claimed.add(found.sid)
        return found

    def _unexpected(self) -> list[FakeMessage]:
        return [one for one in self.texts() + self.calls() if one.sid not in self._claimed]

    # --- reports and replies ---

    def report(self, message: FakeMessage, status: str, error_code: int | None = None) -> requests.Response:
        """Report what became of a text, signed, to the callback that it asked for; again for a duplicate."""
        message.status, message.error_code = status, error_code
        form = {
            "AccountSid": ACCOUNT,
            "ApiVersion": VERSION,
            "From": message.form.get("From", ""),
            "To": message.to,
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
        }
        return self.post(message.form["StatusCallback"], form | ({"ErrorCode": str(error_code)} if error_code else {}))

    def reply(self, url: str, from_: str, to: str, body: str, sid: str = "") -> requests.Response:
        """Hand over a text that somebody sent to our number, signed; `url` is the public one."""
        sid = sid or new_sid("SM")
        form = {
            "AccountSid": ACCOUNT,
            "ApiVersion": VERSION,
            "From": from_,
            "To": to,
            "Body": body,
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "NumSegments": "1",
        }
        return self.post(url, form)

    def receive(self, from_: str, to: str, body: str, at: datetime | None = None) -> FakeMessage:
        """Take a text that somebody sends to our number: it can be asked for from now on."""
        form = {"From": from_, "To": to, "Body": body}
        created = at or self._server.now()
        made = FakeMessage(new_sid("SM"), form, created, status="received", direction="inbound")
        with self.state.lock:
            self.state.received.append(made)
        return made

    # --- calls ---

    def play(self, call: FakeMessage, phone: Phone) -> PlayedCall:
        """Let the phone that a call goes to behave; every step is reported, signed, and every answer followed."""
        return PlayedCall(call, phone, self.post).play()

    def post(self, url: str, form: Mapping[str, str], signature: str | None = None) -> requests.Response:
        """Post a form as the provider does, with its signature or a given one."""
        headers = {"X-Twilio-Signature": signature or sign(url, form)}
        return requests.post(self._really(url), data=dict(form), headers=headers, timeout=10)

    def _really(self, url: str) -> str:
        if not self.hooks:
            return url
        there, asked = urlsplit(self.hooks), urlsplit(url)
        return urlunsplit((there.scheme, there.netloc, asked.path, asked.query, ""))


def sign(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """Sign a webhook: base64 of HMAC-SHA1 over the public URL and the sorted fields.

    Source: Twilio, "Validating Signatures from Twilio".
    """
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
