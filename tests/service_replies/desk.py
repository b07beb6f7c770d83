"""People with phones, and what they text back."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from alertd.daemon.rehearsal import Sending
from alertd.model.case import Alert, Facts
from alertd.service.replies import Circle, Handled, Replies, Reply
from tests.service.stage import KEYRING, shipped_voice
from tests.service.world import Provider, World, custody, new_world

MASH, MASH_TWO, MANAGER = "+447700900101", "+447700900102", "+447700900121"
STRANGER = "+447700900999"


@dataclass
class Desk:
    """A world, and the replies that come in to it."""

    world: World
    replies: Replies
    _sids: count[int] = field(default_factory=lambda: count(1))

    def alert(self, child: str = "P1") -> str:
        """Let a child be booked in whose family may be rung; the code of the alert."""
        person = {"ref": child, "age": 15, "safe_to_contact": "yes"}
        self.world.told(self.world.incident({**custody(child), "person": person}))
        return self.case(child).alerts[-1].code

    def text(self, text: str, from_: str = MASH, sid: str = "") -> Handled:
        """Text back, and do what follows."""
        reply = Reply(from_, text, sid or f"SM{next(self._sids):032x}", self.world.now)
        handled = self.replies.handle(reply)
        self.world.settle()
        return handled

    def answers(self, text: str, from_: str = MASH) -> list[str]:
        """Text back; the texts that the sender gets in answer."""
        before = len(self.world.sent)
        self.text(text, from_)
        return [each.text.strip() for each in self.sent_since(before) if "reply" in each.abouts]

    def sent_since(self, before: int) -> list[Sending]:
        """Messages that left after so many."""
        return self.world.sent[before:]

    def case(self, child: str = "P1") -> Facts:
        """The case of a child as it stands."""
        found = self.world.case(child)
        assert found is not None
        return found

    def only_alert(self) -> Alert:
        """The one alert of the one case."""
        (alert,) = self.world.only_case().alerts
        return alert


def new_desk(folder: Path, *, confirms: bool = False) -> Desk:
    """A desk on a database of its own, with a provider that confirms or not."""
    world = new_world(folder, Provider(confirms=confirms))
    return Desk(world, replies_to(world))


def replies_to(world: World) -> Replies:
    """Takes what comes in to a world."""
    circle = Circle(lambda: world.book, shipped_voice(), KEYRING.token)
    return Replies(world.store, lambda: world.people, circle)
