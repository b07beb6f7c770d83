"""In doubt: a text that may have been taken reaches its person once, or twice and then marked; and never not at all.

Source: ARCHITECTURE, invariant 5.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from alertd.cli.opening import mending
from alertd.daemon.parts import Options, open_parts
from alertd.model.case import Notification, NotificationState
from alertd.model.values import Channel
from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import DROP_AFTER_TAKING, HANG_AFTER_TAKING, Fault, Memory, Taken
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.incidents import incident
from tests.e2e.installation import TOKEN_VARIABLE, Installation, publish
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE
from tests.e2e.test_webhooks import INBOUND, OURS

LEASES_RAN_OUT = timedelta(seconds=20)
LATER_THAN_THE_DEADLINE = Fault(taken=Taken.YES, late=12.0)
S = NotificationState


def text_of(installation: Installation) -> Notification:
    """The one text."""
    (note,) = [each for each in installation.notifications() if each.channel is Channel.SMS]
    return note


@pytest.mark.parametrize("case", list(product(["dropped", "killed"], Memory)), ids=" and ".join)
def test_what_was_taken_before_the_connection_or_the_daemon_died_reaches_its_person(
    case: tuple[str, Memory],
    run: Run,
    installation: Installation,
    endpoint: Endpoint,
    fake_twilio: FakeTwilio,
    mail_server: MailServer,
) -> None:
    how, memory = case
    daemon = run().consuming()
    fake_twilio.fault(DROP_AFTER_TAKING if how == "dropped" else HANG_AFTER_TAKING)
    fake_twilio.state.memory = memory
    assert publish(endpoint, incident("custody")) == ()
    first = fake_twilio.expect(MASH_PHONE)
    mail_server.expect(MASH_MAIL)
    under_way = S.IN_DOUBT if how == "dropped" else S.SENDING
    eventually(lambda: {note.state for note in installation.notifications()} == {under_way, S.SENT})
    daemon.kill()

    run(later=LEASES_RAN_OUT).consuming()

    eventually(lambda: text_of(installation).state is S.SENT)
    assert "repeat" not in first.body.casefold()
    if memory is not Memory.GOOD:
        second = fake_twilio.expect(MASH_PHONE, "Repeat")
        assert second.body.split()[0] == first.body.split()[0], "of the same case"
    assert text_of(installation).repeat is (memory is not Memory.GOOD)
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def test_an_answer_after_the_hard_deadline_is_a_doubt_and_the_text_is_found(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    daemon = run().consuming()
    fake_twilio.fault(LATER_THAN_THE_DEADLINE)
    assert publish(endpoint, incident("custody")) == ()
    fake_twilio.expect(MASH_PHONE)
    mail_server.expect(MASH_MAIL)
    eventually(lambda: text_of(installation).state is S.IN_DOUBT, within=25)
    daemon.stop()

    run(later=LEASES_RAN_OUT).consuming()

    eventually(lambda: text_of(installation).state is S.SENT)
    assert not text_of(installation).repeat
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def test_what_is_not_urgent_waits_for_a_person_who_sees_it_is_told_and_sends_it_again(
    run: Run,
    installation: Installation,
    fake_twilio: FakeTwilio,
    mail_server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_twilio.hooks = f"http://{installation.settings.web.listen}"
    daemon = run().consuming()
    fake_twilio.fault(DROP_AFTER_TAKING)
    fake_twilio.state.memory = Memory.SILENT
    assert fake_twilio.reply(INBOUND, MASH_PHONE, OURS, "who is this").status_code == 200
    fake_twilio.expect(MASH_PHONE, "Not understood")
    eventually(lambda: [note.state for note in installation.notifications()] == [S.IN_DOUBT])
    daemon.stop()

    run(later=LEASES_RAN_OUT).consuming()

    mail_server.expect("alertd.rules@example.gov.uk", "waits for a person")
    eventually(lambda: text_of(installation).reason == "ask_a_person")
    fake_twilio.assert_nothing_else()
    listed = commanded(installation, "outbox", "list", "--json")
    assert listed["stuck"]["in_doubt"] == 1
    assert [each["state"] for each in listed["messages"]] == ["in_doubt"]
    monkeypatch.setenv(TOKEN_VARIABLE, FakeTwilio.auth_token)
    with open_parts(installation.settings, options=Options(now=installation.now)) as parts:  # in the daemon's own time
        mending(parts).retry(text_of(installation).id, installation.now())
    again = fake_twilio.expect(MASH_PHONE, "Repeat. Not understood")
    assert again.to == MASH_PHONE
    eventually(lambda: text_of(installation).state is S.SENT)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def commanded(installation: Installation, *words: str) -> Any:  # noqa: ANN401  # what the command prints
    """Run a command on the installation; what it printed, as JSON where it is that."""
    command = [sys.executable, "-m", "alertd.cli", *words, "--config", str(installation.config)]
    environment = {"PATH": "/usr/bin:/bin", TOKEN_VARIABLE: FakeTwilio.auth_token}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout
