"""alertd.transport.smtp against a real SMTP server: what each reply proves, and what a message looks like."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.delivery import CannotSay, InDoubt, Outgoing, Refused, RetryLater, Sent
from alertd.model.errors import ConfigError
from alertd.model.values import Channel
from alertd.transport.smtp import SmtpSender
from alertd.transport.smtp_connection import MailServerAddress, Refusal, StartTls
from alertd.transport.smtp_mail import mail, message_id
from tests.doubles.certificates import Authority
from tests.doubles.chaos import ChaosProxy
from tests.doubles.mailserver import DROP, DROP_AFTER_TAKING, HANG, HANG_AFTER_TAKING, MailServer, Step

FROM, TO = "alerts@example.gov.uk", "duty@example.gov.uk"
MOMENT = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)


def outgoing(to: str = TO, key: str = "n-1", **changes: float) -> Outgoing:
    return Outgoing(key, Channel.EMAIL, to, "WF-UR-26-7QK4 custody", "Please accept.\n.\nOver.\n", "482193", **changes)


def sender_to(
    port: int, seconds: float = 5.0, starttls: StartTls = StartTls.NEVER, ca: str | None = None
) -> SmtpSender:
    server = MailServerAddress("127.0.0.1", port, starttls, limit=timedelta(seconds=seconds), ca=ca)
    return SmtpSender(server, FROM, lambda: MOMENT)


@pytest.fixture
def sender(mail_server: MailServer) -> Iterator[SmtpSender]:
    made = sender_to(mail_server.port)
    yield made
    made.close()


@pytest.fixture
def hasty(mail_server: MailServer) -> Iterator[SmtpSender]:
    made = sender_to(mail_server.port, 0.3)
    yield made
    made.close()


def test_a_message_arrives_as_it_was_written(mail_server: MailServer, sender: SmtpSender) -> None:
    outcome = sender.send(outgoing())
    received = mail_server.expect(TO)
    assert (received.sender, received.recipients) == (FROM, (TO,))
    assert received.text == "Please accept.\n.\nOver.\n"
    headers = received.mail
    assert headers["Subject"] == "WF-UR-26-7QK4 custody"
    assert headers["From"] == FROM
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Date"] == "Thu, 26 Nov 2026 14:10:00 +0000"
    assert outcome == Sent(str(headers["Message-ID"]))
    mail_server.assert_nothing_else()


def test_a_repeat_carries_the_same_message_id(mail_server: MailServer, sender: SmtpSender) -> None:
    assert sender.send(outgoing()) == sender.send(outgoing())
    assert sender.send(outgoing(key="n-2")) != sender.send(outgoing())
    assert len({str(one.mail["Message-ID"]) for one in mail_server.received}) == 2


def test_one_connection_serves_many_messages(mail_server: MailServer, sender: SmtpSender) -> None:
    assert all(isinstance(sender.send(outgoing(key=f"n-{n}")), Sent) for n in range(5))
    assert mail_server.connections == 1


def test_threads_have_a_connection_each(mail_server: MailServer, sender: SmtpSender) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda n: sender.send(outgoing(key=f"n-{n}")), range(40)))
    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert len({str(one.mail["Message-ID"]) for one in mail_server.received}) == 40
    assert mail_server.connections <= 8


def test_an_idle_connection_that_the_server_dropped_costs_nothing(mail_server: MailServer, sender: SmtpSender) -> None:
    sender.send(outgoing())
    mail_server.hang_up()
    assert isinstance(sender.send(outgoing(key="n-2")), Sent)
    assert len(mail_server.received) == 2


@pytest.mark.parametrize(
    ("step", "reply", "outcome"),
    [
        (Step.MAIL, "451 4.3.0 later", RetryLater("MAIL answered 451 4.3.0")),
        (Step.MAIL, "550 5.7.1 not you", Refused("MAIL answered 550 5.7.1")),
        (Step.RCPT, "450 4.2.0 greylisted", RetryLater("RCPT answered 450 4.2.0")),
        (Step.RCPT, "550 5.1.1 nobody here", Refused("RCPT answered 550 5.1.1", bad_address=True)),
        (Step.RCPT, "550 no such user", Refused("RCPT answered 550", bad_address=True)),
        (Step.RCPT, "553 bad name", Refused("RCPT answered 553", bad_address=True)),
        (Step.RCPT, "551 moved", Refused("RCPT answered 551", bad_address=True)),
        (Step.RCPT, "550 5.2.1 closed", Refused("RCPT answered 550 5.2.1", bad_address=True)),
        (Step.RCPT, "550 5.7.1 policy", Refused("RCPT answered 550 5.7.1")),
        (Step.RCPT, "552 full", Refused("RCPT answered 552")),
        (Step.DATA, "421 4.3.2 going down", RetryLater("DATA answered 421 4.3.2")),
        (Step.DATA, "554 5.6.0 no", Refused("DATA answered 554 5.6.0")),
        (Step.TEXT, "451 4.7.1 later", RetryLater("text answered 451 4.7.1")),
        (Step.TEXT, "554 5.7.1 spam", Refused("text answered 554 5.7.1")),
        (Step.RCPT, DROP, RetryLater("SMTPServerDisconnected")),
        (Step.TEXT, DROP_AFTER_TAKING, InDoubt("SMTPServerDisconnected")),
    ],
)
def test_a_reply_means_what_it_proves(
    mail_server: MailServer, sender: SmtpSender, step: Step, reply: str, outcome: object
) -> None:
    mail_server.fault(step, reply)
    answer = sender.send(outgoing())
    if reply == DROP_AFTER_TAKING:
        assert isinstance(answer, InDoubt)
        mail_server.expect(TO)
    elif reply == DROP:
        assert isinstance(answer, RetryLater)
    else:
        assert answer == outcome
    mail_server.assert_nothing_else()
    assert isinstance(sender.send(outgoing()), Sent), "the next one goes"


def test_silence_before_the_text_is_no_doubt(mail_server: MailServer, hasty: SmtpSender) -> None:
    mail_server.fault(Step.RCPT, HANG)
    begun = time.monotonic()
    assert isinstance(hasty.send(outgoing()), RetryLater)
    assert time.monotonic() - begun < 1.5
    mail_server.assert_nothing_else()


def test_silence_after_the_text_is_doubt(mail_server: MailServer, hasty: SmtpSender) -> None:
    mail_server.fault(Step.TEXT, HANG_AFTER_TAKING)
    assert isinstance(hasty.send(outgoing()), InDoubt)
    mail_server.expect(TO)


def test_a_deadline_of_the_message_is_kept_when_it_is_sooner(mail_server: MailServer, sender: SmtpSender) -> None:
    mail_server.fault(Step.DATA, HANG)
    begun = time.monotonic()
    assert isinstance(sender.send(outgoing(deadline=begun + 0.2)), RetryLater)
    assert time.monotonic() - begun < 1.5
    assert isinstance(sender.send(outgoing(deadline=time.monotonic())), RetryLater)
    mail_server.assert_nothing_else()


def test_a_text_given_up_on_does_not_leave_later(mail_server: MailServer) -> None:
    with ChaosProxy(mail_server.port) as proxy:
        sender = sender_to(proxy.port, 0.3)
        assert isinstance(sender.send(outgoing()), Sent)
        mail_server.expect(TO)
        proxy.swallow(True)
        assert isinstance(sender.send(outgoing(key="n-2")), RetryLater)
        proxy.swallow(False)
        assert isinstance(sender.send(outgoing(key="n-3")), Sent)
        sender.close()
    assert [str(one.mail["Message-ID"]) for one in mail_server.received] == [message_id("n-3", FROM)]


def test_a_server_that_cannot_be_reached_took_nothing() -> None:
    assert isinstance(sender_to(1).send(outgoing()), RetryLater)


@pytest.mark.parametrize(
    "address", ["", "nobody", "@example.gov.uk", "a@b\r\nRCPT TO:<c@d>", "ä@example.gov.uk", "a@", "a b@c", "a>@b"]
)
def test_what_is_no_address_is_refused_before_anything_is_said(
    mail_server: MailServer, sender: SmtpSender, address: str
) -> None:
    assert sender.send(outgoing(to=address)) == Refused("not a mail address", bad_address=True)
    assert mail_server.connections == 0


def test_a_mail_server_cannot_be_asked(sender: SmtpSender) -> None:
    assert isinstance(sender.look_up(outgoing(), MOMENT), CannotSay)


# --- encryption and sign-in ---


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.parametrize("starttls", [StartTls.REQUIRED, StartTls.IF_OFFERED])
def test_a_server_that_offers_encryption_gets_it(authority: Authority, starttls: StartTls) -> None:
    with MailServer(authority.issue("mail")) as server:
        sender = sender_to(server.port, starttls=starttls, ca=str(authority.ca))
        assert isinstance(sender.send(outgoing()), Sent)
        assert server.expect(TO).encrypted
        sender.close()


def test_encryption_that_is_required_and_not_offered_sends_nothing(mail_server: MailServer) -> None:
    assert sender_to(mail_server.port, starttls=StartTls.REQUIRED).send(outgoing()) == Refused(
        "STARTTLS is not offered"
    )
    mail_server.assert_nothing_else()


def test_encryption_if_offered_goes_without_where_it_is_not(mail_server: MailServer) -> None:
    sender = sender_to(mail_server.port, starttls=StartTls.IF_OFFERED)
    assert isinstance(sender.send(outgoing()), Sent)
    assert not mail_server.expect(TO).encrypted
    sender.close()


def test_a_certificate_of_an_unknown_authority_sends_nothing(authority: Authority) -> None:
    with MailServer(authority.issue("mail")) as server:
        outcome = sender_to(server.port, starttls=StartTls.REQUIRED).send(outgoing())
        assert outcome == RetryLater("SSLCertVerificationError")
        server.assert_nothing_else()


def signing_in(server: MailServer, ca: str | None, password: str) -> SmtpSender:
    starttls = StartTls.REQUIRED if ca else StartTls.NEVER
    address = MailServerAddress("127.0.0.1", server.port, starttls, "alertd", lambda: password, ca)
    return SmtpSender(address, FROM, lambda: MOMENT)


def test_signing_in_works_and_its_secret_is_not_shown(authority: Authority) -> None:
    with MailServer(authority.issue("mail"), password="correct horse") as server:
        sender = signing_in(server, str(authority.ca), "correct horse")
        assert isinstance(sender.send(outgoing()), Sent)
        assert server.expect(TO).signed_in
        refused = signing_in(server, str(authority.ca), "hunter2").send(outgoing())
        assert isinstance(refused, Refused)
        assert refused.reason.startswith("AUTH answered 535")
        assert not refused.bad_address
        assert "hunter2" not in repr(refused) + repr(sender)
        sender.close()


def test_a_password_that_cannot_be_read_is_no_doubt(authority: Authority) -> None:
    def unreadable() -> str:
        raise ConfigError("no such file")

    with MailServer(authority.issue("mail"), password="correct horse") as server:
        address = MailServerAddress(
            "127.0.0.1", server.port, StartTls.REQUIRED, "alertd", unreadable, str(authority.ca)
        )
        assert isinstance(SmtpSender(address, FROM, lambda: MOMENT).send(outgoing()), RetryLater)
        server.assert_nothing_else()


def test_a_server_without_sign_in_is_said_so(mail_server: MailServer) -> None:
    assert signing_in(mail_server, None, "x").send(outgoing()) == Refused("AUTH is not offered")


# --- what a message looks like ---


@given(st.text(), st.text(), st.text(min_size=1))
def test_no_subject_text_or_key_breaks_out_of_its_place(subject: str, body: str, key: str) -> None:
    body = body.encode("utf-8", "ignore").decode()
    subject = subject.encode("utf-8", "ignore").decode()
    made = mail(Outgoing(key.encode("utf-8", "ignore").decode(), Channel.EMAIL, TO, subject, body), FROM, MOMENT)
    raw = bytes(made)
    head, _, _ = raw.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(
        [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"Content-Type", b"MIME-Version",
         b"Content-Transfer-Encoding"]
    )  # fmt: skip
    assert raw.isascii()


def test_a_refusal_keeps_no_text_of_the_server() -> None:
    outcome = Refusal("RCPT", 550, b"5.1.1 <somebody@example.gov.uk> unknown").outcome()
    assert outcome == Refused("RCPT answered 550 5.1.1", bad_address=True)
    assert "somebody" not in repr(outcome)
