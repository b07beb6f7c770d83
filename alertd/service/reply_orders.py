"""Carries out the orders of a reply, as ordinary status messages through intake, and says what came of each.

Source: CONTRACT, "A reply by SMS"; DOMAIN: "an acceptance is not a contact; an attempt is not a contact; an acceptance
is not the police's call".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.model.case import Alert, AlertState, Facts
from alertd.model.errors import NotPossible
from alertd.model.ids import CaseId, PersonId, RoleId
from alertd.model.rulebook import Person, RuleBook
from alertd.service import call_words as voice
from alertd.service import reply_words as words
from alertd.service.handover import Confirming
from alertd.service.people import Fact, People
from alertd.service.ports import Store
from alertd.service.reply_parsing import Command, Order
from alertd.service.teams import role_now, role_of, team_of, word_of

_ATTEMPTED = ("young_person", "attempted_no_answer")
"""What A records: nobody was spoken to."""
_OUTCOMES = {"young_person": "contacted_young_person", "family": "contacted_family"}
_PROFESSIONAL = "contacted_professional"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An alert that a reply has accepted.

    Attributes:
        role: By which the person was found.
        waited: From the alert's opening to the reply.
    """

    role: RoleId
    waited: timedelta


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told by return.

    Attributes:
        text: One SMS.
        say: The same by voice.
        case: Case that it speaks of, else None.
        once: Names what is answered once for ever, or "" for every time.
        acceptance: Set when this order accepted an alert.
    """

    text: str
    case: CaseId | None = None
    once: str = ""
    acceptance: Acceptance | None = None
    say: str = ""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who orders, when (aware UTC), and the identity of the order: the same one again changes nothing."""

    by: Person
    at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class _Matter:
    """An alert with its case, as it stands."""

    case: Facts
    alert: Alert

    @property
    def ref(self) -> str:
        return self.case.row.ref


