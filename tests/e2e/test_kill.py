"""SIGKILL at every numbered point: nothing lost, nothing requested twice but what is in doubt, and that is marked."""

from __future__ import annotations

from datetime import timedelta

from alertd.model.case import NotificationState
from alertd.model.values import Channel
from alertd.transport.endpoint import Endpoint
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import HANG_AFTER_TAKING
from tests.doubles.mailserver import MailServer
from tests.doubles.waiting import eventually
from tests.e2e.conftest import Run
from tests.e2e.crash_points import Point
from tests.e2e.incidents import incident
from tests.e2e.installation import Installation, publish
from tests.e2e.test_settings import MASH_MAIL, MASH_PHONE

LEASES_RAN_OUT = timedelta(seconds=20)


def test_before_the_commit_the_message_comes_again(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    doomed = run(crash_at=Point.BEFORE_COMMIT).consuming()
    assert publish(endpoint, incident("custody")) == ()
    doomed.died()
    assert installation.taken() == 0

    run().consuming()

    fake_twilio.expect(MASH_PHONE)
    mail_server.expect(MASH_MAIL)
    eventually(installation.is_quiet)
    assert installation.totals()["acted"] == installation.taken() == 1
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def test_after_the_commit_and_before_the_acknowledgement_it_is_a_duplicate(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    doomed = run(crash_at=Point.AFTER_COMMIT).consuming()
    assert publish(endpoint, incident("custody")) == ()
    doomed.died()
    assert installation.totals()["acted"] == installation.taken() == 1

    run().consuming()

    fake_twilio.expect(MASH_PHONE)
    mail_server.expect(MASH_MAIL)
    eventually(lambda: installation.totals()["duplicate"] == 1)
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def test_before_the_request_left_the_provider_says_so_and_it_is_sent_once_and_marked(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    doomed = run(crash_at=Point.BEFORE_SEND).consuming()
    assert publish(endpoint, incident("custody")) == ()
    doomed.died()
    assert {note.state for note in installation.notifications()} == {NotificationState.SENDING}
    assert fake_twilio.texts() == []

    run(later=LEASES_RAN_OUT).consuming()

    # A provider that denies it may have forgotten it, so that even the only one is marked.
    fake_twilio.expect(MASH_PHONE, "Repeat")
    # A mail server cannot be asked: the one that never left cannot be told from one that did.
    assert "(repeat)" in str(mail_server.expect(MASH_MAIL).mail["Subject"])
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def test_after_the_request_left_the_text_is_found_and_only_the_mail_is_repeated_and_marked(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    doomed = run(crash_at=Point.AFTER_SEND).consuming()
    assert publish(endpoint, incident("custody")) == ()
    doomed.died()
    mails_before, texts_before = len(mail_server.received), len(fake_twilio.texts())

    run(later=LEASES_RAN_OUT).consuming()

    fake_twilio.expect(MASH_PHONE)
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mails = [str(received.mail["Subject"]) for received in mail_server.received]
    assert len(mails) == mails_before + 1
    assert [subject.endswith("(repeat)") for subject in mails] == [False] * mails_before + [True]
    by_channel = {note.channel: note for note in installation.notifications()}
    assert all(note.state is NotificationState.SENT for note in by_channel.values())
    assert by_channel[Channel.EMAIL].repeat
    assert by_channel[Channel.SMS].repeat is (texts_before == 0), "a text that was found is not sent again"


def test_a_stop_while_a_provider_hangs_leaves_in_time_and_the_text_is_found_afterwards(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio, mail_server: MailServer
) -> None:
    daemon = run().consuming()
    fake_twilio.fault(HANG_AFTER_TAKING)
    assert publish(endpoint, incident("custody")) == ()
    fake_twilio.expect(MASH_PHONE)
    mail_server.expect(MASH_MAIL)

    daemon.stop()

    [text] = installation.notifications(NotificationState.SENDING)
    assert text.channel is Channel.SMS
    run(later=LEASES_RAN_OUT).consuming()
    eventually(installation.is_quiet)
    fake_twilio.assert_nothing_else()
    mail_server.assert_nothing_else()


def test_a_kill_in_the_middle_of_a_crowd_loses_and_doubles_nothing(
    run: Run, installation: Installation, endpoint: Endpoint, fake_twilio: FakeTwilio
) -> None:
    """Killed at no chosen point, three times, with messages under way at every stage."""
    bodies = [incident("custody", number) for number in range(1, 25)]
    for part in range(3):
        daemon = run(later=LEASES_RAN_OUT).consuming()
        before = installation.taken()
        assert publish(endpoint, *bodies[part * 8 : part * 8 + 8]) == ()
        eventually(lambda seen=before: installation.taken() > seen)  # type: ignore[misc]
        daemon.kill()

    run(later=LEASES_RAN_OUT).consuming()

    eventually(lambda: installation.totals()["acted"] == 24, within=30)
    eventually(lambda: len({text.body.split()[0] for text in fake_twilio.texts()}) == 24, within=90)
    totals = dict(installation.totals())
    received = totals.pop("received")
    assert received == sum(totals.values())
