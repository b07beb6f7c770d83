"""A second person stands for a rule set: by a code sent to their own number, or by a page behind their sign-in.

Source: CONTRACT, `alertd approve`: "author and approver differ; the operating system's user is recorded".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hmac import compare_digest

from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, Token, Version
from alertd.model.rule_loads import Approval, Proof, RuleLoad
from alertd.service.ports import Rank
from alertd.service.rule_load_port import RuleLoadReading, RuleLoadStore, RuleLoadWriting
from alertd.service.rule_loads import last_of, waiting

GOOD_FOR = timedelta(minutes=10)
TRIES = 5
"""Wrong codes after which a new one must be asked for."""


class Approving:
    """The verbs of whoever stands for a set.

    Args:
        store: With the record.
        hashed: Keyed hash of a text: a code is never stored in the clear.
    """

    def __init__(self, store: RuleLoadStore, hashed: Callable[[str], Token]) -> None:
        self._store = store
        self._hashed = hashed

    def asked(self, version: str) -> RuleLoad:
        """The set that waits.

        Args:
            version: As people type it; "" for the one that waits.

        Raises:
            NotPossible: it does not wait; the text says what became of it.
        """
        with self._store.read() as reading:
            return _asked(reading, version)

    def send_code(self, load: RuleLoad, person: PersonId, digits: str, now: datetime) -> None:
        """Remember a code that is about to be sent to a person; an earlier one counts no more.

        Raises:
            NotPossible: they stand for the set already.
        """
        _check_other(load, person)
        kept = {"version": load.version, "code": self._hash(person, digits), "until": (now + GOOD_FOR).isoformat()}
        with self._store.write(Rank.PEOPLE) as writing:
            writing.set_note(_note(person), json.dumps({**kept, "tries": TRIES}))

    def by_code(self, version: str, person: PersonId, digits: str, account: str, now: datetime) -> RuleLoad:
        """Stand for a set, proved by the code that was sent; a code counts once.

        Raises:
            NotPossible: the code is wrong, too old or tried too often, or the set does not wait for this person.
        """
        with self._store.write(Rank.PEOPLE) as writing:
            load = _asked(writing, version)
            _check_other(load, person)
            if self._is_right(writing, load, person, digits, now):
                return _approve(writing, load, Approval(person, Proof.CODE, account, now))
        raise NotPossible("that code is wrong or too old. Remedy: ask for a new one: alertd approve --as PERSON")

    def by_page(self, version: str, person: PersonId, now: datetime) -> RuleLoad:
        """Stand for a set, proved by having signed in.

        Args:
            version: The whole of it: the set that was read, and no other.
            person: Who has signed in.
            now: Aware UTC.

        Raises:
            NotPossible: the set does not wait for this person.
        """
        with self._store.write(Rank.PEOPLE) as writing:
            load = _asked(writing, version)
            if load.version != version:
                raise NotPossible("the page does not say which set it showed: open it again")
            _check_other(load, person)
            return _approve(writing, load, Approval(person, Proof.PAGE, "", now))

    def _is_right(self, writing: RuleLoadWriting, load: RuleLoad, person: PersonId, digits: str, now: datetime) -> bool:
        """Whether this is the code; a wrong one costs a try, a right one is used up."""
        kept = json.loads(writing.note(_note(person)) or "{}")
        if not kept or kept["version"] != load.version or datetime.fromisoformat(kept["until"]) < now:
            return False
        right = kept["tries"] > 0 and compare_digest(kept["code"], self._hash(person, digits))
        writing.set_note(_note(person), "" if right else json.dumps({**kept, "tries": kept["tries"] - 1}))
        return right

    def _hash(self, person: PersonId, digits: str) -> str:
        return self._hashed(f"approval|{person}|{digits}").hex()


def _note(person: PersonId) -> str:
    return f"approval_code.{person}"


def _asked(reading: RuleLoadReading, version: str) -> RuleLoad:
    found = waiting(reading)
    if found is not None and found.version.startswith(version):
        return found
    known = last_of(reading, Version(version)) if version else None
    if known is not None:
        raise NotPossible(f"{version} does not wait: it is {known.state.replace('_', ' ')}. `alertd rules` lists them")
    what = f"there is no set {version}" if version else "no set of rules waits for anybody"
    raise NotPossible(f"{what}: `alertd rules` lists them")


def _check_other(load: RuleLoad, person: PersonId) -> None:
    if person == load.author:
        raise NotPossible(f"{person} made this change: somebody else must stand for it")
    if person in load.people:
        raise NotPossible(f"{person} stands for {load.version} already: another person must")


def _approve(writing: RuleLoadWriting, load: RuleLoad, approval: Approval) -> RuleLoad:
    writing.approve_rule_load(load.number, approval)
    return replace(load, approvals=(*load.approvals, approval))
