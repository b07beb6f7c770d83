"""What people do: each act becomes an ordinary status message of `person/<id>`, through the same intake as any other.

Source: MESSAGES, "What people record"; RULES, Meaning ("Acceptance").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from alertd.core.typed_text import typed_value
from alertd.model.case import Alert, AlertState, Facts
from alertd.model.contract import EVENTS, FIELDS, PEOPLE_EVENTS
from alertd.model.errors import NotPossible
from alertd.model.ids import CaseRef, PersonId
from alertd.model.values import Value
from alertd.service.casework import Ruling
from alertd.service.finding import case_of, code_in, find_case, present
from alertd.service.intake import Arrival, Intake
from alertd.service.messages import (
    ANSWERS,
    PERSON_SOURCE,
    Properties,
    encode_incident,
    encode_status,
    validate_text,
)
from alertd.service.ports import Reading, Store

RECORDABLE = tuple(event for event in EVENTS if event not in PEOPLE_EVENTS | {"same_child_as", "not_same_child_as"})
"""Events that a person records about a case; the others have verbs of their own."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that a person records.

    Attributes:
        event: One of `RECORDABLE`.
        at: When it happened, aware UTC.
        contact_with, outcome: Of a contact or an attempt.
        field: With `field_answered`: the incident field that `value` fills.
        value: Text, as a status carries it.
        reference: Of the referral, listing or decision.
    """

    event: str
    at: datetime
    contact_with: str = ""
    outcome: str = ""
    field: str = ""
    value: str = ""
    reference: str = ""

    def fields(self) -> dict[str, Value]:
        """What a status message carries of it."""
        given = {
            "contact.with": self.contact_with,
            "contact.outcome": self.outcome,
            "field": self.field,
            "value": self.value,
            "reference": self.reference,
        }
        return {"event": self.event, "at": self.at, **{name: text for name, text in given.items() if text}}


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert as it stands after an act, with its case; `changed` is False when it stood so before."""

    ref: CaseRef
    alert: Alert
    changed: bool = True


@dataclass(frozen=True, slots=True)
class _Doing:
    """Who does something and when, with the act's own identity where the caller has one."""

    by: PersonId
    now: datetime
    message_id: str | None = None


