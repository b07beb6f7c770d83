"""Email by SMTP over connections that are kept open.

What a reply proves depends on when it comes: before the message's text has left, everything can be tried again; after
it, a lost connection leaves doubt.

Source: RFC 5321 (replies, section 4.2.1), RFC 3463 (enhanced status codes), RFC 3207 (STARTTLS).
"""

from __future__ import annotations

import re
import smtplib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from alertd.model.delivery import CannotSay, InDoubt, LookUp, Outcome, Outgoing, Refused, RetryLater, Sent
from alertd.model.errors import ConfigError
from alertd.transport.hard_deadline import Overdue, within
from alertd.transport.smtp_connection import IdleConnections, MailServerAddress, Refusal, connect
from alertd.transport.smtp_mail import mail, message_id

_DOTS = re.compile(rb"^\.", re.MULTILINE)
"""Lines that begin with a dot get another one (RFC 5321, section 4.5.2)."""


class SmtpSender:
    """Sends emails; may be used by several threads at once.

    Args:
        server: Which server.
        from_: Our address.
        now: Aware UTC, for the date of a message.
    """

    name = "smtp"

    def __init__(self, server: MailServerAddress, from_: str, now: Callable[[], datetime]) -> None:
        self._server = server
        self._from = from_
        self._now = now
        self._idle = IdleConnections()

    def send(self, outgoing: Outgoing) -> Outcome:
        """Send once; never later than `outgoing.deadline`."""
        seconds = min(self._server.limit.total_seconds(), outgoing.deadline - time.monotonic())
        if seconds <= 0:
            return RetryLater("no time was left to send it")
        try:
            raw = bytes(mail(outgoing, self._from, self._now()))
        except ValueError:
            return Refused("not a mail address", bad_address=True)
        attempt = _Attempt(self._server, self._idle, self._from, outgoing.address, raw, time.monotonic() + seconds)
        return attempt.outcome(seconds) or Sent(message_id(outgoing.key, self._from))

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:  # noqa: ARG002  # nobody can be asked
        """A mail server keeps no list that could be asked."""
        return CannotSay("a mail server cannot be asked")

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        self._idle.close()


@dataclass(slots=True)
class _Attempt:
    """One message on its way, with how far it has come."""

    server: MailServerAddress
    idle: IdleConnections
    sender: str
    recipient: str
    raw: bytes
    deadline: float
    connection: smtplib.SMTP | None = None
    text_left: bool = False
    abandoned: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def outcome(self, seconds: float) -> Outcome | None:
        """Send; None when the server has taken it."""
        try:
            within(seconds, self._run)
        except Overdue:
            return self._abandon()
        except Refusal as refusal:
            return refusal.outcome()
        except ConfigError:
            return RetryLater("the password cannot be read")
        except OSError as error:  # smtplib's own errors, time-outs, resets, TLS: each is one
            reason = type(error).__name__
            return InDoubt(reason) if self.text_left else RetryLater(reason)
        return None

    def _run(self) -> None:
        try:
            self._converse()
        except (OSError, Refusal):
            if self.connection is not None:
                self.connection.close()
            raise

    def _converse(self) -> None:
        connection = self._envelope()
        self._say(connection, "DATA", "DATA", wanted=354)
        with self.lock:
            if self.abandoned:
                raise TimeoutError
            self.text_left = True
        connection.send(_DOTS.sub(b"..", self.raw) + b".\r\n")
        _check("text", *connection.getreply(), wanted=250)
        self.connection = None
        self.idle.give_back(connection)

    def _envelope(self) -> smtplib.SMTP:
        """Name sender and recipient, on an idle connection when one still works."""
        idle = self.idle.take()
        if idle is not None:
            try:
                return self._name_both(idle)
            except (smtplib.SMTPServerDisconnected, ConnectionError):
                idle.close()  # the server had hung up meanwhile; nothing was lost
        return self._name_both(connect(self.server, self._seconds_left()))

    def _name_both(self, connection: smtplib.SMTP) -> smtplib.SMTP:
        self.connection = connection
        if connection.sock is not None:
            connection.sock.settimeout(self._seconds_left())
        self._say(connection, "MAIL", f"MAIL FROM:<{self.sender}>")
        self._say(connection, "RCPT", f"RCPT TO:<{self.recipient}>")
        return connection

    def _say(self, connection: smtplib.SMTP, step: str, command: str, wanted: int = 250) -> None:
        _check(step, *connection.docmd(command), wanted=wanted)

    def _seconds_left(self) -> float:
        return max(0.01, self.deadline - time.monotonic())

    def _abandon(self) -> Outcome:
        with self.lock:
            self.abandoned = True
        if self.connection is not None:
            self.connection.close()
        return InDoubt("no answer in time") if self.text_left else RetryLater("no answer in time")


def _check(step: str, code: int, reply: bytes, wanted: int) -> None:
    if code != wanted and not (step == "RCPT" and code == 251):  # 251: will forward
        raise Refusal(step, code, reply)
