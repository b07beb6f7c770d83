"""A watched folder or SIGHUP: changed rules and people come into force, wrong ones are refused and told."""

from __future__ import annotations

import signal

from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation, publish
from tests.e2e.test_faults import RULES_ADMIN, alerted
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE

OTHER_PHONE = "+447700900109"
OWNER = "chris.yew@example.gov.uk"


def test_wrong_rules_are_refused_and_told_while_the_old_ones_go_on(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    daemon = run().consuming()
    custody = installation.root / "rules" / "custody.yaml"
    custody.write_text(custody.read_text().replace("severity: urgent", "severity: urgnt"))

    daemon.signal(signal.SIGHUP)

    assert "custody.yaml" in mail_server.expect(RULES_ADMIN, "refused", within=60).text
    mail_server.expect(OWNER, "refused")
    assert publish(endpoint, incident("custody")) == ()
    alerted(fake_twilio, mail_server)
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def test_a_changed_number_is_used_from_the_next_message_on_without_anybody_asking(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    installation.keep_stories("scenario_13_young_adult")
    daemon = run().consuming()
    before = daemon.status
    people = installation.root / "config" / "people.yaml"
    people.write_text(people.read_text().replace(MASH_PHONE, OTHER_PHONE))

    eventually(lambda: "rules_reloaded" in daemon.log, within=60)
    eventually(lambda: daemon.status != before)
    assert publish(endpoint, incident("custody")) == ()
    fake_twilio.expect(OTHER_PHONE)
    mail_server.expect(MASH_MAIL)
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()
