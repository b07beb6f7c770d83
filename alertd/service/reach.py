"""Who can be told over what, as far as providers and people have said so: opt-outs, bad numbers, slow texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from alertd.core.outgoing import Desk
from alertd.model.ids import Token
from alertd.service.bad_numbers import BadNumbers
from alertd.service.opt_outs import OptOuts
from alertd.service.ports import Reading, Store
from alertd.service.slowness import Slowness


class Reach:
    """Remembers what is on record, so that whoever plans a message asks memory, not the store.

    Args:
        store: What is on record, by whichever machine.
        hashed: Keyed hash of a text.
    """

    def __init__(self, store: Store, hashed: Callable[[str], Token]) -> None:
        self.opt_outs = OptOuts(hashed)
        self.bad_numbers = BadNumbers(hashed)
        self._slowness = Slowness(store)

    def learn(self, reading: Reading) -> None:
        """Take over what is on record of numbers."""
        self.opt_outs.learn(reading)
        self.bad_numbers.learn(reading)

    def look(self, now: datetime) -> None:
        """Judge anew whether texts are slow."""
        self._slowness.look(now)

    def at(self, desk: Desk) -> Desk:
        """A desk that knows of it."""
        silent, bad = self.opt_outs.people(desk.book), self.bad_numbers.marked(desk.book)
        return replace(desk, silent=silent, bad=bad, slow_texts=self._slowness.is_slow)
