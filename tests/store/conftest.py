"""Stores of either kind, each on a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alertd.store import Keyring, SqlStore, migrate, open_store

MASTER = bytes(range(32))


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(MASTER)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'alertd.db'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def open_another(url: str, keyring: Keyring) -> Iterator[Callable[[], SqlStore]]:
    """Opens stores on one migrated database, as several processes or machines would."""
    migrate(url)
    opened: list[SqlStore] = []

    def opener() -> SqlStore:
        opened.append(open_store(url, None, None, keyring))
        return opened[-1]

    yield opener
    for store in opened:
        store.close()


@pytest.fixture
def store(open_another: Callable[[], SqlStore]) -> SqlStore:
    return open_another()
