"""A status's data: what happened, when, and to which case.

Source: MESSAGES, shape of `alertd.status.v1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alertd.model.contract import ABOUT_FIELDS, FIELDS, LIST_FIELDS, FieldSpec
from alertd.model.errors import InvalidMessage
from alertd.model.message import Problem
from alertd.model.values import Value
from alertd.service.messages.fields import ABOUT, SENT_INCIDENT, STATUS_LAYOUT, VALUE, read_fields
from alertd.service.messages.kept import keep_agreed
from alertd.service.messages.readers import READERS, Reading

PERSON_SOURCE = "person/"
"""Source of what a person records is this and the person's id. Only alertd writes it."""

LIST_SEPARATOR = ", "
"""Between the words of a list in a status's `value`."""

ANSWERS: Mapping[str, str] = {
    "safe_to_contact_recorded": "person.safe_to_contact",
    "consent_recorded": "person.consent",
    "serious_violence_override": "case.override",
}
"""Event → the field that its `value` sets, whose words it must be."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a status's data says, ready to be kept."""

    fields: Mapping[str, Value]
    about: Mapping[str, str]


def read_status(data: Mapping[str, object], source: str, reading: Reading, keep: frozenset[str]) -> Status:
    """Read a status's data.

    `at` is always given: a missing or unusable one is the receipt, with a note. A `value` that sets a field is
    checked against that field's type and written in the one spelling of `canonical`; an unusable one is unknown.

    Raises:
        InvalidMessage: `event` is missing or none of the contract's: such a status could do nothing, so a person must
            be told.
    """
    fields, aside = read_fields(data, STATUS_LAYOUT, reading)
    if "event" not in fields:
        raise InvalidMessage("its `event` is missing or is none of the events that alertd knows")
    about = {name: str(fields.pop(spec.name)) for name, spec in _ABOUT_NAMES.items() if spec.name in fields}
    if not about:
        reading.note("about", Problem.MISSING)
    if "at" not in fields:
        fields["at"] = reading.received_at
        if not any(note.field == "at" for note in reading.notes):
            reading.note("at", Problem.MISSING)
    if source.startswith(PERSON_SOURCE):
        fields.setdefault("by", source.removeprefix(PERSON_SOURCE))
    value = _value(fields, aside.get(VALUE.name), reading)
    if value is not None:
        fields[VALUE.name] = value
    return Status({**fields, **keep_agreed(aside, keep, reading)}, about)


def canonical(value: Value) -> str:
    """Write a typed value as the text of a status's `value`.

    Times are ISO 8601 in UTC, truths "yes" or "no", numbers digits, lists joined by a comma and a space.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat()
    return LIST_SEPARATOR.join(value) if isinstance(value, tuple) else str(value)


def _value(fields: dict[str, Value], raw: object, reading: Reading) -> str | None:
    """Read a status's value as its event has it: text, or a value of the field that it sets."""
    event = str(fields["event"])
    spec = _answered(fields, reading) if event == "field_answered" else FIELDS.get(ANSWERS.get(event, ""), VALUE)
    if spec is None or raw is None:
        return None
    if spec.name in LIST_FIELDS and isinstance(raw, str):
        raw = raw.split(LIST_SEPARATOR.strip())
    own = Reading(reading.received_at, reading.synonyms)
    value = READERS[spec.type](spec, raw, own)
    for note in own.notes:
        reading.note(VALUE.name, note.problem)
    return None if value is None else canonical(value)


def _answered(fields: dict[str, Value], reading: Reading) -> FieldSpec | None:
    """Find the field that is answered; a value for one that alertd does not hold could be a name, and is not read."""
    spec = SENT_INCIDENT.get(str(fields.get("field")))
    if spec is None:
        reading.note("field", Problem.NOT_A_KNOWN_WORD if fields.pop("field", None) else Problem.MISSING)
    return spec


_ABOUT_NAMES = {ABOUT_FIELDS.get(key, key): spec for key, spec in ABOUT.items()}
