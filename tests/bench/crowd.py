"""Messages of invented people: every one a new case, in turn over five kinds of incident."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from alertd.model.ids import PersonId
from alertd.model.values import Kind
from alertd.service.intake import Arrival
from alertd.service.messages import Properties, encode_status, write_event

BATCH = 200
"""Most messages in one commit, as the daemon takes them."""

Data = dict[str, object]


def _custody(number: int, at: datetime) -> Data:
    custody = {"ref": f"C{number}", "booked_in_at": at.isoformat()}
    return {"setting": "custody", "custody": custody, "incident": _incident(number, "bladed_article")}


def _hospital(number: int, at: datetime) -> Data:
    hospital = {
        "ref": f"H{number}",
        "site": "Whipps Cross",
        "presented_at": at.isoformat(),
        "injury_cause": "stabbing",
    }
    incident = _incident(number, "wounding_gbh") | {"injury": "serious", "ward": f"W{number}"}
    return {"setting": "hospital_ae", "hospital": hospital, "incident": incident}


def _robbery(number: int, at: datetime) -> Data:
    incident = _incident(number, "robbery_personal") | {"ward": f"W{number}"}
    return {"setting": "community", "occurred_at": at.isoformat(), "incident": incident}


def _disclosure(number: int, at: datetime) -> Data:
    disclosure = {"ref": f"D{number}", "said_at": at.isoformat(), "risk": "weapon"}
    return {"setting": "disclosure", "disclosure": disclosure}


def _missing(number: int, at: datetime) -> Data:
    missing = {"ref": f"M{number}", "state": "returned", "returned_at": at.isoformat()}
    return {"setting": "missing_return", "missing": missing}


def _incident(number: int, offence: str) -> Data:
    return {"ref": f"I{number}", "offence": [offence]}


Make = Callable[[int, datetime], Data]
CUSTODY: tuple[Make, ...] = (_custody,)
EVERY: tuple[Make, ...] = (_custody, _hospital, _robbery, _disclosure, _missing)
SLOW: tuple[Make, ...] = (_hospital, _robbery, _disclosure, _missing)
"""Kinds of incident whose first deadline is many hours away."""


def incident(number: int, at: datetime, kinds: Sequence[Make] = EVERY, *, happened: timedelta = timedelta(0)) -> bytes:
    """A message that opens a case.

    Args:
        number: Makes person, record and every reference unlike those of any other number.
        at: When it is written, aware UTC.
        kinds: Taken in turn.
        happened: How long before.
    """
    data = kinds[number % len(kinds)](number, at - happened)
    person = {
        "ref": f"P{number}",
        "age": 15,
        "safe_to_contact": "yes",
        "part_played": "victim",
        "home_borough": "Waltham Forest",
    }
    record = {"system": "bench", "ref": f"R{number}", "version": 1}
    return write_event(
        Kind.INCIDENT, {**data, "person": person, "record": record}, source="bench", sent_at=at, message_id=name(number)
    )


def name(number: int) -> str:
    """Id of the message of that number."""
    return f"b{number}"


def acceptance(number: int, at: datetime) -> bytes:
    """Somebody accepts the alert of the case of that number."""
    about: Mapping[str, str] = {"person.ref": f"P{number}"}
    return encode_status({"event": "alert_accepted", "at": at}, about, person=PersonId("mash_duty_phone"), sent_at=at)


def arrivals(numbers: range, at: datetime, kinds: Sequence[Make] = EVERY) -> list[Arrival]:
    """Deliveries of new incidents, received as they were written."""
    return [Arrival(incident(number, at, kinds), Properties(), at) for number in numbers]


def accepted(numbers: range, at: datetime, happened: timedelta, kinds: Sequence[Make]) -> list[Arrival]:
    """Deliveries of incidents, each with the acceptance of its alert a second later."""
    later = at + timedelta(seconds=1)
    found: list[Arrival] = []
    for number in numbers:
        found.append(Arrival(incident(number, at, kinds, happened=happened), Properties(), at))
        found.append(Arrival(acceptance(number, later), Properties(), later, by_person=True))
    return found


def batches(deliveries: Sequence[Arrival]) -> list[Sequence[Arrival]]:
    """Cut into what one commit takes."""
    return [deliveries[start : start + BATCH] for start in range(0, len(deliveries), BATCH)]
