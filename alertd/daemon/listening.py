"""The daemon's listener: health, figures, webhooks, pages; a daemon that cannot listen works all the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

import structlog

from alertd.daemon.figures import Figures
from alertd.daemon.pages import make_pages
from alertd.daemon.parts import Parts, voice_of
from alertd.daemon.troubles import Troubles
from alertd.rulebook.sender_settings import Twilio as TwilioSettings
from alertd.rulebook.sender_settings import TwilioVoice as VoiceSettings
from alertd.service.calls import Calls, Heard, Press
from alertd.service.composing import Composer
from alertd.service.other_ways import OtherWays
from alertd.service.people import People
from alertd.service.receipts import Receipt, Receipts
from alertd.service.receipts import Result as Settled
from alertd.service.replies import Circle, Handled, Replies, Reply
from alertd.service.reply_orders import Acceptance, Orders
from alertd.transport.backoff import Backoff
from alertd.web.app import make_app
from alertd.web.hooks import Twilio
from alertd.web.server import Server
from alertd.web.voice import Voice

STOP_SECONDS = 2.0
"""How long requests in hand may take when the daemon ends."""
Ready = Callable[[], Mapping[str, str]]

_log = structlog.get_logger(__name__)


class Listening:
    """Keeps the listener up.

    Args:
        parts: The installation.
        figures: Shown at `/metrics`; counts webhooks and acceptances.
        troubles: Told, once a day, that it cannot listen.
        changed: Called when a webhook may have made something to do.
    """

    def __init__(self, parts: Parts, figures: Figures, troubles: Troubles, changed: Callable[[], None]) -> None:
        self._parts = parts
        self._figures = figures
        self._troubles = troubles
        self._changed = changed
        self._server: Server | None = None
        self._backoff = Backoff()
        self._again_at = 0.0
        self.trouble = ""
        """Why it does not listen, in plain words; "" when it does."""

    @property
    def port(self) -> int:
        """The port it listens on; 0 while it does not."""
        return self._server.port if self._server is not None else 0

    def look(self, ready: Ready) -> None:
        """Listen, unless it does so already or has just tried in vain.

        Args:
            ready: What keeps the daemon from its work, asked at `/readyz`.
        """
        if (self._server is not None and self._server.is_running) or monotonic() < self._again_at:
            return
        listen = self._parts.settings.web.listen
        try:
            figures = self._figures
            pages = make_pages(self._parts, self._changed, figures.came_in, figures.accepted)
            app = make_app(figures.registry, ready, figures.webhook, self._twilio(), self._voice(), pages)
            self._server = Server(app, listen)
        except OSError as fault:
            self._failed(listen, fault)
        else:
            self.trouble = ""
            self._backoff.succeeded()
            _log.info("listening_began", address=listen)

    def stop(self) -> bool:
        """Take no more requests, and tell whether those in hand ended in time."""
        return self._server is None or self._server.stop(STOP_SECONDS)

    def _failed(self, listen: str, fault: OSError) -> None:
        self._again_at = monotonic() + self._backoff.failed().total_seconds()
        self.trouble = f"cannot listen on {listen}"
        text = (
            f"alertd cannot listen on {listen} ({fault.strerror or type(fault).__name__}): replies by text do not come "
            "in, alerts go out as ever. Remedy: end what uses that port, or change web.listen, and restart alertd."
        )
        self._troubles.tell("web", f"{self._parts.now():%Y%m%d}", text)

    # --- webhooks

    def _twilio(self) -> Twilio | None:
        parts = self._parts
        accounts = [one for one in parts.settings.sms if isinstance(one, TwilioSettings)]
        if not accounts:
            return None
        return Twilio(
            public_url=parts.settings.service.public_url,
            tokens=[one.auth_token.resolve for one in accounts],
            reply=self._reply,
            receipt=self._receipt,
            now=parts.now,
        )

    def _reply(self, reply: Reply) -> Handled:
        parts = self._parts
        circle = Circle(parts.rules.book, voice_of(parts.settings), parts.keyring.token)
        handled = Replies(parts.store, self._people, circle).handle(reply)
        self._count(*handled.accepted)
        _log.info("reply_handled", result=handled.result.value, accepted=len(handled.accepted))
        self._changed()
        return handled

    def _people(self) -> People:
        return People(self._parts.store, self._parts.intake, self._parts.rules.ruling)

    def _count(self, *acceptances: Acceptance) -> None:
        for acceptance in acceptances:
            self._figures.accepted(acceptance.role, acceptance.waited)

    def _composer(self) -> Composer:
        parts = self._parts
        return Composer(parts.rules.book, parts.rules.texts, voice_of(parts.settings))

    def _receipts(self) -> Receipts:
        parts = self._parts
        return Receipts(parts.store, OtherWays(self._composer(), parts.senders, parts.desk, parts.new_id))

    def _receipt(self, receipt: Receipt) -> Settled:
        settled = self._receipts().take(receipt)
        _log.info("receipt_taken", key=receipt.key, result=settled.value)
        self._changed()
        return settled

    # --- calls

    def _voice(self) -> Voice | None:
        parts, call = self._parts, self._parts.settings.call
        if not isinstance(call, VoiceSettings):
            return None
        return Voice(
            public_url=parts.settings.service.public_url,
            tokens=[call.auth_token.resolve],
            press=self._press,
            receipt=self._receipt,
            ended=parts.engaged.ended,
            now=parts.now,
        )

    def _press(self, press: Press) -> Heard:
        parts = self._parts
        orders = Orders(parts.store, self._people, parts.rules.book)
        heard = Calls(parts.store, orders, self._composer(), self._receipts(), parts.keyring.token).press(press)
        if heard.acceptance is not None:
            self._count(heard.acceptance)
        _log.info("key_taken", key=press.key, result=heard.result.value)
        self._changed()
        return heard
