"""No more a second than a provider takes, and no busy address at the cost of another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alertd.model.delivery import LookUp, Outcome, Outgoing, RetryLater, Sender

_PRUNE_OVER = 1000
_LONGEST_QUEUE = 60.0


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a second from then on.

    Attributes:
        per_second: Sustained rate, positive.
        burst: Most at once after a pause, at least 1.
    """

    per_second: float
    burst: int


class Bucket:
    """A token bucket on a monotonic clock; not locked.

    Args:
        rate: Its rate; it begins full.
        moment: Monotonic seconds.
    """

    def __init__(self, rate: Rate, moment: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at = moment

    def wait(self, moment: float) -> float:
        """Seconds until a token is there; 0.0 when one is."""
        self._fill(moment)
        return max(0.0, (1.0 - self._tokens) / self._rate.per_second)

    def take(self, moment: float) -> None:
        """Take a token; only after `wait` said 0.0."""
        self._fill(moment)
        self._tokens -= 1.0

    def full(self, moment: float) -> bool:
        """Whether it would be no different from a new one."""
        self._fill(moment)
        return self._tokens >= self._rate.burst

    def _fill(self, moment: float) -> None:
        # Tolerance: 0.1 s at 10/s must make a whole token, whatever the floats say.
        earned = self._tokens + (moment - self._at) * self._rate.per_second + 1e-9
        self._tokens, self._at = min(float(self._rate.burst), earned), moment


class Limiter:
    """Two buckets for each send: the sender's and the address's; safe from any thread.

    Args:
        sender: Rate that the provider takes from us.
        address: Rate at which one address may be used.
        clock: Monotonic seconds.
    """

    def __init__(self, sender: Rate, address: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._address_rate = address
        self._clock = clock
        self._sender = Bucket(sender, clock())
        self._addresses: dict[str, Bucket] = {}
        self._places: dict[str, float] = {}
        self._lock = threading.Lock()

    def admit(self, address: str) -> float:
        """Take a place and return 0.0, or take none and return the seconds to wait.

        An address that must wait uses up nothing of the sender's.
        """
        with self._lock:
            moment = self._clock()
            self._prune(moment)
            own = self._addresses.setdefault(address, Bucket(self._address_rate, moment))
            wait = max(own.wait(moment), self._sender.wait(moment))
            if wait == 0.0:
                own.take(moment)
                self._sender.take(moment)
            return wait

    def place(self, address: str, wait: float) -> float:
        """Give a place in the queue of an address to what `admit` refused.

        Without one, everything that waits for a busy number would come back at the same moment, for one free place.

        Args:
            address: Whose queue.
            wait: What `admit` said.

        Returns:
            Seconds until it is worth coming back, at most a minute.
        """
        with self._lock:
            moment = self._clock()
            last = self._places.get(address, 0.0)
            mine = min(moment + _LONGEST_QUEUE, max(moment + wait, last + 1.0 / self._address_rate.per_second))
            self._places[address] = mine
            return mine - moment

    def _prune(self, moment: float) -> None:
        if len(self._addresses) > _PRUNE_OVER:
            self._places = {a: at for a, at in self._places.items() if at > moment}
            self._addresses = {a: bucket for a, bucket in self._addresses.items() if not bucket.full(moment)}


class RateLimited:
    """A sender that answers `RetryLater` instead of going too fast; it never waits itself.

    Args:
        sender: The sender behind it.
        limiter: Shared by everything that uses the same account.
        name: What it is called beside another of its kind; "" leaves its own name.
    """

    def __init__(self, sender: Sender, limiter: Limiter, name: str = "") -> None:
        self.name = name or sender.name
        self._sender = sender
        self._limiter = limiter

    def send(self, outgoing: Outgoing) -> Outcome:
        """Send, or say when there will be room."""
        wait = self._limiter.admit(outgoing.address)
        if wait == 0.0:
            return self._sender.send(outgoing)
        return RetryLater("rate limit", self._limiter.place(outgoing.address, wait), held_back=True)

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:
        """As the sender behind it."""
        return self._sender.look_up(outgoing, since)