class People:
    """The verbs of people; who somebody is, the caller has made sure of."""

    def __init__(self, store: Store, intake: Intake, ruling: Callable[[], Ruling]) -> None:
        self._store = store
        self._intake = intake
        self._ruling = ruling

    # --- alerts

    def accept(self, target: str, by: PersonId, now: datetime, *, message_id: str | None = None) -> Standing:
        """Accept an alert, which ends its ladder and stops no clock.

        Args:
            target: Code of the alert, or reference of its case.
            by: Who accepts.
            now: Aware UTC.
            message_id: Identity of the act, so that the same one coming again is a duplicate; random when not given.

        Raises:
            NotPossible: there is no such alert, it was stood down, or somebody else has accepted it.
        """
        case, before = self._alert(target)
        if before.state is AlertState.ACCEPTED and before.accepted_by == by:
            return Standing(case.row.ref, before, changed=False)
        if before.state is AlertState.ACCEPTED:
            raise NotPossible(f"{before.accepted_by} has accepted this alert already: speak to them")
        _refuse_withdrawn(before)
        return self._act("alert_accepted", case, before, _Doing(by, now, message_id))

    def release(self, target: str, by: PersonId, now: datetime, *, message_id: str | None = None) -> Standing:
        """Give an accepted alert back: its ladder begins anew at the present duty; arguments and errors as `accept`."""
        case, before = self._alert(target)
        _refuse_withdrawn(before)
        if before.state is AlertState.OPEN:
            raise NotPossible("nobody has accepted this alert: there is nothing to release; `handon` goes a step on")
        return self._act("alert_released", case, before, _Doing(by, now, message_id))

    def hand_on(self, target: str, by: PersonId, now: datetime, *, message_id: str | None = None) -> Standing:
        """Go on to the ladder's next step at once; arguments and errors as `accept`."""
        case, before = self._alert(target)
        _refuse_withdrawn(before)
        if before.state is AlertState.ACCEPTED:
            raise NotPossible(f"{before.accepted_by} has accepted this alert: `release` gives it back to the duty team")
        return self._act("alert_handed_on", case, before, _Doing(by, now, message_id))

    def _act(self, event: str, case: Facts, alert: Alert, doing: _Doing) -> Standing:
        self._tell({"event": event, "at": doing.now, "reference": alert.code}, case.row.ref, doing)
        with self._store.read() as reading:
            facts = present(reading, case.row.id)
        after = next((a for a in facts.alerts if a.episode == alert.episode), alert)
        return Standing(facts.row.ref, after)

    def _alert(self, target: str) -> tuple[Facts, Alert]:
        with self._store.read() as reading:
            code = code_in(target)
            if code and (found := reading.alert_by_code(code)) is not None:
                return present(reading, found[0]), found[1]
            if code:
                raise NotPossible(f"no alert has the code {code}: `alertd alerts` lists those that are open")
            facts = find_case(reading, target)
        if not facts.alerts:
            raise NotPossible(f"{facts.row.ref} has no urgent alert: there is nothing to accept")
        waiting = [alert for alert in facts.alerts if alert.state is AlertState.OPEN]
        return facts, (waiting or list(facts.alerts))[-1]

    # --- facts about a case

    def record(self, target: str, fact: Fact, by: PersonId, now: datetime, *, message_id: str | None = None) -> Facts:
        """Record a fact about a case; returns the case as it then stands.

        Args:
            target: Reference of the case, or code of an alert of it.
            fact: What happened.
            by: Who records.
            now: Aware UTC.
            message_id: As in `accept`.

        Raises:
            NotPossible: no such case, a fact in the future, or one that lacks what its event needs.
        """
        _check(fact, now)
        with self._store.read() as reading:
            case = present(reading, find_case(reading, self._ref(reading, target)).row.id)
        self._tell(fact.fields(), case.row.ref, _Doing(by, now, message_id))
        with self._store.read() as reading:
            return present(reading, case.row.id)

    def _ref(self, reading: Reading, target: str) -> str:
        code = code_in(target)
        found = reading.alert_by_code(code) if code else None
        return present(reading, found[0]).row.ref if found is not None else target

    def same(
        self,
        first: str,
        second: str,
        by: PersonId,
        now: datetime,
        *,
        different: bool = False,
        message_id: str | None = None,
    ) -> Facts:
        """Say that two cases are about the same child, which joins them for good; or `different` children.

        Args:
            first: Reference of the one.
            second: Reference of the other.
            by: Who says so.
            now: Aware UTC.
            different: They are not the same child.
            message_id: As in `accept`.

        Raises:
            NotPossible: one of them does not exist, or they are one case already.
        """
        with self._store.read() as reading:
            one, other = find_case(reading, first), find_case(reading, second)
        if one.row.id == other.row.id:
            raise NotPossible(f"{first} and {second} are one case already: {one.row.ref}")
        event = "not_same_child_as" if different else "same_child_as"
        self._tell({"event": event, "at": now, "value": other.row.ref}, one.row.ref, _Doing(by, now, message_id))
        with self._store.read() as reading:
            return present(reading, one.row.id)

    def confirm_handover(self, refs: Sequence[CaseRef], by: PersonId, now: datetime, *, message_id: str) -> None:
        """Record, for all of these cases or for none, that somebody has taken them over.

        Args:
            refs: Public references.
            by: Who has taken over.
            now: Aware UTC.
            message_id: Identity of the act; the same one again changes nothing.
        """
        fields: Mapping[str, Value] = {"event": "handover_confirmed", "at": now}
        bodies = (
            encode_status(fields, {"case_ref": ref}, person=by, sent_at=now, message_id=f"{message_id}/{ref}")
            for ref in refs
        )
        self._intake.take([Arrival(body, Properties(), now, by_person=True) for body in bodies], now)

    def incident(self, fields: Mapping[str, Value], by: PersonId, now: datetime) -> Facts:
        """Enter an incident by hand; returns the case that it opened or joined.

        Args:
            fields: Dotted name → value, of the fields that a sender may give.
            by: Who enters it.
            now: Aware UTC.

        Raises:
            NotPossible: the published contract would not have it; every problem is listed.
            InvalidMessage: a name is no field of an incident.
        """
        body = encode_incident(fields, source=f"{PERSON_SOURCE}{by}", sent_at=now, message_id=uuid4().hex)
        self._take(body, now)
        with self._store.read() as reading:
            return case_of(reading, body, self._ruling().terms.hashed, now)

    def _tell(self, fields: Mapping[str, Value], ref: str, doing: _Doing) -> None:
        about = {"case_ref": ref}
        body = encode_status(fields, about, person=doing.by, sent_at=doing.now, message_id=doing.message_id)
        self._take(body, doing.now)

    def _take(self, body: bytes, now: datetime) -> None:
        if problems := validate_text(body):
            raise NotPossible("this cannot be recorded:\n  " + "\n  ".join(problems))
        self._intake.take([Arrival(body, Properties(), now, by_person=True)], now)


def _refuse_withdrawn(alert: Alert) -> None:
    if alert.state is AlertState.WITHDRAWN:
        raise NotPossible("this alert was stood down: there is nothing to do about it")


def _check(fact: Fact, now: datetime) -> None:
    """Refuse what intake would have to take with a field unknown: the person is still here and can say it."""
    if fact.event not in RECORDABLE:
        raise NotPossible(f"'{fact.event}' is no event that people record: {', '.join(RECORDABLE)}")
    if fact.at > now:
        raise NotPossible("this time lies in the future: only what has happened is recorded")
    if fact.event == "contact" and not (fact.contact_with and fact.outcome):
        raise NotPossible("a contact needs with whom it was (with) and what came of it (outcome)")
    name = ANSWERS.get(fact.event) or (fact.field if fact.event == "field_answered" else "")
    if fact.event == "field_answered" and not name:
        raise NotPossible("an answer needs the field that it fills (field)")
    if name:
        _check_value(name, fact.value)


def _check_value(name: str, value: str) -> None:
    if name not in FIELDS:
        raise NotPossible(f"there is no field '{name}': rules/README.md lists them")
    if typed_value(name, value) is None:
        words = ", ".join(FIELDS[name].words) or f"a {FIELDS[name].type}"
        raise NotPossible(f"'{value}' is no value of {name}: {words}")
