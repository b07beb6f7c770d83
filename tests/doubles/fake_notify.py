"""A GOV.UK Notify that speaks the provider's HTTP, remembers everything, and can be told to be difficult.

It takes texts and mails, lists them and the texts that it received, and posts its callbacks with a bearer token. A
test says which messages it expects, and fails on any other.

Source: GOV.UK Notify, "REST API documentation"; callbacks: "Delivery receipts", "Received text messages".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

import requests

from tests.doubles import fake_notify_state
from tests.doubles.fake_notify_http import FakeServer
from tests.doubles.fake_notify_state import BEARER, TEMPLATES, FakeNotification, Fault, Received, State, stamp
from tests.doubles.waiting import eventually, never


class FakeNotify:
    """A provider on a free loopback port; a context manager.

    Attributes:
        hooks: Where callbacks go: `http://127.0.0.1:PORT/hooks/notify`.
    """

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
        """What stands in for https://api.notifications.service.gov.uk."""
        return f"http://127.0.0.1:{self._server.port}"

    # --- being difficult

    def fault(self, fault: Fault, times: int = 1) -> None:
        """Let the next requests to send go wrong."""
        with self.state.lock:
            self.state.faults.extend([fault] * times)

    def fault_for(self, address: str, fault: Fault | None) -> None:
        """Let every request to send to an address go wrong, until None."""
        with self.state.lock:
            if fault is None:
                self.state.faults_by_address.pop(address, None)
            else:
                self.state.faults_by_address[address] = fault

    # --- what came

    def taken(self) -> list[FakeNotification]:
        """Every text and mail taken, oldest first."""
        with self.state.lock:
            return list(self.state.notifications)

    def expect(self, to: str, containing: str = "", within: float = 10.0) -> FakeNotification:
        """Wait for a message that nobody has expected yet, and return it."""

        def look() -> FakeNotification | None:
            open_ones = (m for m in self.taken() if m.id not in self._claimed and m.to == to and containing in m.body)
            return next(open_ones, None)

        found = eventually(look, within=within, what=f"message to {to} with {containing!r}; came: {self.taken()}")
        assert found is not None
        self._claimed.add(found.id)
        return found

    def assert_nothing_else(self, during: float = 0.0) -> None:
        """Fail when anything came (or comes within so many seconds) that was not expected, or was malformed."""
        never(self._unexpected, during=during, what="a message")
        assert not self._unexpected()
        assert not self.state.problems, f"requests that the provider would refuse: {self.state.problems}"

    def _unexpected(self) -> list[FakeNotification]:
        return [one for one in self.taken() if one.id not in self._claimed]

    # --- callbacks, and what can be asked for

    def report(self, message: FakeNotification, status: str) -> requests.Response:
        """Report what became of a message; again for a duplicate."""
        message.status = status
        now = stamp(fake_notify_state.utc_now())
        return self.post(
            {
                "id": message.id,
                "reference": message.reference,
                "to": message.to,
                "status": status,
                "created_at": stamp(message.created_at),
                "completed_at": now,
                "sent_at": now,
                "notification_type": message.kind,
                "template_id": TEMPLATES[message.kind],
                "template_version": 1,
            }
        )

    def receive(self, number: str, text: str, at: datetime | None = None) -> Received:
        """Take a text that somebody sends to the service: it can be asked for from now on."""
        received = Received(number, text, at or fake_notify_state.utc_now())
        with self.state.lock:
            self.state.received.append(received)
        return received

    def hand_over(self, received: Received) -> requests.Response:
        """Hand over a received text; again for a duplicate."""
        return self.post(
            {
                "id": received.id,
                "source_number": received.number.removeprefix("+"),
                "destination_number": "447700900001",
                "message": received.text,
                "date_received": stamp(received.created_at),
            }
        )

    def post(self, body: Mapping[str, object], bearer: str = BEARER) -> requests.Response:
        """Post a callback as the provider does."""
        headers = {"Authorization": f"Bearer {bearer}"}
        return requests.post(self.hooks, json=body, headers=headers, timeout=10)
