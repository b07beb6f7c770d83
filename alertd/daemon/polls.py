"""The loop that asks providers for replies and reports, where the settings say that they are polled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

import structlog

from alertd.daemon.figures import Figures
from alertd.daemon.hearing import Hearing
from alertd.daemon.parts import Parts
from alertd.daemon.senders import notify_account, twilio_account
from alertd.daemon.supervisor import LOOK
from alertd.daemon.troubles import Troubles
from alertd.model.delivery import Sender
from alertd.model.errors import AlertdError
from alertd.model.values import Channel
from alertd.rulebook.sender_settings import EmailSender, GovukNotify, SmsSender, Twilio
from alertd.service.polling import Polling, Post, Taking, Unpolled
from alertd.transport.backoff import Backoff
from alertd.transport.notify_post import NotifyPost
from alertd.transport.twilio_post import TwilioPost

LONG = timedelta(minutes=10)
"""A provider that cannot be asked for so long is told to the administrators: replies do not come in meanwhile."""
_MOST_WAIT = timedelta(minutes=5)
_log = structlog.get_logger(__name__)


class Closable(Post, Protocol):
    """A provider that can be asked, and keeps connections."""

    def close(self) -> None:
        """Give back connections."""
        ...


@dataclass(slots=True)
class _Round:
    """One provider and when it is asked next, in monotonic seconds."""

    post: Closable
    polling: Polling
    every: timedelta
    backoff: Backoff
    at: float = 0.0
    failing_since: datetime | None = field(default=None)


class PollTurn:
    """Asks each provider when its time has come; one that cannot be asked, less and less often.

    Args:
        parts: The installation.
        hearing: Takes what was asked for.
        figures: Counts it.
        troubles: Told when a provider cannot be asked for long.
    """

    def __init__(self, parts: Parts, hearing: Hearing, figures: Figures, troubles: Troubles) -> None:
        self._parts = parts
        self._troubles = troubles
        taking = Taking(hearing.reply_and_say, hearing.receipt, self._reply_failed, figures.polled)
        self._rounds = [
            _Round(post, Polling(parts.store, post, taking), every, Backoff(first=every * 2, most=_MOST_WAIT))
            for post, every in _posts(parts)
        ]

    @property
    def has_any(self) -> bool:
        """Whether anything is polled."""
        return bool(self._rounds)

    def __call__(self) -> float:
        """Take a turn; seconds until the next provider is asked."""
        for each in self._rounds:
            if monotonic() >= each.at:
                self._ask(each)
        return max(0.001, min((each.at for each in self._rounds), default=LOOK) - monotonic())

    def close(self) -> None:
        """Give back connections."""
        for each in self._rounds:
            each.post.close()

    def _ask(self, each: _Round) -> None:
        each.at = monotonic() + each.every.total_seconds()
        try:
            each.polling.run(self._parts.now())
        except Unpolled as why:
            each.at = monotonic() + each.backoff.failed().total_seconds()
            self._failed(each, str(why))
        else:
            each.backoff.succeeded()
            each.failing_since = None

    def _failed(self, each: _Round, why: str) -> None:
        now, name = self._parts.now(), each.post.name
        _log.warning("poll_failed", provider=name, reason=why)
        each.failing_since = each.failing_since or now
        if now - each.failing_since < LONG:
            return
        text = (
            f"alertd cannot ask {name} for replies and receipts ({why}) since {each.failing_since:%H:%M} UTC: replies "
            "by text do not come in, alerts go out as ever and climb on. Remedy: look at the provider's status page "
            "and at our account; people can accept by page or by ringing meanwhile."
        )
        self._troubles.tell("poll", f"{name}.{each.failing_since:%Y%m%dT%H%M%S}", text)

    def _reply_failed(self, trouble: AlertdError) -> None:
        _log.error("reply_failed", reason=type(trouble).__name__)
        text = (
            f"alertd cannot work a reply ({type(trouble).__name__}); it tries again. Remedy: look at the open alerts "
            "now, accept by command for whoever has replied, and send the log to the developers."
        )
        self._troubles.tell("reply", f"{self._parts.now():%Y%m%d%H}", text)


def _posts(parts: Parts) -> Sequence[tuple[Closable, timedelta]]:
    """Providers that the settings poll, each under the name of its sender."""
    settings, senders = parts.settings, parts.senders
    named: list[tuple[Channel, SmsSender | EmailSender, Sender]] = [
        *((Channel.SMS, one, sender) for one, sender in zip(settings.sms, senders[Channel.SMS], strict=True)),
        *((Channel.EMAIL, settings.email, sender) for sender in senders[Channel.EMAIL]),
    ]
    return [
        (_post(one, channel, sender.name), one.poll)
        for channel, one, sender in named
        if isinstance(one, Twilio | GovukNotify) and one.poll is not None
    ]


def _post(one: Twilio | GovukNotify, channel: Channel, name: str) -> Closable:
    match one:
        case Twilio():
            return TwilioPost(twilio_account(one), one.sender, name)
        case GovukNotify():
            return NotifyPost(notify_account(one), channel, name)
