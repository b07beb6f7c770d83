"""What intake does with a batch: all together, or one by one when something in it cannot be processed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

import structlog

from alertd.daemon.figures import Figures
from alertd.daemon.parts import Parts
from alertd.model.case import MessageOutcome
from alertd.model.errors import StoreUnavailable
from alertd.service.intake import Arrival, Totals
from alertd.transport.feed import Delivery

REASON = "alertd could not process it: a fault of alertd, not of the sender; the developers find it in the log"
_log = structlog.get_logger(__name__)


class Taking:
    """Commits batches for a feed (`alertd.transport.feed.Take`).

    Args:
        parts: The installation.
        figures: Counts what became of messages.
        taken: Called after each commit: there may be something to send.
    """

    def __init__(self, parts: Parts, figures: Figures, taken: Callable[[], None]) -> None:
        self._parts = parts
        self._figures = figures
        self._taken = taken

    def __call__(self, deliveries: tuple[Delivery, ...]) -> None:
        """Commit a batch; when this returns it may be acknowledged.

        Raises:
            StoreUnavailable: acknowledge nothing; whatever of it was stored is a duplicate when it comes again.
        """
        arrivals = [Arrival(each.body, each.properties, each.received_at) for each in deliveries]
        began = monotonic()
        totals = self._take(arrivals)
        self._figures.decision.observe(monotonic() - began)
        self._figures.took(totals)
        now = self._parts.now()
        for each in arrivals:
            self._figures.intake_lag.observe(max(0.0, (now - each.received_at).total_seconds()))
        self._taken()

    def _take(self, arrivals: Sequence[Arrival]) -> Totals:
        try:
            return self._parts.intake.take(arrivals, self._parts.now())
        except StoreUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001  # intake's one: found below which message it is
            _log.error("batch_failed", messages=len(arrivals), exc_info=fault)
        totals = dict.fromkeys(MessageOutcome, 0)
        for arrival in arrivals:
            for outcome, number in self._take_alone(arrival).items():
                totals[outcome] += number
        return totals

    def _take_alone(self, arrival: Arrival) -> Totals:
        """Take one message, or quarantine it: it must never block the feed, and somebody must hear of it."""
        intake, now = self._parts.intake, self._parts.now()
        try:
            return intake.take([arrival], now)
        except StoreUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001  # see `_take`
            _log.error("message_refused", exc_info=fault)
            intake.refuse(arrival, REASON, now)
            return {MessageOutcome.QUARANTINED: 1}
