"""Numbers whose owners have asked for no more texts: on record until they ask for them again.

Source: CONTRACT, "A reply by SMS": "a STOP or the provider's opt-out marks the number unreachable and tells
duty_manager".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from alertd.model.ids import PersonId, Token
from alertd.model.rulebook import Person, RuleBook
from alertd.service.ports import Reading, Writing

_NOTE = "opted_out"


class OptOuts:
    """Who is not to be texted. The number itself is kept as a keyed hash: with a new number, texts go again.

    Args:
        hashed: Keyed hash of a text.
    """

    def __init__(self, hashed: Callable[[str], Token]) -> None:
        self._hashed = hashed
        self._learned: Mapping[str, str] = {}

    def learn(self, reading: Reading) -> None:
        """Take over what is on record, by whichever machine: who plans a message then asks memory, not the store."""
        self._learned = _marked(reading)

    def people(self, book: RuleBook) -> frozenset[PersonId]:
        """People whose present number is not to be texted, as far as it was learned."""
        marked = self._learned
        found = (book.people.get(PersonId(id_)) for id_ in marked)
        return frozenset(person.id for person in found if person is not None and self._is_marked(person, marked))

    def holds(self, person: Person, reading: Reading) -> bool:
        """Whether this person's present number is not to be texted."""
        return self._is_marked(person, _marked(reading))

    def add(self, person: Person, writing: Writing) -> None:
        """Send this person's present number no more texts."""
        _store({**_marked(writing), person.id: self._mark(person)}, writing)

    def remove(self, person: Person, writing: Writing) -> None:
        """Text this person again."""
        _store({id_: mark for id_, mark in _marked(writing).items() if id_ != person.id}, writing)

    def _is_marked(self, person: Person, marked: Mapping[str, str]) -> bool:
        return marked.get(person.id) == self._mark(person)

    def _mark(self, person: Person) -> str:
        return self._hashed(f"opted_out|{person.sms}").hex()[:32]


def _marked(reading: Reading) -> Mapping[str, str]:
    marked: dict[str, str] = json.loads(reading.note(_NOTE) or "{}")
    return marked


def _store(marked: Mapping[str, str], writing: Writing) -> None:
    writing.set_note(_NOTE, json.dumps(marked, sort_keys=True))
