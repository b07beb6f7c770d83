"""The choice of a provider for each message, and what becomes of one that a provider would not take."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from alertd.core.calendar import local
from alertd.model.case import Notification, NotificationState, Obligation
from alertd.model.delivery import Outcome, Outgoing, Refused, RetryLater, Sender
from alertd.model.values import Channel
from alertd.service.means import Means
from alertd.service.system_lines import trouble_line

_FAILED, _REFUSED = "failed_at ", "refused_at "
"""Words in front of a provider's name: why a message goes to another one at once."""
_REPEAT = "in_doubt_repeat"
_PAUSE = timedelta(seconds=2)
_WORDS = {Channel.SMS: "Texts", Channel.EMAIL: "Mails", Channel.CALL: "Calls"}


class Choice:
    """Chooses among the providers of a channel; see `fail_over` for who is well.

    Args:
        means: Providers, and how they have fared.
    """

    def __init__(self, means: Means) -> None:
        self._senders = means.senders
        self._monotonic = means.monotonic
        self._fail_over = means.fail_over

    def sender(self, note: Notification) -> Sender:
        """The provider that takes a message now: not the one that has just failed it, if there is another."""
        senders = self._senders[note.channel]
        passed = note.provider if note.reason.startswith((_FAILED, _REFUSED, _REPEAT)) else ""
        return senders[self._fail_over.choose(note.channel, senders, self._monotonic(), passed)]

    def send(self, sender: Sender, outgoing: Outgoing) -> Outcome:
        """Send once, and remember how the provider fared."""
        begun = self._monotonic()
        outcome: Outcome | None = None
        self._fail_over.began(outgoing.channel, sender.name, begun)
        try:
            outcome = sender.send(outgoing)
        finally:
            self._fail_over.ended(outgoing.channel, sender.name, begun, outcome, self._monotonic())
        return outcome

    def elsewhere(self, note: Notification, outcome: Outcome, now: datetime) -> Notification | None:
        """The message as it goes to another provider, when it was certainly not taken; None when it does not.

        Each provider has one try before there is a pause. What may have been taken is looked up where it went; a bad
        address is bad everywhere.
        """
        if len(self._senders.get(note.channel, ())) < 2:
            return None
        match outcome:
            case RetryLater(held_back=False):
                tried = note.reason.startswith((_FAILED, _REFUSED))
                return None if tried or not self._is_another_well(note) else _again(note, _FAILED, now)
            case Refused(bad_address=False, account=account) if account:
                if note.reason.startswith(_REFUSED):
                    return None
                return _again(note, _REFUSED, now + _PAUSE if note.reason.startswith(_FAILED) else now)
            case _:
                return None

    def troubles(self, note: Notification, outcome: Outcome, now: datetime) -> list[Obligation]:
        """What the administrators are told, once a day: our account is refused, or a provider is passed over."""
        if isinstance(outcome, Refused) and outcome.account:
            return [_line(note, outcome.account, now, "Meanwhile alertd uses whatever else it has.")]
        is_passed_over = bool(self._fail_over.standing().get(f"{note.channel} {note.provider}"))
        if not is_passed_over or len(self._senders[note.channel]) < 2:
            return []
        text = f"{_WORDS[note.channel]} by {note.provider} fail: they go by the other provider meanwhile."
        return [_line(note, text, now, "It is tried again by itself. Remedy: look at the provider's own status page.")]

    def _is_another_well(self, note: Notification) -> bool:
        senders = self._senders[note.channel]
        return self._fail_over.is_another_well(note.channel, senders, note.provider, self._monotonic())


def _again(note: Notification, word: str, at: datetime) -> Notification:
    return replace(note, state=NotificationState.PENDING, reason=f"{word}{note.provider}", next_at=at)


def _line(note: Notification, text: str, now: datetime, more: str) -> Obligation:
    key = f"{note.channel}|{note.provider}|{text}|{local(now):%Y%m%d}"
    return trouble_line("provider", hashlib.sha256(key.encode()).hexdigest()[:32], now, f"{text} {more}")
