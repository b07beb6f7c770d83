"""The voice step of a ladder: the real daemon calls, and a key ends the ladder; a ring-out does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from alertd.model.case import NotificationState
from alertd.model.values import Channel
from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_phone import RINGS_OUT, presses
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import FakeMessage
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation, publish
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE

SECOND_PHONE, SECOND_MAIL = "+447700900102", "mash.second@example.gov.uk"


@pytest.fixture
def twilio(installation: Installation, fake_twilio: FakeTwilio) -> FakeTwilio:
    """A provider for which the public address leads to where the daemon listens; calls go by it too."""
    installation.call_by_twilio()
    fake_twilio.hooks = f"http://{installation.settings.web.listen}"
    return fake_twilio


def arrives(twilio: FakeTwilio, text: FakeMessage) -> None:
    """The phone has the text: it is not sent another way for want of a receipt."""
    assert twilio.report(text, "delivered").status_code == 204


def test_nobody_answers_the_text_then_the_phone_rings_and_a_key_ends_the_ladder(
    run: Run, installation: Installation, endpoint: Endpoint, twilio: FakeTwilio, mail_server: MailServer
) -> None:
    first = run().consuming()
    assert publish(endpoint, incident("custody")) == ()
    arrives(twilio, twilio.expect(MASH_PHONE))
    mail_server.expect(MASH_MAIL)
    eventually(installation.is_quiet)
    first.stop()

    daemon = run(later=timedelta(minutes=5)).consuming()
    call = twilio.expect_call(MASH_PHONE, within=20)
    played = twilio.play(call, presses("1"))

    assert played.heard[0] == played.heard[1]
    assert "Urgent alert from Urgent Response, reference ending " in played.heard[0]
    assert played.heard[-1].startswith("You have accepted this alert.")
    assert set(played.answers) == {200, 204}
    arrives(twilio, twilio.expect(MASH_PHONE, "Accepted WF-UR-26-"))
    eventually(installation.is_quiet)
    (rung,) = [note for note in installation.notifications() if note.channel is Channel.CALL]
    assert rung.state is NotificationState.DELIVERED
    figures = requests.get(f"{twilio.hooks}/metrics", timeout=10).text
    assert 'alertd_ack_seconds_count{role="mash"} 1.0' in figures
    assert 'alertd_webhooks_total{hook="voice",result="accepted"} 1.0' in figures
    daemon.stop()
    assert MASH_PHONE not in daemon.log
    assert rung.code not in daemon.log

    run(later=timedelta(minutes=10)).consuming()  # past the second desk's step
    eventually(installation.is_quiet)
    twilio.assert_nothing_else()


def test_a_phone_that_rings_out_is_texted_at_once_and_the_second_desk_is_told_at_ten_minutes(
    run: Run, installation: Installation, endpoint: Endpoint, twilio: FakeTwilio, mail_server: MailServer
) -> None:
    first = run().consuming()
    assert publish(endpoint, incident("custody")) == ()
    arrives(twilio, twilio.expect(MASH_PHONE))
    mail_server.expect(MASH_MAIL)
    eventually(installation.is_quiet)
    first.stop()

    second = run(later=timedelta(minutes=5)).consuming()
    played = twilio.play(twilio.expect_call(MASH_PHONE, within=20), RINGS_OUT)
    assert played.heard == []
    played.status("no-answer")
    arrives(twilio, twilio.expect(MASH_PHONE))
    eventually(installation.is_quiet)
    twilio.assert_nothing_else()
    second.stop()

    run(later=timedelta(minutes=5)).consuming()
    arrives(twilio, twilio.expect(SECOND_PHONE, within=20))
    heard = twilio.play(twilio.expect_call(SECOND_PHONE, within=20), presses("1")).heard
    assert heard[-1].startswith("You have accepted this alert.")
    twilio.expect(SECOND_PHONE, "Accepted WF-UR-26-")
    twilio.expect(MASH_PHONE, "taken")  # whoever was chased hears that it is over
    eventually(installation.is_quiet)
    twilio.assert_nothing_else()
