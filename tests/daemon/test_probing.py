"""What `alertd doctor` says of the outside that is configured; how each is asked is in `transport/test_probes.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.daemon.findings import Finding, Health
from alertd.daemon.parts import Parts, read_settings
from alertd.daemon.probing import probe_directory, probe_email, probe_sms, trial_mode
from alertd.model.case import NotificationState
from alertd.rulebook.settings import Settings
from alertd.service.ports import Rank
from alertd.transport.notify_answers import outcome_of
from alertd.transport.notify_http import Answered
from tests.daemon.conftest import NOW
from tests.doubles.private import free_port
from tests.store.rows import key, notification

KEY = "alertd-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
TEMPLATE = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def settings(folder: Path) -> Settings:
    """Texts and mails by Notify, and sign-in by a directory; none of them is there."""
    file = folder / "config" / "alertd.yaml"
    away = f"http://127.0.0.1:{free_port()}"
    (folder / "secret").write_text(KEY)
    by = f"{{provider: notify, api_key: {{file: ../secret}}, template_id: {TEMPLATE}, base_url: {away}}}"
    text = file.read_text().replace("{provider: capture, dir: ../var/outbox}", by)
    oidc = f"{{issuer: {away}, client_id: alertd, client_secret: {{file: ../secret}}}}"
    file.write_text(f"{text}web: {{sign_in: {{oidc: {oidc}}}}}\n")
    return read_settings(file)


def test_everything_outside_that_is_away_is_named_with_its_remedy(settings: Settings) -> None:
    found = [*probe_sms(settings), probe_email(settings), *probe_directory(settings)]
    assert [each.what for each in found] == ["texts", "mails", "sign-in"]
    assert {each.health for each in found} == {Health.BAD}
    assert all("reach" in each.found or "answer" in each.found for each in found)
    assert all("firewall" in each.remedy for each in found)


def test_a_secret_that_cannot_be_read_is_named_and_nothing_is_asked(settings: Settings, folder: Path) -> None:
    (folder / "secret").unlink()
    found = [*probe_sms(settings), *probe_directory(settings)]
    assert {each.health for each in found} == {Health.BAD}
    assert "secret" in found[0].remedy
    assert KEY not in repr(found)


@pytest.fixture
def looked(parts: Parts) -> Callable[[], list[Finding]]:
    """What is said of trial mode."""

    def look() -> list[Finding]:
        with parts.store.read() as reading:
            return list(trial_mode(parts.settings, reading, NOW))

    return look


def add(parts: Parts, name: str, **more: object) -> None:
    """Put a message to somebody on record."""
    with parts.store.write(Rank.TICK) as writing:
        writing.add_notifications([notification(name, key("system"), case=None, provider="notify", **more)])


def test_while_no_text_has_arrived_trial_mode_is_explained(looked: Callable[[], list[Finding]], parts: Parts) -> None:
    (found,) = looked()
    assert (found.what, found.health) == ("GOV.UK Notify", Health.WORTH_A_LOOK)
    assert "trial mode" in found.found
    assert "alertd drill" in found.remedy
    add(parts, "n1", state=NotificationState.DELIVERED)
    assert looked() == []


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("Can't send to this recipient when service is in trial mode", "go live"),
        ("Can't send to this recipient using a team-only API key", "live key"),
    ],
)
def test_refusals_of_a_service_for_its_team_alone_are_bad_for_a_week(
    message: str, remedy: str, looked: Callable[[], list[Finding]], parts: Parts
) -> None:
    refused = outcome_of(Answered(400, "BadRequestError", message, None))
    reason = getattr(refused, "reason", "")
    add(parts, "n1", state=NotificationState.REFUSED, reason=reason, created_at=NOW - timedelta(days=6))
    add(parts, "n2", state=NotificationState.REFUSED, reason="answered 400, address")
    (found,) = looked()
    assert found.health is Health.BAD
    assert found.found.startswith("1 message of this week failed: GOV.UK Notify refuses people outside the team")
    assert remedy in found.remedy


def test_refusals_of_long_ago_are_history(looked: Callable[[], list[Finding]], parts: Parts) -> None:
    reason, long_ago = "answered 400, trial mode", NOW - timedelta(days=8)
    add(parts, "n1", state=NotificationState.REFUSED, reason=reason, created_at=long_ago)
    assert [each.health for each in looked()] == [Health.WORTH_A_LOOK]


def test_without_notify_nothing_is_said_of_it(folder: Path, parts: Parts) -> None:
    file = folder / "config" / "other.yaml"
    capture = "{provider: capture, dir: ../var/outbox}"
    lines = (folder / "config" / "alertd.yaml").read_text().splitlines()
    kept = [f"{line.partition(':')[0]}: {capture}" if "provider: notify" in line else line for line in lines]
    file.write_text("\n".join(kept))
    with parts.store.read() as reading:
        assert list(trial_mode(read_settings(file), reading, NOW)) == []
