"""Invented messages, complete and well formed, and short ways to read them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from alertd.model.ids import Token
from alertd.model.message import Message, Problem, Unreadable
from alertd.service.messages import Properties, decode
from alertd.service.messages.decode import NO_SYNONYMS

RECEIVED = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)
CLOUDEVENTS = Properties(content_type="application/cloudevents+json")

_INCIDENT: dict[str, Any] = {
    "record": {"system": "custody-system", "ref": "REC-1", "version": 2},
    "setting": "custody",
    "occurred_at": "2026-11-26T13:20:00Z",
    "reported_at": "2026-11-26T13:40:00+00:00",
    "incident": {
        "ref": "INC-1",
        "crime_ref": "01TT/1234/26",
        "cad_ref": "CAD 1234",
        "cad_date": "2026-11-26",
        "offence": ["bladed_article", "pwits"],
        "weapon": "knife_sharp",
        "injury": "none",
        "ward": "Leyton",
        "area": "High Road",
        "summary": "Stopped in the High Road",
    },
    "person": {
        "ref": "P-1001",
        "name": "Kai Example",
        "date_of_birth": "2011-03-04",
        "nhs_number": "9990001112",
        "age_disputed": False,
        "home_borough": "Waltham Forest",
        "part_played": "suspect_arrested",
        "safe_to_contact": "yes",
        "consent": "pending",
        "associates": ["P-7", "P-8"],
    },
    "custody": {
        "ref": "CU-77",
        "force": "Metropolitan Police",
        "suite": "Leyton",
        "arrested_at": "2026-11-26T13:30:00Z",
        "booked_in_at": "2026-11-26T14:00:00Z",
        "bail_refused": False,
        "appropriate_adult": "grandmother",
    },
}

_STATUS: dict[str, Any] = {
    "about": {"case_ref": "WF-UR-26-7QK4", "person_ref": "P-1001", "custody_ref": "CU-77"},
    "event": "contact",
    "at": "2026-11-26T13:50:00Z",
    "contact": {"with": "young_person", "outcome": "contacted_young_person"},
    "reference": "R-9",
    "by": "alex",
    "note": "Spoke at the suite",
}


def incident_data() -> dict[str, Any]:
    """Data of a complete incident, to be changed at will."""
    return deepcopy(_INCIDENT)


def status_data() -> dict[str, Any]:
    """Data of a complete status, to be changed at will."""
    return deepcopy(_STATUS)


def event(data: object, kind: str = "incident", /, **attributes: object) -> dict[str, object]:
    """Put data in an envelope; an attribute given as None is left out."""
    envelope: dict[str, object] = {
        "specversion": "1.0",
        "id": "m-1",
        "source": "custody-feed",
        "type": f"alertd.{kind}.v1",
        "time": "2026-11-26T14:09:00Z",
        "data": data,
        **attributes,
    }
    return {name: value for name, value in envelope.items() if value is not None}


def changed(path: str, value: object, kind: str = "incident") -> dict[str, object]:
    """Make a complete message in which one field has another value."""
    data = status_data() if kind == "status" else incident_data()
    *blocks, key = path.split(".")
    place = data
    for block in blocks:
        place = place.setdefault(block, {})
    place[key] = value
    return event(data, kind)


def hashed(text: str) -> Token:
    """HMAC under an invented key."""
    return Token(hmac.new(b"an invented key", text.encode(), hashlib.sha256).digest())


def read(
    body: object,
    *,
    properties: Properties = CLOUDEVENTS,
    keep: frozenset[str] = frozenset(),
    synonyms: Mapping[str, str] = NO_SYNONYMS,
) -> Message | Unreadable:
    """Decode a document, or bytes as they are, received at RECEIVED."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(raw, properties, RECEIVED, keyed_hash=hashed, keep=keep, synonyms=synonyms)


def message(
    body: object,
    *,
    properties: Properties = CLOUDEVENTS,
    keep: frozenset[str] = frozenset(),
    synonyms: Mapping[str, str] = NO_SYNONYMS,
) -> Message:
    """Decode what must be readable."""
    outcome = read(body, properties=properties, keep=keep, synonyms=synonyms)
    assert isinstance(outcome, Message), outcome
    return outcome


def unreadable(body: object, *, properties: Properties = CLOUDEVENTS) -> Unreadable:
    """Decode what must be unreadable."""
    outcome = read(body, properties=properties)
    assert isinstance(outcome, Unreadable), outcome
    return outcome


def problems(found: Message) -> Mapping[str, Problem]:
    """Problem of each noted field."""
    return {note.field: note.problem for note in found.notes}
