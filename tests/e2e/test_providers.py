"""The real daemon with other providers: GOV.UK Notify alone, Notify behind a Twilio that is down, a polled Twilio."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import pytest
import requests
import yaml

from alertd.transport.endpoint import Endpoint
from tests.doubles import fake_notify_state
from tests.doubles.fake_notify import FakeNotify
from tests.doubles.fake_notify_state import API_KEY, BEARER, SECRET, TEMPLATES
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation, publish
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE
from tests.e2e.test_webhooks import OURS, code_in

ADMIN_MAIL = "alertd.rules@example.gov.uk"


@pytest.fixture
def notify(installation: Installation, fake_notify: FakeNotify, monkeypatch: pytest.MonkeyPatch) -> FakeNotify:
    """A Notify in the installation's pretended time, whose callbacks reach the daemon."""
    monkeypatch.setattr(fake_notify_state, "utc_now", installation.now)
    fake_notify.hooks = f"http://{installation.settings.web.listen}/hooks/notify"
    (installation.root / "notify_key").write_text(f"{API_KEY}\n")
    (installation.root / "notify_bearer").write_text(f"{BEARER}\n")
    return fake_notify


def by_notify(notify: FakeNotify, kind: str) -> dict[str, object]:
    """Settings of a sender."""
    return {
        "provider": "notify",
        "api_key": {"file": "../notify_key"},
        "template_id": TEMPLATES[kind],
        "callback_token": {"file": "../notify_bearer"},
        "base_url": notify.base_url,
        "rate": "50/s",
    }


def change(installation: Installation, **parts: object) -> Mapping[str, object]:
    """Write other settings into `alertd.yaml`; returns the ones from before."""
    before: dict[str, object] = yaml.safe_load(installation.config.read_text())
    installation.config.write_text(yaml.safe_dump({**before, "call": "off", **parts}))
    return before


def figures(installation: Installation) -> str:
    """What the daemon shows at /metrics."""
    return requests.get(f"http://{installation.settings.web.listen}/metrics", timeout=10).text


def states(installation: Installation) -> list[str]:
    return sorted(f"{note.channel}: {note.state}" for note in installation.notifications())


def test_notify_alone_carries_texts_mails_receipts_and_replies(
    run: Run, installation: Installation, endpoint: Endpoint, notify: FakeNotify
) -> None:
    change(installation, sms=by_notify(notify, "sms"), email=by_notify(notify, "email"))
    daemon = run().consuming()
    assert publish(endpoint, incident("custody")) == ()
    text = notify.expect(MASH_PHONE)
    mail = notify.expect(MASH_MAIL)
    eventually(installation.is_quiet)
    code = code_in(text.body)

    assert notify.post({"id": "1", "reference": text.reference, "status": "delivered"}, "guessed").status_code == 403
    for _ in range(2):
        assert notify.report(text, "delivered").status_code == 200
        assert notify.report(mail, "delivered").status_code == 200
    assert states(installation) == ["email: delivered", "sms: delivered"]

    stranger = notify.hand_over(notify.receive("+447700900999", f"Y{code}"))
    reply = notify.receive(MASH_PHONE, f"Y{code}")
    answers = [notify.hand_over(reply) for _ in range(3)]
    assert {stranger.status_code, *(each.status_code for each in answers)} == {200}
    notify.expect("+447700900999", "020 7946 0123")
    assert notify.expect(MASH_PHONE, f"Not you? Reply N{code}.").body.startswith("Accepted WF-UR-26-")
    eventually(installation.is_quiet)
    shown = figures(installation)
    for line in (
        'alertd_ack_seconds_count{role="mash"} 1.0',
        'alertd_webhooks_total{hook="notify",result="forged"} 1.0',
        'alertd_webhooks_total{hook="notify",result="replayed"} 2.0',
        'alertd_webhooks_total{hook="notify",result="nothing_new"} 2.0',
    ):
        assert line in shown
    notify.assert_nothing_else()
    daemon.stop()
    for personal in (MASH_PHONE[1:], "7700900999", MASH_MAIL, code, SECRET, BEARER, "eyJ"):
        assert personal not in daemon.log


