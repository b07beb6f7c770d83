"""A watched folder or SIGHUP: changed rules and people come into force, wrong ones are refused and told."""

from __future__ import annotations

import re
import signal

import pytest

from alertd.transport.endpoint import Endpoint
from tests.cli.installation import Installation as CommandLine
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import TOKEN
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.incidents import incident
from tests.e2e.installation import TOKEN_VARIABLE, Installation, publish
from tests.e2e.test_faults import RULES_ADMIN, alerted
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE

pytestmark = pytest.mark.timeout(400)  # a trial of the rules steps back before everything else that runs

OTHER_PHONE = "+447700900109"
OWNER = "chris.yew@example.gov.uk"


def test_wrong_rules_are_refused_and_told_while_the_old_ones_go_on(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    daemon = run().consuming()
    custody = installation.root / "rules" / "custody.yaml"
    custody.write_text(custody.read_text().replace("severity: urgent", "severity: urgnt"))

    daemon.signal(signal.SIGHUP)

    assert "custody.yaml" in mail_server.expect(RULES_ADMIN, "refused", within=150).text
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

    eventually(lambda: "rules_reloaded" in daemon.log, within=150)
    eventually(lambda: daemon.status != before)
    assert publish(endpoint, incident("custody")) == ()
    fake_twilio.expect(OTHER_PHONE)
    mail_server.expect(MASH_MAIL)
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def test_a_retired_urgent_rule_comes_into_force_once_a_second_person_stands_for_it(
    run: Run,
    installation: Installation,
    fake_twilio: FakeTwilio,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    installation.keep_stories()
    installation.config.write_text(f"{installation.config.read_text()}reload: {{watch: no}}\n")
    daemon = run().consuming()
    alertd = CommandLine(installation.root)
    eventually(lambda: alertd.json("status")["daemon"]["running"])
    disclosure = installation.root / "rules" / "disclosure.yaml"
    disclosure.write_text(disclosure.read_text().replace("status: live", "status: retired", 1))

    said = alertd.refused("reload", "--as", "manager_ash")
    assert "it retires disclosure_cohort: a second person must stand for it" in said
    for address in (RULES_ADMIN, "alex.rowan@example.gov.uk"):
        mail_server.expect(address, "are not in force")
    alertd.done("approve", "--as", "manager_birch")
    [code] = re.findall(r"(\d{6}) stands for rule set", fake_twilio.expect("+447700900122").body)
    alertd.done("approve", "--as", "manager_birch", "--code", code)

    eventually(lambda: "rules_reloaded" in daemon.log, within=150)
    assert alertd.json("rules")["rules"][0]["state"] == "in_force"
    assert alertd.done("rollback", "--because", "a test", "--as", "manager_ash")
    eventually(lambda: daemon.log.count("rules_reloaded") == 2)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()
