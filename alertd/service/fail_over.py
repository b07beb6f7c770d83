"""Which of a channel's providers takes the next message: the first one that is well.

A provider that fails is passed over for a while, tried again by one real message, and used again when that went well.

Source: issue 3, item 10: "two SMS providers in order with automatic fail-over and fail-back".
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from alertd.model.delivery import InDoubt, Outcome, Refused, RetryLater, Sent
from alertd.model.values import Channel

FAILURES = 2
"""Failures in a row after which a provider is passed over."""
FIRST_REST, MOST_REST = 15.0, 300.0
"""Seconds for which it is passed over: at first, doubled with each trial that fails, at most."""
TRIAL = 10.0
"""Seconds that one message has to show that a provider is well again, before the next one may try."""
PATIENCE = 3.0
"""Seconds without an answer after which the next message goes to another provider."""
_FORGOTTEN = 30.0
"""Seconds after which a request counts as ended, whatever became of it: every request has a hard limit far below."""


class Named(Protocol):
    """A provider, as far as choosing needs it."""

    @property
    def name(self) -> str:
        """What it is called on its channel."""
        ...


@dataclass(frozen=True, slots=True)
class Health:
    """How a provider has fared; a value. All moments are monotonic seconds.

    Attributes:
        failures: Certain failures, time-outs and refusals of our account, in a row.
        rest: How long it was passed over last, in seconds; 0.0 while it is well.
        until: Until when it is passed over.
        on_trial: Whether a message has been given to it since, to see whether it is well again.
        waiting: When each request was begun that has no answer yet.
        reason: Word for its last failure.
    """

    failures: int = 0
    rest: float = 0.0
    until: float = 0.0
    on_trial: bool = False
    waiting: tuple[float, ...] = ()
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is passed over, or on trial."""
        return self.rest > 0.0

    def takes(self, moment: float) -> bool:
        """Whether it may be given a message: it is well and not silent, or may be tried by one."""
        if self.is_open:
            return moment >= self.until
        return not any(PATIENCE < moment - begun < _FORGOTTEN for begun in self.waiting)

    def chosen(self, moment: float) -> Health:
        """A message is about to go to it; to one that is passed over, that is its trial."""
        return replace(self, until=moment + TRIAL, on_trial=True) if self.is_open else self

    def began(self, moment: float) -> Health:
        """A request has left."""
        return replace(self, waiting=(*self.waiting, moment))

    def ended(self, begun: float, outcome: Outcome | None, moment: float) -> Health:
        """A request has ended; None: nothing is known of how."""
        waiting = list(self.waiting)
        if begun in waiting:
            waiting.remove(begun)
        left = replace(self, waiting=tuple(waiting))
        match outcome:
            case None | RetryLater(held_back=True):
                return left
            case Sent() | Refused(account=""):
                return Health(waiting=left.waiting)
            case Refused(reason=reason):
                return _failed(left, moment, reason, at_once=True)
            case RetryLater(reason=reason) | InDoubt(reason=reason):
                return _failed(left, moment, reason, at_once=False)


def _failed(health: Health, moment: float, reason: str, *, at_once: bool) -> Health:
    failed = replace(health, failures=health.failures + 1, reason=reason)
    if health.is_open and not health.on_trial:
        return failed  # a request from before it was passed over
    if not (at_once or health.is_open or failed.failures >= FAILURES):
        return failed
    rest = min(MOST_REST, health.rest * 2) if health.is_open else FIRST_REST
    return replace(failed, rest=rest, until=moment + rest, on_trial=False)


def first_well(order: Sequence[Health], moment: float, not_this: int | None = None) -> int:
    """Which provider takes a message: the first one that may, otherwise the one that may soonest.

    Args:
        order: Their health, in the order in which they are preferred; at least one.
        moment: Monotonic seconds.
        not_this: One that has just refused or failed this very message; it is the last resort.
    """
    places = [place for place in range(len(order)) if place != not_this] or list(range(len(order)))
    well = next((place for place in places if order[place].takes(moment)), None)
    if well is not None:
        return well
    # None is well, and a message never waits for one to become so: the longest rested may have recovered.
    return min(places, key=lambda place: order[place].until)


class FailOver:
    """Remembers how providers fare; safe from any thread. It begins anew with each process."""

    def __init__(self) -> None:
        self._health: dict[tuple[Channel, str], Health] = {}
        self._lock = threading.Lock()

    def choose(self, channel: Channel, senders: Sequence[Named], moment: float, not_this: str = "") -> int:
        """The place of the provider that takes the next message of a channel."""
        names = [sender.name for sender in senders]
        with self._lock:
            order = [self._of(channel, name) for name in names]
            place = first_well(order, moment, names.index(not_this) if not_this in names else None)
            self._health[channel, names[place]] = order[place].chosen(moment)
        return place

    def is_another_well(self, channel: Channel, senders: Sequence[Named], name: str, moment: float) -> bool:
        """Whether a provider beside this one may be given a message."""
        with self._lock:
            return any(self._of(channel, other.name).takes(moment) for other in senders if other.name != name)

    def began(self, channel: Channel, name: str, moment: float) -> None:
        """A request leaves for a provider."""
        with self._lock:
            self._health[channel, name] = self._of(channel, name).began(moment)

    def ended(self, channel: Channel, name: str, begun: float, outcome: Outcome | None, moment: float) -> bool:
        """It was answered, or came to nothing known; returns whether the provider is passed over from now on."""
        with self._lock:
            before = self._of(channel, name)
            after = before.ended(begun, outcome, moment)
            self._health[channel, name] = after
        return after.is_open and not before.is_open

    def standing(self) -> Mapping[str, str]:
        """What is wrong, by channel and provider; "" for those that are well."""
        with self._lock:
            found = sorted(self._health.items())
        return {f"{channel} {name}": health.reason if health.is_open else "" for (channel, name), health in found}

    def _of(self, channel: Channel, name: str) -> Health:
        return self._health.get((channel, name), Health())
