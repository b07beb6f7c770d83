"""The daemon's listener: health, figures, webhooks, pages; a daemon that cannot listen works all the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

import structlog

from alertd.daemon.figures import Figures
from alertd.daemon.hearing import Hearing
from alertd.daemon.pages import make_pages
from alertd.daemon.parts import Parts
from alertd.daemon.troubles import Troubles
from alertd.rulebook.sender_settings import GovukNotify as NotifySettings
from alertd.rulebook.sender_settings import Twilio as TwilioSettings
from alertd.rulebook.sender_settings import TwilioVoice as VoiceSettings
from alertd.transport.backoff import Backoff
from alertd.web.app import Providers, make_app
from alertd.web.hooks import Twilio
from alertd.web.notify_hooks import Notify
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
        figures: Shown at `/metrics`; counts webhooks.
        troubles: Told, once a day, that it cannot listen.
        hearing: Takes what webhooks bring.
    """

    def __init__(self, parts: Parts, figures: Figures, troubles: Troubles, hearing: Hearing) -> None:
        self._parts = parts
        self._figures = figures
        self._troubles = troubles
        self._hearing = hearing
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
            providers = Providers(self._twilio(), self._voice(), self._notify())
            pages = make_pages(self._parts, self._hearing.changed, figures.came_in, figures.accepted)
            app = make_app(figures.registry, ready, figures.webhook, providers, pages)
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
            reply=self._hearing.reply,
            receipt=self._hearing.receipt,
            now=parts.now,
        )

    def _notify(self) -> Notify | None:
        settings = self._parts.settings
        services = [one for one in (*settings.sms, settings.email) if isinstance(one, NotifySettings)]
        tokens = [one.callback_token.resolve for one in services if one.callback_token is not None]
        if not tokens:
            return None
        hearing = self._hearing
        return Notify(tokens, hearing.reply_and_say, hearing.receipt, self._parts.now)

    # --- calls

    def _voice(self) -> Voice | None:
        parts, call = self._parts, self._parts.settings.call
        if not isinstance(call, VoiceSettings):
            return None
        return Voice(
            public_url=parts.settings.service.public_url,
            tokens=[call.auth_token.resolve],
            press=self._hearing.press,
            receipt=self._hearing.receipt,
            ended=parts.engaged.ended,
            now=parts.now,
        )
