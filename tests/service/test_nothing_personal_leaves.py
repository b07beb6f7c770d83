"""A night of messages full of personal values: none of them is in what is sent, logged, traced or stored in the clear.

Source: DOMAIN, "Privacy".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from alertd.core.privacy import normalise_name
from alertd.model.ids import PersonId
from alertd.service.people import Fact
from tests.service.world import World, at, new_world, told

NAMES = ("Quillan Thistlewick", "Perpetua Rowanbough", "Ignatius Mossfield", "Drusilla Fennimore", "Tobias Larkspur")
BIRTHS = ("2010-02-17", "2011-09-23", "2009-12-05", "2012-06-29", "2010-10-11")
NHS = ("9990007771", "999 000 7782", "9990007793", "9990007804", "9990007815")
PLANTED = (
    *("PRN-88213", "PRN-88224", "PRN-88235", "PRN-88246", "PRN-88257", "ASC-90017"),
    *("CUST-55102", "HOSP-55113", "MISS-55124", "DISC-55135", "INCD-44871", "01TT/7734/26", "CAD 66413"),
    *("Grove Green", "Cann Hall", "Blackhorse Road Arches", "Lloyd Park Pavilion"),
    *("Whipps Cross", "Homerton", "Leyton Custody Suite", "Norfolk Constabulary", "Norfolk MASH", "Thetford"),
    *("020 7946 0873", "Auntie Bettina", "Saint Crispin Academy", "HARM-SUMMARY-TEXT", "NOTE-FREE-TEXT"),
    *("REF-STATUS-331", "QUARANTINED-SECRET", "wounding_gbh", "attempted_murder", "knife_sharp", "life_changing"),
)
RECORDS = ("POLREC-70011", "NHSREC-70022", "MISREC-70033", "SCHREC-70044", "COMREC-70055")


def _person(number: int, **more: object) -> dict[str, object]:
    return {
        "ref": PLANTED[number],
        "name": NAMES[number],
        "date_of_birth": BIRTHS[number],
        "nhs_number": NHS[number],
        "associates": ["ASC-90017"],
        **more,
    }


def _incident(**more: object) -> dict[str, object]:
    return {
        "ref": "INCD-44871", "cad_ref": "CAD 66413", "cad_date": "2026-11-26", "offence": ["wounding_gbh"],
        "weapon": "knife_sharp", "injury": "life_changing", "ward": "Grove Green", "area": "Blackhorse Road Arches",
        "summary": "HARM-SUMMARY-TEXT of Quillan Thistlewick", **more,
    }  # fmt: skip


def _when(text: str) -> str:
    return at(text).isoformat()


def _every_setting() -> Iterator[tuple[str, dict[str, object]]]:
    """When it comes, and what it says; one of each setting."""
    yield "11-26 21:30", {
        "setting": "custody", "person": _person(0, home_borough="Waltham Forest"), "incident": _incident(),
        "custody": {
            "ref": "CUST-55102", "suite": "Leyton Custody Suite", "force": "Norfolk Constabulary",
            "booked_in_at": _when("11-26 21:10"), "appropriate_adult": "Auntie Bettina",
        },
        "host": {"force": "Norfolk Constabulary", "mash": "Norfolk MASH", "phone": "020 7946 0873"},
    }  # fmt: skip
    yield "11-26 22:15", {
        "setting": "hospital_ae", "person": _person(1, safe_to_contact="no"),
        "incident": _incident(offence=["attempted_murder"], crime_ref="01TT/7734/26"),
        "hospital": {
            "ref": "HOSP-55113", "site": "Whipps Cross", "presented_at": _when("11-26 22:05"),
            "injury_cause": "stabbing",
        },
    }  # fmt: skip
    yield "11-26 23:05", {
        "setting": "missing_return", "person": _person(2), "incident": {"summary": "HARM-SUMMARY-TEXT"},
        "missing": {
            "ref": "MISS-55124", "state": "found", "found_at": _when("11-26 22:50"), "found_in": "Thetford",
            "indicators": ["county_lines"],
        },
    }  # fmt: skip
    yield "11-27 00:40", {
        "setting": "disclosure", "person": _person(3), "incident": {"ward": "Cann Hall"},
        "disclosure": {
            "ref": "DISC-55135", "said_at": _when("11-27 00:20"), "to": "Saint Crispin Academy", "risk": "exploitation",
            "immediate_danger": True,
        },
    }  # fmt: skip
    yield "11-27 01:30", {
        "setting": "community", "occurred_at": _when("11-27 01:00"), "person": _person(4),
        "incident": _incident(area="Lloyd Park Pavilion"),
    }  # fmt: skip


def _night(world: World) -> None:
    """Every setting, a correction, a double, an unreadable message, what people record; until the next noon."""
    for number, (moment, data) in enumerate(_every_setting()):
        record = {"system": "feed", "ref": RECORDS[number], "version": 1}
        world.at(moment).told(world.incident({**data, "record": record}, id=f"m-{number}"))
    first = next(_every_setting())[1]
    again = {**first, "person": _person(0, ref="PRN-elsewhere"), "custody": {"ref": "CUST-elsewhere"}}
    world.at("11-27 01:40").told(world.incident({**again, "host": {}}, source="other"))
    world.told(b'{"id": "m-9", "data": "QUARANTINED-SECRET Quillan Thistlewick"')
    world.at("11-27 02:00").accept(world.all_facts()[0].row.ref, "edt_duty_phone")
    reached = {"with": "ward", "outcome": "contacted_professional"}
    known = {**_incident(), "ref": "INCD-44882", "offence": ["abh"]}
    world.told(world.incident({"setting": "community", "person": {"ref": "ASC-90017", "age": 16}, "incident": known}))
    by_record = {"event": "contact", "contact": reached, "note": "NOTE-FREE-TEXT", "reference": "REF-STATUS-331"}
    world.told(world.status({**by_record, "about": {"hospital_ref": "HOSP-55113"}, "at": _when("11-27 01:50")}))
    world.told(world.status({**by_record, "about": {"custody_ref": "CUST-unheard"}}))
    met = Fact("associate_added", world.now, value="ASC-90017", reference="REF-STATUS-331")
    world.people.record(world.all_facts()[1].row.ref, met, PersonId("edt_duty_phone"), world.now)
    record = {"system": "feed", "ref": RECORDS[4], "version": 2}
    corrected = {"setting": "community", "person": _person(4), "incident": _incident(offence=["common_assault"])}
    world.at("11-27 03:00").told(world.incident({**corrected, "record": record}))
    world.at("11-27 12:00")


def _spelled(values: Iterable[str]) -> Iterator[str]:
    """Each value in the spellings in which it might leak."""
    for value in values:
        yield from {value, value.casefold(), value.replace(" ", ""), normalise_name(value)}


def _must_not_appear() -> list[str]:
    words = [word for name in NAMES for word in name.split()]
    return sorted({*_spelled((*NAMES, *words, *BIRTHS, *NHS, *PLANTED, *RECORDS)), "17/02/2010", "17 February 2010"})


def _found_in(text: str) -> list[str]:
    lowered = text.casefold()
    return [value for value in _must_not_appear() if value.casefold() in lowered]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str]]:
    """A world after its night, and all that was logged."""
    world = new_world(tmp_path_factory.mktemp("night"))
    world.at("11-26 21:00")
    with capture_logs() as logs:
        _night(world)
    yield world, json.dumps(logs, default=str)
    world.store.close()


def test_the_night_was_one_in_which_much_was_told(night: tuple[World, str]) -> None:
    world, _ = night
    assert len(world.cases()) >= 6
    templates = {template for _, _, template in told(world.sent)}
    assert templates >= {"urgent_response", "out_of_area", "escalation", "stand_down", "unreadable_message", "digest"}
    assert templates >= {"possible_duplicate", "orphan_status", "associate_note"}
    assert not templates & {"feed_alarm"}, "no text had to give way to the plain one"


def test_no_message_carries_a_personal_value(night: tuple[World, str]) -> None:
    world, _ = night
    assert {each.by.value for each in world.sent} == {"sms", "email", "call"}
    assert [(each.text, found) for each in world.sent if (found := _found_in(each.text))] == []


def test_no_log_line_carries_a_personal_value(night: tuple[World, str]) -> None:
    assert _found_in(night[1]) == []


def test_no_trace_and_no_note_of_a_line_carries_a_personal_value(night: tuple[World, str]) -> None:
    world, _ = night
    with world.store.read() as reading:
        traces = [trace for row in world.cases() for _, trace in reading.decisions(row.id)]
        notes = [str(line.note) + line.reason + str(line.key) for line in world.lines(world.notes())]
    assert len(traces) > 10
    assert _found_in("\n".join([*traces, *notes])) == []


def test_no_byte_of_the_database_carries_a_personal_value(night: tuple[World, str]) -> None:
    world, _ = night
    files = [path for path in Path(world.path).parent.iterdir() if path.name.startswith(world.path.name)]
    assert {path.name for path in files} >= {"alertd.db", "alertd.db-wal"}
    values = {value.casefold() for value in _must_not_appear()}
    for path in files:
        held = path.read_bytes().lower()
        assert [value for value in values if value.encode() in held] == [], path.name


def test_kept_messages_hold_no_name_number_birth_date_or_free_text(night: tuple[World, str]) -> None:
    world, _ = night
    dropped = [value.casefold() for value in (*NAMES, *BIRTHS, *NHS, "HARM-SUMMARY-TEXT", "NOTE-FREE-TEXT")]
    for facts in world.all_facts():
        kept = " ".join(str(value) for m in facts.messages for value in m.message.fields.values()).casefold()
        assert [value for value in dropped if value in kept] == []
