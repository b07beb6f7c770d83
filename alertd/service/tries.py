"""Slows whoever tries to come in and fails, and never locks anybody out.

A try is counted before it is judged, under the network that it comes from and the number or login that was typed; the
more of them failed lately, the longer the next is held before it is judged, up to half a minute. Held, not refused: who
knows the right answer always gets in, whatever others type in their name. The counts live in the store: they survive a
restart, and all machines share them. Nothing is counted by alert: nobody can be kept from one by strangers.

Source: CONTRACT, HTTP: "wrong tries are slowed by network and by typed number, growing to 30 s, never by alert and
never a lock-out".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.model.ids import Token
from alertd.service.access_ports import AccessStore
from alertd.service.ports import Rank

LONGEST = timedelta(seconds=30)
FREE_BY_NETWORK = 10
"""Wrong tries that cost a network nothing: a whole office comes from one address."""
FREE_BY_NAME = 3
"""Wrong tries that cost a number or a login nothing: everybody mistypes at night."""
FORGOTTEN_AFTER = timedelta(minutes=15)
"""Wrong tries are forgotten when none followed for so long."""


@dataclass(frozen=True, slots=True)
class Try:
    """A try that has been counted.

    Attributes:
        wait: How long it is to be held before it is judged.
        network, name: Under which it was counted, as keyed hashes.
    """

    wait: timedelta
    network: Token
    name: Token | None


class Tries:
    """Counts tries.

    Args:
        store: Where counts live.
        hashed: Keyed hash of a text: networks, numbers and logins are kept in no other form.
    """

    def __init__(self, store: AccessStore, hashed: Callable[[str], Token]) -> None:
        self._store = store
        self._hashed = hashed

    def begin(self, network: str, name: str, now: datetime) -> Try:
        """Count a try.

        Args:
            network: Where it comes from.
            name: Number or login that was typed, normalised; "" when it is none, and only the network counts.
            now: Aware UTC.

        Raises:
            StoreUnavailable: it could not be counted, and must not be judged.
        """
        by_network = self._hashed(f"try|network|{network}")
        by_name = self._hashed(f"try|name|{name}") if name else None
        keys = [key for key in (by_network, by_name) if key is not None]
        with self._store.write(Rank.PEOPLE) as writing:
            before = writing.count_tries(keys, now, now - FORGOTTEN_AFTER)
        wait = delay(before[by_network], FREE_BY_NETWORK)
        if by_name is not None:
            wait = max(wait, delay(before[by_name], FREE_BY_NAME))
        return Try(wait, by_network, by_name)

    def succeeded(self, tried: Try, now: datetime) -> None:
        """Forgive what was typed under this name, and this one try to the network.

        The network's other wrong tries stay: else anybody with an account of their own could guess at full speed.
        """
        with self._store.write(Rank.PEOPLE) as writing:
            writing.forgive_tries(tried.network, 1)
            if tried.name is not None:
                writing.forgive_tries(tried.name)
            writing.forget_tries(now - FORGOTTEN_AFTER)


def delay(wrong: int, free: int) -> timedelta:
    """How long a try is held after so many wrong ones: nothing at first, then 1, 2, 4, 8, 16, 30 s and no more."""
    return min(LONGEST, timedelta(seconds=2 ** min(wrong - free, 10))) if wrong >= free else timedelta(0)
