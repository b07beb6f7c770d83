"""Phones that we are ringing or talking to: none is called twice at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from alertd.model.delivery import InDoubt, LookUp, Outcome, Outgoing, RetryLater, Sender, Sent

_LOOK_AGAIN = 15.0
"""Seconds after which a call that waits for a phone is tried again: most calls end sooner than they might."""


class EngagedPhones:
    """Remembers by address which call is going on, until it is reported as ended or must have ended; from any thread.

    Another machine's calls are not known here: there the network itself says "busy", and another way is found.

    Args:
        seconds: After which no call can still be going on.
        clock: Monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._calls: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def ended(self, key: str) -> None:
        """A call has ended, or was never made: its phone may be called."""
        with self._lock:
            self._calls = {address: call for address, call in self._calls.items() if call[0] != key}

    def begin(self, outgoing: Outgoing) -> float:
        """Take the phone and return 0.0, or the seconds until it is free at the latest."""
        with self._lock:
            moment = self._clock()
            _, until = self._calls.get(outgoing.address, ("", moment))
            if until > moment:
                return until - moment
            self._calls[outgoing.address] = (outgoing.key, moment + self._seconds)
            return 0.0


class OneAtATime:
    """A sender that answers `RetryLater` while a call to the same phone is going on.

    It stands before whatever limits the rate: calls that wait for one busy phone use up nothing of another's.

    Args:
        sender: The sender behind it.
        engaged: Phones that are being called.
    """

    def __init__(self, sender: Sender, engaged: EngagedPhones) -> None:
        self.name = sender.name
        self._sender = sender
        self._engaged = engaged

    def send(self, outgoing: Outgoing) -> Outcome:
        """Call, or say when to try again."""
        wait = self._engaged.begin(outgoing)
        if wait > 0.0:
            return RetryLater("the phone is being called already", min(wait, _LOOK_AGAIN))
        outcome = self._sender.send(outgoing)
        if not isinstance(outcome, Sent | InDoubt):
            self._engaged.ended(outgoing.key)
        return outcome

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:
        """As the sender behind it."""
        return self._sender.look_up(outgoing, since)
