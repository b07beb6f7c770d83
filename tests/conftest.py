"""Servers that tests own: one private RabbitMQ and one private PostgreSQL a session, a fresh corner a test.

A missing server fails the tests that need it, with the remedy in the text; nothing is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage

from tests.doubles.broker import Broker
from tests.doubles.fake_notify import FakeNotify
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.postgres import Postgres

_MEASURED = frozenset(
    {"core", "daemon", "engine", "explain", "messages", "model", "rulebook", "service", "service_replies"}
)
"""Folders whose tests must reach every branch of core and model; to trace the others takes twice their time."""
_LONG = ("engine", "e2e", "nights", "transport", "pages", "systemd", "guide")
"""Folders with files that take a minute or more: begun first, no worker is left alone with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first (`--no-loadscope-reorder` keeps this order among workers)."""
    items.sort(key=lambda item: _LONG.index(_folder(item)) if _folder(item) in _LONG else len(_LONG))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Trace branches only where that is asked for, and never where a test counts in thousands (`unmeasured`)."""
    tracing = Coverage.current()
    if tracing is None or (_folder(item) in _MEASURED and item.get_closest_marker("unmeasured") is None):
        return (yield)
    tracing.stop()
    try:
        return (yield)
    finally:
        tracing.start()


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A running private RabbitMQ node, shared by the session: leave it running."""
    node = Broker()
    try:
        node.start()
        yield node
    finally:
        node.close()


@pytest.fixture
def vhost(broker: Broker) -> Iterator[str]:
    """A virtual host of this test alone, on the session's broker."""
    name = broker.new_vhost()
    yield name
    broker.drop_vhost(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running private PostgreSQL server, shared by the session: leave it running."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """SQLAlchemy URL of an empty database of this test alone."""
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A running mail server that takes everything; give it faults to make it difficult."""
    with MailServer() as server:
        yield server


@pytest.fixture
def fake_twilio() -> Iterator[FakeTwilio]:
    """A running Twilio that takes everything; give it faults to make it difficult."""
    with FakeTwilio() as twilio:
        yield twilio


@pytest.fixture
def fake_notify() -> Iterator[FakeNotify]:
    """A running GOV.UK Notify that takes everything; give it faults to make it difficult."""
    with FakeNotify() as notify:
        yield notify
