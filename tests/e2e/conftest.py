"""One installation a test: its own virtual host, store, provider and mail server; the daemon runs as a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from alertd.daemon.clock import utc_now
from alertd.transport.endpoint import Endpoint
from tests.doubles import fake_twilio_http
from tests.doubles.broker import Broker
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.e2e.daemon_process import DaemonProcess
from tests.e2e.installation import Installation, Servers

PRETENDED = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)
"""Thursday afternoon, MASH is open: what is sent does not depend on when the tests run."""


class Run(Protocol):
    """Starts the daemon; whatever still runs when the test ends is killed."""

    def __call__(self, *, later: timedelta = timedelta(), crash_at: str = "") -> DaemonProcess: ...


@pytest.fixture
def endpoint(broker: Broker, vhost: str) -> Endpoint:
    """The test's own corner of the broker."""
    return Endpoint("127.0.0.1", broker.port, vhost)


@pytest.fixture
def make_installation(
    tmp_path: Path, fake_twilio: FakeTwilio, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str | None], Installation]]:
    """Make the test's installation for an AMQP URL and a store's URL."""
    made: list[Installation] = []

    def make(amqp: str, store: str | None) -> Installation:
        servers = Servers(amqp, fake_twilio.base_url, mail_server.port)
        found = Installation(tmp_path / "installation", servers, store, PRETENDED - utc_now())
        monkeypatch.setattr(fake_twilio_http, "utc_now", found.now)  # the provider lives in the same pretended time
        made.append(found)
        return found

    yield make
    for each in made:
        each.close()


@pytest.fixture
def installation(
    make_installation: Callable[[str, str | None], Installation], broker: Broker, vhost: str
) -> Installation:
    """On SQLite and the session's broker."""
    return make_installation(broker.url(vhost), None)


@pytest.fixture
def run(installation: Installation) -> Iterator[Run]:
    """Run the daemon of the test's installation."""
    with running(installation) as start:
        yield start


@contextmanager
def running(installation: Installation) -> Iterator[Run]:
    """Run the daemon of an installation."""
    started: list[DaemonProcess] = []

    def start(*, later: timedelta = timedelta(), crash_at: str = "") -> DaemonProcess:
        started.append(DaemonProcess(installation, later, crash_at))
        return started[-1]

    try:
        yield start
    finally:
        for each in started:
            each.end()
