"""Phones that we are ringing or talking to: none is called twice at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from alertd.model.delivery import InDoubt, Outcome, Outgoing, RetryLater, Sent

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

    def one_call(self, outgoing: Outgoing, call: Callable[[], Outcome]) -> Outcome:
        """Make a call unless one to the same phone is going on; then say when to try again."""
        wait = self._begin(outgoing)
        if wait > 0.0:
            return RetryLater("the phone is being called already", min(wait, _LOOK_AGAIN))
        outcome = call()
        if not isinstance(outcome, Sent | InDoubt):
            self.ended(outgoing.key)
        return outcome

    def ended(self, key: str) -> None:
        """A call has ended, or was never made: its phone may be called."""
        with self._lock:
            self._calls = {address: call for address, call in self._calls.items() if call[0] != key}

    def _begin(self, outgoing: Outgoing) -> float:
        """Take the phone and return 0.0, or the seconds until it is free at the latest."""
        with self._lock:
            moment = self._clock()
            _, until = self._calls.get(outgoing.address, ("", moment))
            if until > moment:
                return until - moment
            self._calls[outgoing.address] = (outgoing.key, moment + self._seconds)
            return 0.0
