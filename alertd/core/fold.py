"""A case is a fold over the newest version of each of its records; time does not pass inside it.

Source: MESSAGES, "A case is a fold".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertd.core.typed_text import typed_value
from alertd.model import exercise
from alertd.model.case import StoredMessage
from alertd.model.contract import ABOUT_FIELDS, FIELDS, LIST_FIELDS, PEOPLE_EVENTS
from alertd.model.message import Message
from alertd.model.values import Kind, Value

_START_BY_SETTING: dict[str, tuple[str, ...]] = {
    "custody": ("custody.booked_in_at",),
    "hospital_ae": ("hospital.presented_at",),
    "hospital_ward": ("hospital.presented_at",),
    "missing_return": ("missing.found_at", "missing.returned_at"),
    "disclosure": ("disclosure.said_at",),
    "community": ("occurred_at",),
}
_ANY_START = tuple(dict.fromkeys(name for names in _START_BY_SETTING.values() for name in names))
_EVENT_SETS = {
    "safe_to_contact_recorded": "person.safe_to_contact",
    "consent_recorded": "person.consent",
    "serious_violence_override": "case.override",
    "associate_added": "person.associates",
    "hospital_discharged": "hospital.discharged_at",
    "custody_released": "custody.released_at",
}


@dataclass(frozen=True, slots=True)
class Record:
    """The newest version of one record.

    Attributes:
        stored: That version.
        first_received_at: Earliest receipt of any version.
        at: Event time.
        noted: True for a status that several cases share: it is noted and stops no clock.
        conflict: True when the same version came with other content: the later one won.
    """

    stored: StoredMessage
    first_received_at: datetime
    at: datetime
    noted: bool = False
    conflict: bool = False

    @property
    def message(self) -> Message:
        """The message of that version."""
        return self.stored.message


@dataclass(frozen=True, slots=True)
class Fold:
    """State of a case.

    Attributes:
        fields: Case-wide values by dotted name.
        incidents: Newest version of each incident record, in event order; those under a false alarm left out.
        statuses: Newest version of each status record, in event order.
        superseded: Seqs of older versions.
        opened_at: Earliest event time of any incident.
        closed_at: Event time of the closing that stands, or None.
        false_alarm: True when every incident is covered by a false alarm.
        cohort: Setting of the newest incident by event time, or "".
    """

    fields: Mapping[str, Value]
    incidents: tuple[Record, ...]
    statuses: tuple[Record, ...]
    superseded: tuple[int, ...]
    opened_at: datetime
    closed_at: datetime | None
    false_alarm: bool
    cohort: str


def incident_time(fields: Mapping[str, Value]) -> datetime | None:
    """When the incident happened for the protocol: by setting; of an unknown setting, the earliest time given.

    An arrest today for a three-week-old offence is therefore not born breached.

    Source: Protocol notes, "Incident time [P]".
    """
    setting = fields.get("setting")
    if isinstance(setting, str):
        return next(
            (t for name in _START_BY_SETTING.get(setting, ()) if isinstance(t := fields.get(name), datetime)), None
        )
    return min((t for name in _ANY_START if isinstance(t := fields.get(name), datetime)), default=None)


def event_time(message: Message) -> datetime:
    """When what a message tells of happened; its receipt when it does not say."""
    if message.kind is Kind.STATUS:
        at = message.fields.get("at")
        return at if isinstance(at, datetime) else message.received_at
    return incident_time(message.fields) or message.received_at


def newest(messages: Iterable[StoredMessage], noted: frozenset[int] = frozenset()) -> tuple[list[Record], list[int]]:
    """Pick the newest version of each record, in event order (ties by source and id), and the seqs of the others.

    The same version with other content: the later `time` wins, then the greater id.
    """
    by_record: dict[bytes, list[StoredMessage]] = {}
    for stored in messages:
        by_record.setdefault(stored.tokens.record, []).append(stored)
    records: list[Record] = []
    superseded: list[int] = []
    for versions in by_record.values():
        top = versions[0] if len(versions) == 1 else max(versions, key=_rank)
        superseded += [each.seq for each in versions if each is not top]
        first = min(each.message.received_at for each in versions)
        conflict = any(_contradicts(each, top) for each in versions)
        records.append(Record(top, first, event_time(top.message), top.seq in noted, conflict))
    records.sort(key=lambda r: (r.at, r.message.source, r.message.id))
    return records, superseded


def _rank(stored: StoredMessage) -> tuple[int, datetime, str, str]:
    message = stored.message
    return (message.version, message.sent_at, message.id, message.source)


def _contradicts(one: StoredMessage, top: StoredMessage) -> bool:
    return one.message.version == top.message.version and one.message.fields != top.message.fields


def fold(messages: Sequence[StoredMessage], noted: frozenset[int] = frozenset()) -> Fold:
    """Compute a case from all of its messages.

    Args:
        messages: Every version, in any order, duplicates removed.
        noted: Seqs of statuses that several cases share.

    Returns:
        The state; the same for every order of `messages`.

    Raises:
        ValueError: there is no incident among them: no case without one.
    """
    incidents, old = newest(m for m in messages if m.message.kind is Kind.INCIDENT)
    statuses, older = newest((m for m in messages if m.message.kind is Kind.STATUS), noted)
    if not incidents:
        raise ValueError("a case needs an incident")
    fields = _fields(incidents, statuses)
    live = _outside_false_alarm(incidents, statuses)
    fields["case.opened_at"] = min(record.at for record in incidents)
    times = [t for record in incidents if (t := incident_time({**fields, **record.message.fields}))]
    if times:
        fields["case.incident_at"] = min(times)
    closed_at = _closed_at(statuses)
    fields["case.state"] = "closed" if closed_at else "open"
    return Fold(
        fields=fields,
        incidents=tuple(live),
        statuses=tuple(statuses),
        superseded=(*old, *older),
        opened_at=min(record.at for record in incidents),
        closed_at=closed_at,
        false_alarm=not live,
        cohort=_cohort(incidents),
    )


def _cohort(incidents: Sequence[Record]) -> str:
    """The setting of the newest incident; an exercise is marked as one until anything real joins it."""
    if all(record.message.source == exercise.SOURCE for record in incidents):
        return exercise.COHORT
    for record in reversed(incidents):
        if isinstance(setting := record.message.fields.get("setting"), str):
            return setting
    return ""


def _fields(incidents: Sequence[Record], statuses: Sequence[Record]) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for record in sorted((*incidents, *statuses), key=lambda r: (r.at, r.message.source, r.message.id)):
        message = record.message
        if message.kind is Kind.INCIDENT:
            for name, value in message.fields.items():
                _put(fields, name, value)
        elif not record.noted:
            _apply(fields, message)
    if _deceased(fields, incidents, statuses):
        fields["case.deceased"] = True
    return fields


def _deceased(fields: Mapping[str, Value], incidents: Sequence[Record], statuses: Sequence[Record]) -> bool:
    """Whether the young person has died: a contact tells so, or the victim's injury was fatal. No later news undoes it.

    Source: Protocol notes, "Death".
    """
    if any(not each.noted and each.message.fields.get("contact.outcome") == "deceased" for each in statuses):
        return True
    told = [fields, *({**fields, **each.message.fields} for each in incidents)]
    return any(each.get("incident.injury") == "fatal" and each.get("person.part_played") == "victim" for each in told)


def _put(fields: dict[str, Value], name: str, value: Value) -> None:
    """Later wins, but lists grow: a second report never takes an offence or an associate away."""
    if name in LIST_FIELDS and isinstance(value, tuple) and isinstance(known := fields.get(name), tuple):
        value = tuple(dict.fromkeys((*known, *value)))
    fields[name] = value


def field_set(message: Message) -> str | None:
    """The field of its case that a status sets, whatever its value; None when it sets none."""
    event = message.fields.get("event")
    return str(message.fields.get("field", "")) if event == "field_answered" else _EVENT_SETS.get(str(event))


def _apply(fields: dict[str, Value], message: Message) -> None:
    event, value = message.fields.get("event"), message.fields.get("value")
    name = field_set(message)
    if name is None or name not in FIELDS:
        return
    typed: Value | None = value
    if name in ("hospital.discharged_at", "custody.released_at") and event != "field_answered":
        typed = message.fields.get("at")
    elif isinstance(value, str):
        typed = typed_value(name, value)
    if typed is not None:
        _put(fields, name, typed)


def _outside_false_alarm(incidents: Sequence[Record], statuses: Sequence[Record]) -> list[Record]:
    """Leave out what a person declared a false alarm; what came or was corrected afterwards counts again."""
    declared: datetime | None = None
    for status in statuses:
        event = status.message.fields.get("event")
        if event == "false_alarm" and not status.noted:
            declared = status.message.received_at
        elif event == "reopened" and not status.noted:
            declared = None
    if declared is None:
        return list(incidents)
    return [record for record in incidents if record.message.received_at > declared]


def _closed_at(statuses: Sequence[Record]) -> datetime | None:
    closed: datetime | None = None
    for status in statuses:
        if status.noted:
            continue
        event = status.message.fields.get("event")
        if event == "closed":
            closed = closed or status.at
        elif event == "reopened":
            closed = None
    return closed


def record_fields(state: Fold, record: Record) -> dict[str, Value]:
    """One record as rules see it: its own fields, gaps filled from the fold."""
    message = record.message
    fields = {**state.fields, **message.fields}
    fields["record.system"], fields["record.ref"] = message.system, message.record
    fields["record.version"], fields["received_at"] = message.version, record.first_received_at
    if message.kind is Kind.INCIDENT:
        if at := incident_time(fields):
            fields["incident_at"] = at
        else:
            fields.pop("incident_at", None)
        return fields
    return fields | {name: value for name, value in message.about.items() if name in _ABOUT}


_ABOUT = frozenset(ABOUT_FIELDS.values())


def acts(state: Fold) -> tuple[Record, ...]:
    """What people did about alerts (accept, hand on, release), in the order received.

    One that several cases share silences none of them: nobody knows which alert it meant.
    """
    found = [r for r in state.statuses if not r.noted and r.message.fields.get("event") in PEOPLE_EVENTS]
    return tuple(sorted(found, key=lambda r: (r.first_received_at, r.message.source, r.message.id)))
