"""A message of each setting, from the broker to the provider: exactly the requests that the shipped rules ask for."""

from __future__ import annotations

from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.incidents import SETTINGS, incident
from tests.e2e.installation import Installation, publish

MASH_PHONE, MASH_MAIL = "+447700900101", "mash.duty@example.gov.uk"
COHORTS = {"custody": "custody", "hospital_ae": "A&E", "hospital_ward": "ward"}


def test_a_message_of_each_setting_alerts_the_duty_team_and_nobody_else(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    daemon = run().consuming()

    for number, setting in enumerate(SETTINGS, start=1):
        assert publish(endpoint, incident(setting, number)) == ()
        cohort = COHORTS.get(setting, "urgent case")
        text = fake_twilio.expect(MASH_PHONE, f" {cohort}. ")
        mail = mail_server.expect(MASH_MAIL, "please accept")
        ref = text.body.split()[0]
        assert ref.startswith("WF-UR-26-")
        assert ref in str(mail.mail["Subject"])

    eventually(installation.is_quiet)
    assert installation.totals()["acted"] == installation.taken() == len(SETTINGS)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()
    daemon.stop()
    assert "P-custody" not in daemon.log


def test_the_same_message_again_is_counted_and_sends_nothing(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    run().consuming()

    assert publish(endpoint, incident("custody"), incident("custody")) == ()
    assert publish(endpoint, incident("custody")) == ()

    eventually(lambda: installation.taken() == 3)
    fake_twilio.expect(MASH_PHONE, "custody. Golden Hour due 15:00 Thu 26 Nov")
    mail_server.expect(MASH_MAIL)
    eventually(installation.is_quiet)
    assert (installation.totals()["acted"], installation.totals()["duplicate"]) == (1, 2)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()
