"""Words for a page: events, fields and what became of a message, as people say them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from alertd.core.calendar import local
from alertd.core.clocks import ClockState
from alertd.core.wording import moment
from alertd.model.case import Notification, NotificationState
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel, Value

BY: Mapping[Channel, str] = {Channel.SMS: "text", Channel.EMAIL: "email", Channel.CALL: "call"}
CLOCK_STATES: Mapping[ClockState, str] = {
    ClockState.RUNNING: "running",
    ClockState.WARNED: "due soon",
    ClockState.MET: "done in time",
    ClockState.MET_LATE: "done in time, recorded late",
    ClockState.BREACHED: "missed",
    ClockState.WITHDRAWN: "no longer needed",
}
_SENT: Mapping[NotificationState, str] = {
    NotificationState.PENDING: "waiting to be sent",
    NotificationState.SENDING: "being sent",
    NotificationState.SENT: "sent",
    NotificationState.DELIVERED: "delivered",
    NotificationState.REFUSED: "not delivered",
    NotificationState.IN_DOUBT: "perhaps sent: being checked",
    NotificationState.SUPPRESSED: "not sent",
    NotificationState.EXPIRED: "not sent in time",
}
_EVENTS: Mapping[str, str] = {
    "police_contacted_mash": "police have spoken to us",
    "mash_referred": "referred to MASH",
    "mash_decision": "MASH has decided",
    "drm_listed": "listed for the Daily Risk Management meeting",
    "drm_held": "Daily Risk Management meeting held",
    "panel_listed": "listed for the exploitation and risk panel",
    "panel_held": "exploitation and risk panel held",
    "plan_agreed": "plan agreed",
    "alert_accepted": "alert accepted",
    "alert_handed_on": "alert handed on",
    "alert_released": "alert given back",
    "handover_confirmed": "hand-over confirmed",
    "field_answered": "answered what was missing",
    "same_child_as": "same child as another case",
    "not_same_child_as": "not the same child as another case",
    "false_alarm": "false alarm",
    "closed": "case closed",
    "reopened": "case opened again",
    "contact_decided": "decided about contact",
    "safe_to_contact_recorded": "safe to contact",
    "consent_recorded": "consent",
    "serious_violence_override": "serious violence, by judgement",
}
OUTCOMES: Mapping[str, str] = {
    "attempted_no_answer": "no answer",
    "attempted_declined": "did not want to speak",
    "contacted_professional": "spoke to them",
    "contacted_young_person": "spoke to them",
    "contacted_family": "spoke to them",
    "unsafe_deferred": "put off: not safe now",
    "deceased": "has died",
}
WITH: Mapping[str, str] = {
    "young_person": "the young person",
    "family": "the family",
    "custody": "custody staff",
    "ward": "ward staff",
    "other_professional": "another professional",
}
_SPELT = {
    "ae": "A&E",
    "mash": "MASH",
    "cad": "CAD",
    "ref": "reference",
    "gbh": "GBH",
    "abh": "ABH",
    "pwits": "PWITS",
    "nhs": "NHS",
}


_PHRASES = {
    "conspiracy_murder": "conspiracy to murder",
    "gbh_intent": "GBH with intent",
    "endangering_life": "endangering life",
    "wounding_gbh": "wounding or GBH",
    "firearm_possession_intent": "possession of a firearm with intent",
    "firearm_possession": "possession of a firearm",
    "firearm_discharge": "firing a firearm",
    "robbery_personal": "robbery of a person",
    "robbery_business": "robbery of a business",
    "arson_endanger_life": "arson endangering life",
    "pwits": "possession of drugs with intent to supply",
    "assault_penetration": "assault by penetration",
    "corrosive": "a corrosive substance",
    "knife_sharp": "knife or other blade",
    "blunt": "blunt object",
    "hospital_ae": "A&E",
    "hospital_ward": "hospital ward",
    "missing_return": "missing, found or returned",
}


def words(name: str) -> str:
    """A machine word as people say it: `hospital_ae` → `A&E`."""
    if name in _PHRASES:
        return _PHRASES[name]
    return " ".join(_SPELT.get(part, part) for part in name.split("_"))


def sentence(text: str) -> str:
    """A text with a capital at its beginning, all else as it was."""
    return text[:1].upper() + text[1:]


def field_words(name: str) -> str:
    """A field's name as people say it: `custody.booked_in_at` → `booked in at`; never its value."""
    block, _, key = name.rpartition(".")
    if key in ("ref", "force", "site", "state", "to", "mash", "phone"):
        return f"{words(block)} {words(key)}"
    return words(key)


def value_words(value: Value) -> str:
    """A value as people say it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, tuple):
        return ", ".join(words(each) for each in value)
    return words(value) if isinstance(value, str) else str(value)


def event_words(event: str) -> str:
    """A status's event as people say it."""
    return _EVENTS.get(event, words(event))


def told_words(note: Notification) -> str:
    """What became of a message to a person."""
    said = _SENT[note.state]
    return f"{said} ({words(note.reason)})" if note.reason else said


def clock_time(at: datetime, now: datetime) -> str:
    """A time, with its day when that is not today."""
    return f"{local(at):%H:%M}" if local(at).date() == local(now).date() else moment(at)


def person_words(book: RuleBook, id_: str) -> str:
    """Somebody on our lists by name, for a colleague who has signed in; the id when they are on no list any more."""
    found = next((p for p in book.people.values() if p.id == id_), None)
    return found.name if found is not None and found.name else id_.replace("_", " ")


def role_words(book: RuleBook, role: str) -> str:
    """A role by its title; somebody addressed by name has none."""
    found = next((r for r in book.roles.values() if r.id == role), None)
    return found.title if found is not None else ""
