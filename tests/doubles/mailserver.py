"""A real SMTP server (aiosmtpd) that remembers what it took, and can be told to be difficult."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import StrEnum
from types import TracebackType
from typing import Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.doubles.certificates import Pem
from tests.doubles.waiting import eventually


class Step(StrEnum):
    """Where a fault strikes."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    """At the command, before the text."""
    TEXT = "TEXT"
    """After the text."""


DROP = "drop the connection"
HANG = "never answer"
DROP_AFTER_TAKING = "take it, then drop the connection"
HANG_AFTER_TAKING = "take it, then never answer"


@dataclass(frozen=True, slots=True)
class Received:
    """One message taken, with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool
    signed_in: bool

    @property
    def mail(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.raw, policy=default)

    @property
    def text(self) -> str:
        """Its text, with plain line ends."""
        return str(self.mail.get_content()).replace("\r\n", "\n")


class MailServer:
    """A server on a free loopback port; a context manager.

    Args:
        certificate: Offers STARTTLS with it; None offers none.
        password: Requires AUTH with user "alertd" and this; "" requires none.
    """

    def __init__(self, certificate: Pem | None = None, password: str = "") -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._faults: deque[tuple[Step, str]] = deque()
        self._password = password
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate.cert, certificate.key)
        self._controller = _Controller(self)

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self._controller.listening_port

    def __enter__(self) -> Self:
        """Start."""
        self._controller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop, and cut what is connected."""
        self._controller.stop()

    def fault(self, step: Step, reply: str, times: int = 1) -> None:
        """At the next message's `step`, answer with a reply such as "550 5.1.1 no", or do one of the things above."""
        self._faults.extend([(step, reply)] * times)

    def expect(self, to: str, containing: str = "", within: float = 10.0) -> Received:
        """Wait for a message, take it off the list and return it.

        Raises:
            AssertionError: None came.
        """

        def look() -> Received | None:
            fitting = (one for one in self.received if to in one.recipients and containing in one.text)
            return next(fitting, None)

        found = eventually(
            look, within=within, what=f"mail to {to} containing {containing!r}; there is {self.received}"
        )
        assert found is not None
        self.received.remove(found)
        return found

    def assert_nothing_else(self) -> None:
        """Fail when a message came that was not expected."""
        assert not self.received, f"unexpected mail: {[(one.recipients, one.text) for one in self.received]}"

    def hang_up(self) -> None:
        """Drop every open connection, as a server does with idle ones."""
        self._controller.loop.call_soon_threadsafe(self._controller.drop_all)

    def take_fault(self, step: Step) -> str | None:
        """For the server itself: what it has to do at this step."""
        if self._faults and self._faults[0][0] is step:
            return self._faults.popleft()[1]
        return None

    def checks(self, password: LoginPassword) -> bool:
        """For the server itself: whether the sign-in is right."""
        return (password.login, password.password) == (b"alertd", self._password.encode())

    @property
    def requires_sign_in(self) -> bool:
        """Whether AUTH is required."""
        return bool(self._password)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What STARTTLS uses."""
        return self._context


class _Controller(Controller):
    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._open: list[_Smtp] = []
        super().__init__(_Handler(server), hostname="127.0.0.1", port=0)

    @property
    def listening_port(self) -> int:
        assert self.server is not None
        return int(cast(asyncio.Server, self.server).sockets[0].getsockname()[1])

    def factory(self) -> SMTP:
        self._server.connections += 1
        protocol = _Smtp(
            self._server,
            tls_context=self._server.tls,
            authenticator=lambda *sign_in: AuthResult(success=self._server.checks(sign_in[-1]), handled=False),
            auth_required=self._server.requires_sign_in,
            # Which also means that, where nothing is required and nothing encrypted, none is offered.
            auth_require_tls=self._server.tls is not None or not self._server.requires_sign_in,
        )
        self._open.append(protocol)
        return protocol

    def drop_all(self) -> None:
        for protocol in self._open:
            protocol.drop()

    def _trigger_server(self) -> None:
        """Make the trial connection, on the port that was really given, and leave it out of the count."""
        with socket.create_connection(("127.0.0.1", self.listening_port), 5) as trial:
            trial.recv(1024)
        self._server.connections = 0

    def stop(self, no_assert: bool = False) -> None:
        self.loop.call_soon_threadsafe(self.drop_all)
        super().stop(no_assert)


class _Session(Session):
    login_data = None  # aiosmtpd sets it at every sign-in, and warns each time that it is deprecated


class _Smtp(SMTP):
    """Commands that can be told to go wrong; arguments as aiosmtpd passes them."""

    def __init__(self, server: MailServer, **options: object) -> None:
        self._test = server
        super().__init__(_Handler(server), **options)  # type: ignore[arg-type]

    def _create_session(self) -> Session:
        return _Session(self.loop)

    def drop(self) -> None:
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).abort()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # aiosmtpd's name
        if not await self.goes_wrong(Step.DATA):
            await super().smtp_DATA(arg)

    async def goes_wrong(self, step: Step) -> bool:
        """Do what the test wants at this step; False when it wants nothing."""
        fault = self._test.take_fault(step)
        if fault is not None:
            await self.misbehave(fault)
        return fault is not None

    async def misbehave(self, fault: str) -> None:
        if fault in (DROP, DROP_AFTER_TAKING):
            self.drop()
        elif fault in (HANG, HANG_AFTER_TAKING):
            await asyncio.Event().wait()
        else:
            await self.push(fault)


class _Handler:
    """aiosmtpd's hooks; what they return is the reply."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (fault := self._server.take_fault(Step.MAIL)) is not None:
            return await _reply(server, fault)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (fault := self._server.take_fault(Step.RCPT)) is not None:
            return await _reply(server, fault)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._server.take_fault(Step.TEXT)
        if fault is None or fault in (DROP_AFTER_TAKING, HANG_AFTER_TAKING):
            self._server.received.append(
                Received(
                    sender=envelope.mail_from or "",
                    recipients=tuple(envelope.rcpt_tos),
                    raw=cast(bytes, envelope.original_content),
                    encrypted=session.ssl is not None,
                    signed_in=bool(session.authenticated),
                )
            )
        return "250 OK" if fault is None else await _reply(server, fault)


async def _reply(server: SMTP, fault: str) -> str:
    if fault in (DROP, HANG, DROP_AFTER_TAKING, HANG_AFTER_TAKING):
        await cast(_Smtp, server).misbehave(fault)
        return "421 gone"
    return fault
