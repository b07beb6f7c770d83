"""Telephone numbers that providers refuse for good: not used until the number changes, or a message gets through.

Source: protocol scenario 20: "a number is marked bad only on a permanent failure".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from alertd.model.ids import PersonId, Token
from alertd.model.rulebook import Person, RuleBook
from alertd.model.values import Channel
from alertd.service.ports import Reading, Writing

_NOTE = "bad_numbers"
NUMBERS = (Channel.SMS, Channel.CALL)
"""Channels whose addresses are marked: a mail that is refused costs nothing to try again."""
Marks = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Proof:
    """That somebody's number works: it was reached by something that left, or came, at a moment."""

    person: Person
    channel: Channel
    at: datetime


class BadNumbers:
    """Which numbers are not to be used. A number is kept as a keyed hash: with a new one, messages go again.

    Args:
        hashed: Keyed hash of a text.
    """

    def __init__(self, hashed: Callable[[str], Token]) -> None:
        self._hashed = hashed
        self._learned: Marks = {}

    def learn(self, reading: Reading) -> None:
        """Take over what is on record, by whichever machine: who plans a message then asks memory, not the store."""
        self._learned = _marks(reading)

    def marked(self, book: RuleBook) -> frozenset[tuple[PersonId, Channel]]:
        """People whose present number is marked, with its channel, as far as it was learned."""
        found = (tuple(name.rpartition("/")[::2]) for name in self._learned)
        return frozenset(
            (person.id, Channel(channel))
            for id_, channel in found
            if (person := book.people.get(PersonId(id_))) is not None
            and self._is_marked(person, Channel(channel), self._learned)
        )

    def mark(self, person: Person, channel: Channel, writing: Writing, now: datetime) -> bool:
        """Use this person's present number no more; False when it is marked already."""
        marks = _marks(writing)
        if self._is_marked(person, channel, marks):
            return False
        _store({**marks, _name(person, channel): (self._hash(person, channel), now.isoformat())}, writing)
        return True

    def clear(self, proofs: Iterable[Proof], writing: Writing) -> None:
        """Use these people's numbers again.

        What left before a number was marked proves nothing: its receipt may just come late.
        """
        marks = _marks(writing)
        left = dict(marks)
        for proof in proofs:
            name = _name(proof.person, proof.channel)
            if self._is_marked(proof.person, proof.channel, left) and proof.at > datetime.fromisoformat(left[name][1]):
                del left[name]
        if left != marks:
            _store(left, writing)

    def _is_marked(self, person: Person, channel: Channel, marks: Marks) -> bool:
        mark = marks.get(_name(person, channel))
        return mark is not None and mark[0] == self._hash(person, channel)

    def _hash(self, person: Person, channel: Channel) -> str:
        return self._hashed(f"bad_number|{channel}|{person.address(channel)}").hex()[:32]


def _name(person: Person, channel: Channel) -> str:
    return f"{person.id}/{channel}"


def _marks(reading: Reading) -> Marks:
    found: dict[str, list[str]] = json.loads(reading.note(_NOTE) or "{}")
    return {name: (mark, at) for name, (mark, at) in found.items()}


def _store(marks: Marks, writing: Writing) -> None:
    writing.set_note(_NOTE, json.dumps(marks, sort_keys=True))
