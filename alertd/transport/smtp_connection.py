"""Connections to a mail server: made with TLS and sign-in, kept while idle; and what a "no" on one of them means.

Source: RFC 5321, section 4.2.1; RFC 3463 (enhanced status codes); RFC 3207 (STARTTLS).
"""

from __future__ import annotations

import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from alertd.model.delivery import Refused, RetryLater
from alertd.model.errors import ConfigError

_NO_SUCH_MAILBOX = frozenset({550, 551, 553})
_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_IDLE_KEPT = 4
_IDLE_SECONDS = 60.0


class StartTls(StrEnum):
    """When the connection is encrypted."""

    REQUIRED = "required"
    IF_OFFERED = "if_offered"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class MailServerAddress:
    """A mail server and how to speak to it.

    Attributes:
        host: Name, as in its certificate, or address.
        port: TCP port.
        starttls: When to encrypt; the certificate is verified whenever it is.
        username: For AUTH; "" does without.
        password: Asked at every connection, so that a changed secret needs no restart; raises ConfigError when it
            cannot be read.
        ca: PEM file of the authorities to trust; None trusts the system's.
        limit: Longest time of one send; a message's own deadline may be sooner.
    """

    host: str
    port: int = 25
    starttls: StartTls = StartTls.REQUIRED
    username: str = ""
    password: Callable[[], str] = field(default=lambda: "", repr=False)
    ca: str | None = None
    limit: timedelta = timedelta(seconds=20)


class Refusal(Exception):
    """The server said no: nothing was taken.

    Args:
        step: What it was asked (CONNECT, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, text).
        code: Its reply code; 0 when it does not know how.
        reply: Its text; may name the address, so only its enhanced status code is kept.
    """

    def __init__(self, step: str, code: int, reply: bytes = b"") -> None:
        super().__init__(step)
        self.step = step
        self.code = code
        match = _ENHANCED.match(reply)
        self.status = None if match is None else (int(match[1]), int(match[2]), int(match[3]))

    def outcome(self) -> Refused | RetryLater:
        """What it means: 4xx passes, anything else does not; the address is at fault only if the server says so."""
        status = "" if self.status is None else " " + ".".join(map(str, self.status))
        reason = f"{self.step} answered {self.code}{status}" if self.code else f"{self.step} is not offered"
        return RetryLater(reason) if 400 <= self.code < 500 else Refused(reason, self._bad_address())

    def _bad_address(self) -> bool:
        if self.step != "RCPT" or self.code not in _NO_SUCH_MAILBOX:
            return False
        # X.1.x is about the address and X.2.1 a closed mailbox; 550 5.7.1 is a policy, whoever the recipient.
        return self.status is None or self.status[1] == 1 or self.status[1:] == (2, 1)


def connect(server: MailServerAddress, seconds: float) -> smtplib.SMTP:
    """Connect, encrypt and sign in.

    Args:
        server: Which.
        seconds: Limit on each silence of the server.

    Raises:
        Refusal: The server said no, or does not know how to encrypt or sign in.
        OSError: It cannot be reached, or its certificate is not to be trusted.
        ConfigError: The password cannot be read.
    """
    try:
        # Given here and not to its `connect`, which would forget the name that the certificate is checked against.
        connection = smtplib.SMTP(server.host, server.port, timeout=seconds)
    except smtplib.SMTPConnectError as error:
        raise _refusal("CONNECT", error) from error
    try:
        _sign_in(connection, server)
    except (OSError, Refusal, ConfigError):
        connection.close()
        raise
    return connection


class IdleConnections:
    """Connections between two messages; the youngest goes first, so that a lull closes the others."""

    def __init__(self) -> None:
        self._kept: list[tuple[smtplib.SMTP, float]] = []
        self._lock = threading.Lock()

    def take(self) -> smtplib.SMTP | None:
        """Take one that has not been idle for long, or None."""
        with self._lock:
            while self._kept:
                connection, since = self._kept.pop()
                if time.monotonic() - since < _IDLE_SECONDS:
                    return connection
                connection.close()
        return None

    def give_back(self, connection: smtplib.SMTP) -> None:
        """Keep one, unless enough are kept."""
        with self._lock:
            if len(self._kept) < _IDLE_KEPT:
                self._kept.append((connection, time.monotonic()))
                return
        connection.close()

    def close(self) -> None:
        """Say goodbye on each and keep none."""
        with self._lock:
            kept, self._kept = self._kept, []
        for connection, _ in kept:
            with suppress(OSError):
                connection.quit()


def _sign_in(connection: smtplib.SMTP, server: MailServerAddress) -> None:
    try:
        connection.ehlo_or_helo_if_needed()
        _encrypt(connection, server)
        if server.username:
            connection.login(server.username, server.password())
    except smtplib.SMTPAuthenticationError as error:
        raise _refusal("AUTH", error) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal("EHLO", error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Refusal("AUTH", 0) from error


def _encrypt(connection: smtplib.SMTP, server: MailServerAddress) -> None:
    if server.starttls is StartTls.NEVER:
        return
    if connection.has_extn("starttls"):
        # smtplib checks the certificate against the name that it connected to.
        code, reply = connection.starttls(context=ssl.create_default_context(cafile=server.ca))
        if code != 220:
            raise Refusal("STARTTLS", code, reply)
        connection.ehlo()
    elif server.starttls is StartTls.REQUIRED:
        raise Refusal("STARTTLS", 0)


def _refusal(step: str, error: smtplib.SMTPResponseException) -> Refusal:
    reply = error.smtp_error
    return Refusal(step, error.smtp_code, reply if isinstance(reply, bytes) else reply.encode())
