"""What alertd itself writes as messages: people's facts, and incidents entered by hand.

Source: MESSAGES: what people record becomes an ordinary status message, `source: person/<id>`, through the same
intake. CloudEvents 1.0.2, JSON event format.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from uuid import uuid4

from alertd.model.contract import ABOUT_FIELDS
from alertd.model.errors import InvalidMessage
from alertd.model.ids import PersonId
from alertd.model.message import Message
from alertd.model.values import Kind, Value
from alertd.service.messages.envelope import TYPE_OF
from alertd.service.messages.fields import MADE_BY_ALERTD, SENT_INCIDENT, SENT_STATUS, SET_ASIDE
from alertd.service.messages.status import PERSON_SOURCE

_ABOUT_KEYS = {**{name: key for key, name in ABOUT_FIELDS.items()}, "case_ref": "case_ref"}
_INCIDENT_NAMES = {*SENT_INCIDENT, *(spec.name for spec in SET_ASIDE[Kind.INCIDENT])}
_STATUS_NAMES = {*SENT_STATUS, *(spec.name for spec in SET_ASIDE[Kind.STATUS])}


def encode_incident(
    fields: Mapping[str, Value],
    *,
    source: str,
    sent_at: datetime,
    message_id: str | None = None,
    case_ref: str | None = None,
) -> bytes:
    """Write an incident as CloudEvents JSON.

    Args:
        fields: Dotted name → value, of the fields that a sender may give; `person.name` and the like may be among
            them, and are dropped at intake.
        source: Who sends.
        sent_at: Aware.
        message_id: Random when not given.
        case_ref: The case's reference, where it is known.

    Raises:
        InvalidMessage: a name is no field of an incident.
    """
    data = _nested(fields, _INCIDENT_NAMES)
    data.setdefault("person", {})
    if case_ref is not None:
        data["case_ref"] = case_ref
    return write_event(Kind.INCIDENT, data, source=source, sent_at=sent_at, message_id=message_id)


def encode_status(
    fields: Mapping[str, Value],
    about: Mapping[str, str],
    *,
    person: PersonId,
    sent_at: datetime,
    message_id: str | None = None,
) -> bytes:
    """Write what a person records as a status of `source: person/<id>`, which only alertd writes.

    Args:
        fields: Dotted name → value; `event` and `at` among them.
        about: As in `Message.about`: `case_ref`, or identifiers by incident field name.
        person: Who records; also the status's `by` when that is not given.
        sent_at: Aware.
        message_id: Random when not given.

    Raises:
        InvalidMessage: a name is no field of a status, or no identifier of a case.
    """
    data = _status_data({"by": person, **fields}, about)
    return write_event(Kind.STATUS, data, source=f"{PERSON_SOURCE}{person}", sent_at=sent_at, message_id=message_id)


def encode(message: Message) -> bytes:
    """Write a message as its sender could have: decoding gives it back, but for what intake made or dropped."""
    if message.kind is Kind.STATUS:
        data = _status_data(message.fields, message.about)
        return write_event(Kind.STATUS, data, source=message.source, sent_at=message.sent_at, message_id=message.id)
    return encode_incident(
        {name: value for name, value in message.fields.items() if name not in MADE_BY_ALERTD},
        source=message.source,
        sent_at=message.sent_at,
        message_id=message.id,
        case_ref=message.case_ref,
    )


def write_event(
    kind: Kind, data: Mapping[str, object], *, source: str, sent_at: datetime, message_id: str | None = None
) -> bytes:
    """Put data of a message type in its envelope; the id is random when not given."""
    event = {
        "specversion": "1.0",
        "id": message_id or uuid4().hex,
        "source": source,
        "type": TYPE_OF[kind],
        "time": sent_at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, separators=(",", ":"), allow_nan=False).encode("ascii")


def _status_data(fields: Mapping[str, Value], about: Mapping[str, str]) -> dict[str, object]:
    _refuse_others(about, _ABOUT_KEYS, "identifier of a case")
    data = _nested(fields, _STATUS_NAMES)
    data["about"] = {_ABOUT_KEYS[name]: value for name, value in about.items()}
    return data


def _nested(fields: Mapping[str, Value], allowed: Container[str]) -> dict[str, object]:
    _refuse_others(fields, allowed, "field that a sender gives")
    data: dict[str, object] = {}
    blocks: dict[str, dict[str, object]] = {}
    for name, value in fields.items():
        block, _, key = name.partition(".")
        inner = blocks.setdefault(block, {}) if key else data
        inner[key or block] = value.isoformat() if isinstance(value, datetime) else value
    return {**data, **blocks}


def _refuse_others(names: Iterable[str], allowed: Container[str], what: str) -> None:
    others = sorted(name for name in names if name not in allowed)
    if others:
        raise InvalidMessage(f"no {what}: {', '.join(others)}")
