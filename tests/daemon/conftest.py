"""A small installation on embedded parts: a spool, SQLite, captured messages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from alertd.daemon.figures import Figures
from alertd.daemon.parts import Options, Parts, open_parts, read_settings
from alertd.daemon.troubles import Troubles
from alertd.rulebook.settings import Settings
from alertd.shipped import shipped
from alertd.store import new_master

NOW = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)


def now() -> datetime:
    """A moment that does not pass."""
    return NOW


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Shipped rules, people and texts, with settings of the test's own."""
    for name in ("config", "rules", "templates"):
        shutil.copytree(shipped(name), tmp_path / name)
    (tmp_path / "key").write_text(new_master())
    (tmp_path / "config" / "alertd.yaml").write_text(
        dedent("""\
        service:
          borough: WF
          name: Urgent Response
          public_url: "https://urgent.example.gov.uk"
          call_back: 020 7946 0123
        intake: {spool: {dir: ../var/spool}}
        store: {url: "sqlite:///../var/alertd.db"}
        rules: ../rules
        templates: ../templates
        people: people.yaml
        sms: {provider: capture, dir: ../var/outbox}
        email: {provider: capture, dir: ../var/outbox}
        privacy: {encryption_key: {file: ../key}}
        """)
    )
    return tmp_path


@pytest.fixture
def settings(folder: Path) -> Settings:
    return read_settings(folder / "config" / "alertd.yaml")


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    """Opened, on a new store."""
    with open_parts(settings, migrate=True, options=Options(now=now)) as opened:
        yield opened


@pytest.fixture
def troubles() -> Troubles:
    return Troubles(now)


@pytest.fixture
def figures() -> Figures:
    return Figures()