def test_a_service_in_trial_mode_is_explained_and_the_mail_still_goes(
    run: Run, installation: Installation, endpoint: Endpoint, notify: FakeNotify, mail_server: MailServer
) -> None:
    change(installation, sms=by_notify(notify, "sms"))
    for number in range(100, 104):
        notify.fault_for(f"+447700900{number}", fake_notify_state.TRIAL_MODE)
    run().consuming()
    assert publish(endpoint, incident("custody")) == ()
    mail_server.expect(MASH_MAIL)
    mail_server.expect(ADMIN_MAIL, "the service is in trial mode. Remedy:")
    mail_server.expect("mash.second@example.gov.uk")
    eventually(installation.is_quiet)
    mail_server.assert_nothing_else()
    notify.assert_nothing_else()


def test_with_twilio_down_notify_takes_over_at_once_and_twilio_is_used_again_when_it_is_back(
    run: Run,
    installation: Installation,
    endpoint: Endpoint,
    fake_twilio: FakeTwilio,
    notify: FakeNotify,
    mail_server: MailServer,
) -> None:
    before = change(installation)
    change(installation, sms=[before["sms"], by_notify(notify, "sms")])
    fake_twilio.down()
    daemon = run().consuming()
    numbers = count(1)

    def one_more() -> None:
        assert publish(endpoint, incident("custody", next(numbers))) == ()
        mail_server.expect(MASH_MAIL)

    for _ in range(3):
        one_more()
        notify.expect(MASH_PHONE, within=5)
    eventually(lambda: "sms twilio passed over: answered 503" in daemon.status)
    mail_server.expect(ADMIN_MAIL, "Texts by twilio fail")
    assert 'alertd_provider_up{provider="sms twilio"} 0.0' in figures(installation)
    assert requests.get(f"http://{installation.settings.web.listen}/readyz", timeout=10).text == "ready\n"

    fake_twilio.down(False)

    def is_back() -> bool:
        one_more()
        eventually(installation.is_quiet)
        return bool(fake_twilio.texts())

    eventually(is_back, within=40, every=4)
    fake_twilio.expect(MASH_PHONE)
    one_more()
    fake_twilio.expect(MASH_PHONE)
    assert 'alertd_provider_up{provider="sms twilio"} 1.0' in figures(installation)
    eventually(installation.is_quiet)
    texts = [note for note in installation.notifications() if note.channel.value == "sms"]
    assert len(texts) == next(numbers) - 1 == len(notify.taken()) + len(fake_twilio.texts()), "each went once"
    fake_twilio.assert_nothing_else()


def test_a_polled_twilio_brings_replies_and_receipts_without_any_webhook(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    before = change(installation)
    sms = before["sms"]
    assert isinstance(sms, dict)
    change(installation, sms={**sms, "poll": "1 second"})
    daemon = run().consuming()
    fake_twilio.receive(MASH_PHONE, OURS, "Y000000", installation.now().replace(year=2025))
    assert publish(endpoint, incident("custody")) == ()
    text = fake_twilio.expect(MASH_PHONE)
    mail_server.expect(MASH_MAIL)
    assert "StatusCallback" not in text.form
    code = code_in(text.body)
    text.status = "delivered"
    eventually(lambda: "sms: delivered" in states(installation))
    daemon.stop()

    fake_twilio.receive(MASH_PHONE, OURS, f"Y{code}")
    daemon = run().consuming()
    confirmation = fake_twilio.expect(MASH_PHONE, f"Not you? Reply N{code}.")
    eventually(installation.is_quiet)
    confirmation.status = "delivered"
    eventually(lambda: states(installation).count("sms: delivered") == 2)
    daemon.stop()
    daemon = run().consuming()
    eventually(lambda: 'alertd_last_loop_seconds{loop="poll"}' in figures(installation))
    fake_twilio.assert_nothing_else(during=2.5)
    mail_server.assert_nothing_else()
    daemon.stop()
    assert "webhook" not in daemon.log
    for personal in (MASH_PHONE[1:], code):
        assert personal not in daemon.log