class Orders:
    """Does what replies ask for.

    Args:
        store: For what stands.
        people: The verbs of people.
        book: For teams.
    """

    def __init__(self, store: Store, people: Callable[[], People], book: Callable[[], RuleBook]) -> None:
        self._store = store
        self._people = people
        self._book = book

    def obey(self, command: Command, doing: Doing) -> Answer:
        """Do what one command asks for, as far as it stands to be done.

        Raises:
            StoreUnavailable: it may or may not have been done; doing it again is safe.
        """
        matter = self._matter(command.code)
        if matter is None:
            return self._list(command, doing)
        try:
            return self._done(command, matter, doing)
        except NotPossible:  # somebody was faster, or the case has just gone
            return self._as_it_stands(command.code, matter, doing)

    def _done(self, command: Command, matter: _Matter, doing: Doing) -> Answer:
        match command.order:
            case Order.ACCEPT:
                return self._accept(matter, doing)
            case Order.POLICE:
                self._record(matter, Fact("police_contacted_mash", doing.at), doing, "police")
                return self._accept(matter, doing, police=True)
            case Order.HAND_ON:
                return self._hand_on(matter, doing)
            case Order.ATTEMPT:
                return self._attempt(matter, doing)
            case Order.CONTACT:
                return self._contact(matter, command.reached, doing)

    def _accept(self, before: _Matter, doing: Doing, *, police: bool = False) -> Answer:
        if before.alert.state is not AlertState.OPEN:
            return self._standing(before, doing, police=police)
        accepted = self._people().accept(before.alert.code, doing.by.id, doing.at, message_id=f"{doing.id}/accept")
        after = _Matter(before.case, accepted.alert)
        if accepted.alert.accepted_by != doing.by.id:
            return self._standing(after, doing, police=police)
        text = words.accepted(after.ref, accepted.alert, doing.at, police=police)
        waited = max(timedelta(0), doing.at - before.alert.opened_at)
        role = self._role(after, doing.by.id, doing.at) or before.alert.duty
        return Answer(text, before.case.row.id, acceptance=Acceptance(role, waited), say=voice.ACCEPTED)

    def _hand_on(self, before: _Matter, doing: Doing) -> Answer:
        """Go a step on; an alert that this person has accepted, perhaps by another's hand, is given back instead."""
        people, code, case = self._people(), before.alert.code, before.case.row.id
        if before.alert.state is AlertState.OPEN:
            people.hand_on(code, doing.by.id, doing.at, message_id=f"{doing.id}/hand_on")
            return Answer(words.handed_on(before.ref), case, say=voice.HANDED_ON)
        if before.alert.state is AlertState.ACCEPTED and before.alert.accepted_by == doing.by.id:
            people.release(code, doing.by.id, doing.at, message_id=f"{doing.id}/release")
            return Answer(words.given_back(before.ref), case, say=voice.GIVEN_BACK)
        return self._standing(before, doing)

    def _attempt(self, matter: _Matter, doing: Doing) -> Answer:
        reached, outcome = _ATTEMPTED
        after = self._record(matter, Fact("contact", doing.at, reached, outcome), doing, "attempt")
        return Answer(words.attempt(after, self._book(), doing.at), matter.case.row.id)

    def _contact(self, matter: _Matter, reached: str, doing: Doing) -> Answer:
        """Ask who was reached, and record it once that is said: the question alone stops nothing."""
        if not reached:
            return Answer(words.ask_who(matter.ref, matter.alert.code), matter.case.row.id)
        fact = Fact("contact", doing.at, reached, _OUTCOMES.get(reached, _PROFESSIONAL))
        after = self._record(matter, fact, doing, "contact")
        return Answer(words.contact(after, self._book(), doing.at), matter.case.row.id)

    def _record(self, matter: _Matter, fact: Fact, doing: Doing, part: str) -> Facts:
        return self._people().record(matter.ref, fact, doing.by.id, doing.at, message_id=f"{doing.id}/{part}")

    # --- hand-over lists

    def _list(self, command: Command, doing: Doing) -> Answer:
        """Confirm the list that has this code; nothing but its confirmation can be done about a list."""
        with self._store.read() as reading:
            known = reading.handover_by_code(command.code)
        if known is None:
            return Answer(words.unknown_code(command.code), once=f"code|{command.code}", say=voice.NOTHING_TO_ACCEPT)
        if command.order is not Order.ACCEPT:
            return Answer(words.only_a_list(command.code))
        done = Confirming(self._store, self._people()).confirm(command.code, doing.by.id, doing.at)
        if done.changed:
            return Answer(words.list_confirmed(done.list))
        is_own = done.list.confirmed_by == doing.by.id
        return Answer(words.list_taken(done.list, "you" if is_own else self._team_of(done.list.confirmed_by, doing.at)))

    def _team_of(self, person: str, at: datetime) -> str:
        with self._store.read() as reading:
            return word_of(role_now(reading, self._book(), PersonId(person), at), self._book())

    # --- what stands

    def standing(self, code: str, doing: Doing) -> Answer:
        """Say how an alert stands, and do nothing."""
        matter = self._matter(code)
        return self._standing(matter, doing) if matter is not None else Answer("", say=voice.NOTHING_TO_ACCEPT)

    def _matter(self, code: str) -> _Matter | None:
        with self._store.read() as reading:
            found = reading.alert_by_code(code)
            case = reading.case(found[0]) if found is not None else None
        return _Matter(case, found[1]) if found is not None and case is not None else None

    def _as_it_stands(self, code: str, before: _Matter, doing: Doing) -> Answer:
        after = self._matter(code)
        if after is None or after.alert.state is before.alert.state:
            return Answer(words.not_possible(before.ref), before.case.row.id, say=voice.NOT_RECORDED)
        return self._standing(after, doing)

    def _standing(self, matter: _Matter, doing: Doing, *, police: bool = False) -> Answer:
        """Say politely how an alert stands that is not this person's to accept."""
        ref, alert, case = matter.ref, matter.alert, matter.case.row.id
        match alert.state:
            case AlertState.WITHDRAWN:
                return Answer(words.stood_down(ref, doing.at, police=police), case, say=voice.STOOD_DOWN)
            case AlertState.OPEN:
                return Answer(words.open_again(ref, alert), case, say=voice.OPEN_AGAIN)
            case AlertState.ACCEPTED if alert.accepted_by == doing.by.id:
                return Answer(words.already_yours(ref, alert, doing.at, police=police), case, say=voice.ACCEPTED)
            case AlertState.ACCEPTED:
                team = self._team(matter, doing.at)
                text = words.taken(ref, team, alert, doing.at, police=police)
                return Answer(text, case, say=voice.taken(team))

    def _team(self, matter: _Matter, at: datetime) -> str:
        with self._store.read() as reading:
            return team_of(reading, self._book(), matter.case.row.id, PersonId(matter.alert.accepted_by), at)

    def _role(self, matter: _Matter, person: PersonId, at: datetime) -> RoleId | None:
        with self._store.read() as reading:
            return role_of(reading, self._book(), matter.case.row.id, person, at)
