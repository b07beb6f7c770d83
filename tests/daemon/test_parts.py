"""Opening an installation: wired by its settings, or every problem at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertd.daemon.parts import Parts, open_parts, read_settings
from alertd.model.case import MessageOutcome
from alertd.model.errors import ConfigError, SchemaMismatch
from alertd.model.values import Channel
from alertd.rulebook.settings import Settings
from alertd.service.intake import Arrival
from alertd.service.messages import Properties
from tests.daemon.conftest import NOW
from tests.e2e.incidents import incident


def test_a_message_goes_all_the_way_through_opened_parts(parts: Parts, folder: Path) -> None:
    totals = parts.intake.take([Arrival(incident("custody"), Properties(), NOW)], NOW)
    parts.planner.plan(NOW)
    parts.deliver.send_due(NOW, parts.now)

    assert totals[MessageOutcome.ACTED] == 1
    kept = (folder / "var" / "outbox" / "messages.jsonl").read_text()
    assert "WF-UR-26-" in kept
    assert "+447700900101" in kept


def test_channels_without_a_provider_are_not_usable(parts: Parts) -> None:
    assert parts.desk(NOW).usable == {Channel.SMS, Channel.EMAIL}


def test_a_store_that_was_never_made_is_told_with_its_remedy(settings: Settings) -> None:
    with pytest.raises(SchemaMismatch, match="alertd migrate"):
        open_parts(settings)


def test_every_problem_is_told_at_once_and_no_secret(folder: Path) -> None:
    config = folder / "config" / "alertd.yaml"
    text = config.read_text().replace("{file: ../key}", "{file: ../nowhere}")
    sms = "sms: {provider: notify, api_key: {env: NO_SUCH_VARIABLE}, template_id: f33517ff-2a88-4f6e-b855-c550268ce08a}"
    config.write_text(text.replace("sms: {provider: capture, dir: ../var/outbox}", sms))
    custody = folder / "rules" / "custody.yaml"
    custody.write_text(custody.read_text().replace("severity: urgent", "severity: urgnt"))

    with pytest.raises(ConfigError) as told:
        open_parts(read_settings(config))

    for part in ("nowhere", "NO_SUCH_VARIABLE", "custody.yaml", "urgnt"):
        assert part in str(told.value)


def test_without_a_key_nothing_is_opened_and_the_remedy_makes_one(folder: Path) -> None:
    config = folder / "config" / "alertd.yaml"
    config.write_text(config.read_text().replace("privacy: {encryption_key: {file: ../key}}\n", ""))

    with pytest.raises(ConfigError, match="head -c 32 /dev/urandom"):
        open_parts(read_settings(config), migrate=True)


def test_parts_never_show_the_key(parts: Parts, folder: Path) -> None:
    assert (folder / "key").read_text().strip() not in repr(parts)
