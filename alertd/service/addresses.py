"""What providers say of an address for good, and what is done about it: not used again, and somebody is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from alertd.core.on_call import MANAGER
from alertd.model.case import Notification
from alertd.model.ids import Token
from alertd.model.rulebook import Person
from alertd.model.values import Channel
from alertd.service.bad_numbers import NUMBERS, BadNumbers, Proof
from alertd.service.opt_outs import OptOuts
from alertd.service.ports import Writing
from alertd.service.reply_words import provider_opted_out
from alertd.service.system_lines import bad_address_line, trouble_line

_SHORT = 16


class Addresses:
    """Marks addresses by what became of messages.

    Args:
        person: Somebody by id, as the files name them now.
        hashed: Keyed hash of a text: numbers are kept in no other form.
    """

    def __init__(self, person: Callable[[str], Person | None], hashed: Callable[[str], Token]) -> None:
        self._person = person
        self._hashed = hashed
        self._bad = BadNumbers(hashed)
        self._opt_outs = OptOuts(hashed)

    def refused(self, note: Notification, writing: Writing, now: datetime, *, opted_out: bool = False) -> None:
        """An address is at fault for good: mark it when it is a number, and tell the administrators once.

        With `opted_out` its owner has asked the provider for no more texts: the manager is told instead.
        """
        person = self._person(note.person)
        if person is None or not person.address(note.channel):
            return  # the files have moved on meanwhile
        if opted_out and note.channel is Channel.SMS:
            self._opted_out(person, writing, now)
        elif note.channel not in NUMBERS or self._bad.mark(person, note.channel, writing, now):
            address = self._hashed(f"address|{person.address(note.channel)}").hex()[:_SHORT]
            day = f".{now:%Y%m%d}" if note.channel in NUMBERS else ""
            writing.add_obligations([bad_address_line(note, f"{address}{day}", now)])

    def _opted_out(self, person: Person, writing: Writing, now: datetime) -> None:
        if self._opt_outs.holds(person, writing):
            return
        self._opt_outs.add(person, writing)
        number = self._hashed(f"address|{person.sms}").hex()[:_SHORT]
        line = trouble_line(
            "opted_out", f"{person.id}.{number}.{now:%Y%m%d}", now, provider_opted_out(person.id), MANAGER
        )
        writing.add_obligations([replace(line, by=(Channel.SMS, Channel.EMAIL))])

    def reached(self, notes: Iterable[Notification], writing: Writing) -> None:
        """Messages got through to their numbers."""
        proofs = [
            Proof(person, note.channel, note.sent_at)
            for note in notes
            if note.channel in NUMBERS and note.sent_at and (person := self._person(note.person)) is not None
        ]
        if proofs:
            self._bad.clear(proofs, writing)
