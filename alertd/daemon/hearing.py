"""What providers bring: replies and reports, whether they were posted to a webhook or asked for."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import structlog

from alertd.daemon.figures import Figures
from alertd.daemon.parts import Parts
from alertd.daemon.verb_settings import voice_of
from alertd.model.delivery import Outgoing, Sent
from alertd.model.values import Channel
from alertd.service.calls import Calls, Heard, Press
from alertd.service.people import People
from alertd.service.receipts import Receipt
from alertd.service.receipts import Result as Settled
from alertd.service.replies import Circle, Handled, Replies, Reply
from alertd.service.reply_orders import Acceptance, Orders

_SAY_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class Hearing:
    """Hands replies and reports to the service; the same one, however often and however it came, counts once.

    Args:
        parts: The installation.
        figures: Counts acceptances.
        changed: Called when there may be something to do.
    """

    def __init__(self, parts: Parts, figures: Figures, changed: Callable[[], None]) -> None:
        self._parts = parts
        self._figures = figures
        self.changed = changed

    def reply(self, reply: Reply) -> Handled:
        """Do what a reply asks for.

        Raises:
            StoreUnavailable: it may be done in part; the same reply again completes it.
            MatcherError: the rules do not settle.
        """
        parts = self._parts
        circle = Circle(parts.rules.book, voice_of(parts.settings), parts.keyring.token)
        handled = Replies(parts.store, self._people, circle).handle(reply)
        self._count(*handled.accepted)
        _log.info("reply_handled", result=handled.result.value, accepted=len(handled.accepted))
        self.changed()
        return handled

    def reply_and_say(self, reply: Reply) -> Handled:
        """The same for a provider that takes no answer with its request: what is said to a stranger goes as a text.

        It is not stored, as the number is not, so it goes at most once, and is not tried again.
        """
        handled = self.reply(reply)
        if handled.say:
            sender = self._parts.senders[Channel.SMS][0]
            text = Outgoing(
                key=self._parts.new_id(),
                channel=Channel.SMS,
                address=reply.from_number,
                subject="",
                body=handled.say,
                deadline=monotonic() + _SAY_SECONDS,
            )
            _log.info("stranger_answered", sent=isinstance(sender.send(text), Sent))
        return handled

    def receipt(self, receipt: Receipt) -> Settled:
        """Settle a message by a report.

        Raises:
            StoreUnavailable: nothing was changed.
        """
        settled = self._parts.receipts.take(receipt)
        _log.info("receipt_taken", key=receipt.key, result=settled.value)
        self.changed()
        return settled

    def press(self, press: Press) -> Heard:
        """Do what a key on the telephone asks for.

        Raises:
            StoreUnavailable: it may be done in part; the same key again completes it.
        """
        parts = self._parts
        orders = Orders(parts.store, self._people, parts.rules.book)
        heard = Calls(parts.store, orders, parts.composer, parts.receipts, parts.keyring.token).press(press)
        if heard.acceptance is not None:
            self._count(heard.acceptance)
        _log.info("key_taken", key=press.key, result=heard.result.value)
        self.changed()
        return heard

    def _people(self) -> People:
        return People(self._parts.store, self._parts.intake, self._parts.rules.ruling)

    def _count(self, *acceptances: Acceptance) -> None:
        for acceptance in acceptances:
            self._figures.accepted(acceptance.role, acceptance.waited)
