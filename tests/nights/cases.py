"""An invented nine months: 113 cases over 275 days, as many as the borough published; the mix is invented, and the same
for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from alertd.core.calendar import local

CASES = 113
DAYS = 275

_SETTINGS = {
    "custody": 40,
    "hospital_ae": 25,
    "hospital_ward": 4,
    "community": 14,
    "missing_return": 10,
    "disclosure": 7,
}
_HOURS = [5, 5, 4, 4, 3, 2, 1, 1, 2, 3, 4, 4, 4, 4, 5, 6, 8, 8, 8, 7, 7, 8, 8, 7]
"""How often of 118 an incident happens in each hour of the day: evenings and nights more than mornings."""
_CUSTODY = ("bladed_article", "pwits", "firearm_possession", "offensive_weapon")
_VIOLENCE = ("wounding_gbh", "robbery_personal", "gbh_intent", "abh")
_INJURY_CAUSES = ("stabbing", "assault", "gunshot")


@dataclass(frozen=True, slots=True)
class Incident:
    """One message about one young person.

    Attributes:
        at: When it comes in, aware UTC.
        person: Their reference.
        data: As a sender writes it.
        setting: Of the case, which decides what there is to record.
        child: Under 18.
        correction: Corrects an earlier one of the same case.
        withdraws: A correction after which nothing of the alert remains.
    """

    at: datetime
    person: str
    data: dict[str, object] = field(hash=False)
    setting: str
    child: bool
    correction: bool = False
    withdraws: bool = False


def invented(random: Random, start: datetime, cases: int = CASES, days: int = DAYS) -> list[Incident]:
    """The messages of all cases, by the time at which they come in.

    Args:
        random: Seeded by the caller.
        start: First day, aware UTC.
        cases: How many cases.
        days: Over how many days.
    """
    found = [each for number in range(cases) for each in _case(random, start, number, days)]
    return sorted(found, key=lambda each: (each.at, each.person, each.correction))


def _case(random: Random, start: datetime, number: int, days: int) -> Iterator[Incident]:
    hour = random.choices(range(24), _HOURS)[0]
    happened = start + timedelta(days=random.randrange(days), hours=hour, minutes=random.randrange(60))
    received = happened + timedelta(minutes=random.choices((4, 9, 18, 35, 95, 400), (30, 30, 20, 10, 6, 4))[0])
    (setting,) = random.choices(tuple(_SETTINGS), tuple(_SETTINGS.values()))
    age = random.choices((13, 14, 15, 16, 17, 19, 22), (5, 12, 20, 25, 22, 10, 6))[0]
    person = f"P{number:03d}"
    data = _data(random, setting, happened, person, age)
    data["record"] = {"system": setting, "ref": f"R{number:03d}", "version": 1}
    child = age < 18
    yield Incident(received, person, data, setting, child)
    chance = random.random()
    later = received + timedelta(minutes=random.randrange(20, 300))
    if chance < 0.10:
        yield Incident(later, person, _corrected(data, 2, happened - timedelta(minutes=25)), setting, child, True)
    elif chance < 0.14:
        yield Incident(later, person, _withdrawn(data, 2), setting, child, True, True)


def _data(random: Random, setting: str, happened: datetime, person: str, age: int) -> dict[str, object]:
    safe = random.choices(("yes", "unknown", "no"), (70, 22, 8))[0]
    incident: dict[str, object] = {"ref": f"I-{person}", "crime_ref": f"CR-{person}"}
    data: dict[str, object] = {
        "setting": setting,
        "person": {"ref": person, "age": age, "safe_to_contact": safe, "home_borough": "Waltham Forest"},
        "incident": incident,
    }
    time = local(happened).isoformat()
    match setting:
        case "custody":
            incident["offence"] = [random.choice(_CUSTODY)]
            data["custody"] = {"ref": f"C-{person}", "booked_in_at": time}
        case "hospital_ae" | "hospital_ward":
            incident |= {"offence": [random.choice(_VIOLENCE)], "injury": "serious"}
            site = random.choice(("Whipps Cross", "Royal London Hospital", "Somewhere General"))
            cause = random.choice(_INJURY_CAUSES)
            data["hospital"] = {"ref": f"H-{person}", "site": site, "presented_at": time, "injury_cause": cause}
        case "community":
            data["occurred_at"] = time
            incident |= {"offence": [random.choice(_VIOLENCE)], "ward": random.choice(_WARDS), "injury": "minor"}
        case "missing_return":
            data["missing"] = {
                "ref": f"M-{person}", "state": "returned", "found_at": time, "returned_at": time,
                "indicators": random.choice((["county_lines"], [])),
            }  # fmt: skip
        case _:
            risk = random.choice(("violence", "weapon", "exploitation"))
            danger = random.random() < 0.15
            data["disclosure"] = {"ref": f"D-{person}", "said_at": time, "risk": risk, "immediate_danger": danger}
    return data


_WARDS = ("Hoe Street", "Markhouse", "Leyton", "Cathall", "Chapel End", "Larkswood", "Valley", "Wood Street")


def _corrected(data: dict[str, object], version: int, happened: datetime) -> dict[str, object]:
    """The same record with the time of the event put right."""
    changed = _next_version(data, version)
    time = local(happened).isoformat()
    for block, name in (("custody", "booked_in_at"), ("hospital", "presented_at"), ("disclosure", "said_at")):
        if isinstance(found := changed.get(block), dict):
            changed[block] = found | {name: time}
    return changed


def _withdrawn(data: dict[str, object], version: int) -> dict[str, object]:
    """The same record about somebody who is 31 after all."""
    changed = _next_version(data, version)
    person = changed["person"]
    return changed | {"person": (person if isinstance(person, dict) else {}) | {"age": 31}}


def _next_version(data: dict[str, object], version: int) -> dict[str, object]:
    record = data["record"]
    return data | {"record": (record if isinstance(record, dict) else {}) | {"version": version}}
