from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alertd.model.message import Problem
from alertd.model.values import FieldType
from alertd.service.messages.fields import SENT_INCIDENT, SENT_STATUS
from tests.messages.samples import RECEIVED, changed, event, message, problems

SENT_TIMES = {name for name, spec in {**SENT_INCIDENT, **SENT_STATUS}.items() if spec.type is FieldType.TIME}


@pytest.mark.parametrize(
    ("path", "raw", "value"),
    [
        ("setting", "hospital_ae", "hospital_ae"),
        ("setting", "Hospital AE", "hospital_ae"),
        ("setting", "HOSPITAL-ae ", "hospital_ae"),
        ("incident.offence", "Bladed Article", ("bladed_article",)),
        ("incident.offence", ["abh", "ABH", "pwits"], ("abh", "pwits")),
        ("missing.indicators", ["County lines", "phones"], ("county_lines", "phones")),
        ("person.safe_to_contact", False, "no"),
        ("person.safe_to_contact", "No", "no"),
        ("person.age", 15, 15),
        ("person.age", "15", 15),
        ("person.age", 15.0, 15),
        ("person.age", 0, 0),
        ("person.age", 120, 120),
        ("person.age_disputed", "yes", True),
        ("person.age_disputed", "FALSE", False),
        ("custody.bail_refused", True, True),
        ("person.ref", "  P\u00a01 ", "P 1"),
        ("person.ref", "P\u200b-1\ufeff", "P-1"),
        ("person.ref", 1001, "1001"),
        ("incident.ward", "Cafe\u0301", "Caf\u00e9"),
        ("person.associates", "P-7", ("P-7",)),
        ("person.associates", ["P-7", 8, "P-7"], ("P-7", "8")),
        ("incident.cad_date", "2026-11-26", "2026-11-26"),
        ("record.version", "7", 7),
        ("custody.booked_in_at", "2026-11-26t14:00z", datetime(2026, 11, 26, 14, tzinfo=UTC)),
        ("custody.booked_in_at", "2026-11-26 15:00:00.5+01:00", datetime(2026, 11, 26, 14, 0, 0, 500_000, UTC)),
    ],
)
def test_a_field_is_read_as_its_type(path: str, raw: object, value: object) -> None:
    found = message(changed(path, raw))
    assert found.fields[path] == value
    assert type(found.fields[path]) is type(value)
    assert found.notes == ()


@pytest.mark.parametrize("raw", [None, "", "  ", "unknown", "Unknown", "Not known", "not-known", "N/K", "nk"])
@pytest.mark.parametrize(
    "path",
    [
        "setting",
        "incident.offence",
        "incident.injury",
        "incident.cad_date",
        "person.age_disputed",
        "person.associates",
        "custody.ref",
        "custody.booked_in_at",
        "record.version",
    ],
)
def test_not_known_is_absent_without_a_note(path: str, raw: object) -> None:
    found = message(changed(path, raw))
    assert path not in found.fields
    assert found.notes == ()


@pytest.mark.parametrize(
    ("path", "raw", "problem"),
    [
        ("setting", "prison", Problem.NOT_A_KNOWN_WORD),
        ("setting", 4, Problem.WRONG_TYPE),
        ("setting", ["custody"], Problem.WRONG_TYPE),
        ("incident.weapon", True, Problem.WRONG_TYPE),
        ("incident.offence", {"abh": 1}, Problem.WRONG_TYPE),
        ("incident.offence", ["sword fight"], Problem.NOT_A_KNOWN_WORD),
        ("person.age", 15.5, Problem.WRONG_TYPE),
        ("person.age", "fifteen", Problem.WRONG_TYPE),
        ("person.age", True, Problem.WRONG_TYPE),
        ("person.age", -1, Problem.OUT_OF_RANGE),
        ("person.age", "121", Problem.OUT_OF_RANGE),
        ("record.version", 10**15 + 1, Problem.OUT_OF_RANGE),
        ("record.version", 10**30, Problem.WRONG_TYPE),
        ("person.age_disputed", 1, Problem.WRONG_TYPE),
        ("person.age_disputed", "maybe", Problem.NOT_A_KNOWN_WORD),
        ("custody.ref", 1.5, Problem.WRONG_TYPE),
        ("custody.ref", True, Problem.WRONG_TYPE),
        ("custody.ref", "CU\u0000", Problem.WRONG_TYPE),
        ("custody.ref", "\ud800", Problem.WRONG_TYPE),
        ("custody.ref", "x" * 257, Problem.TOO_LONG),
        ("missing.indicators", ["x" * 257], Problem.TOO_LONG),
        ("incident.cad_date", "26/11/2026", Problem.NOT_A_TIME),
        ("incident.cad_date", "2026-11-28", Problem.IN_THE_FUTURE),
        ("custody.booked_in_at", "14:00", Problem.NOT_A_TIME),
        ("custody.booked_in_at", 1_795_000_000, Problem.WRONG_TYPE),
        ("custody.booked_in_at", "2026-11-26T14:00:00", Problem.NO_OFFSET),
        ("custody.booked_in_at", "2026-11-26", Problem.NO_OFFSET),
        ("custody.booked_in_at", "0001-01-01T00:00:00Z", Problem.OUT_OF_RANGE),
        ("custody.booked_in_at", "1970-01-01T00:00:00Z", Problem.OUT_OF_RANGE),
        ("custody.booked_in_at", "0001-01-01T00:00:00+14:00", Problem.NOT_A_TIME),
        ("custody", "Leyton", Problem.WRONG_TYPE),
        ("person.associates", 7, Problem.WRONG_TYPE),
    ],
)
def test_a_bad_field_is_unknown_with_a_note_and_the_rest_is_read(path: str, raw: object, problem: Problem) -> None:
    found = message(changed(path, raw))
    assert problems(found) == {path: problem}
    assert found.fields.get(path) is None or path == "person.age"  # the age comes from the date of birth then
    assert found.fields["person.part_played"] == "suspect_arrested"


def test_a_list_keeps_its_good_words_and_notes_the_bad_ones_once() -> None:
    found = message(changed("incident.offence", ["sword fight", "abh", "duel", 3]))
    assert found.fields["incident.offence"] == ("abh",)
    assert [note.problem for note in found.notes] == [Problem.NOT_A_KNOWN_WORD, Problem.WRONG_TYPE]


def test_a_list_without_a_good_word_is_unknown() -> None:
    assert "incident.offence" not in message(changed("incident.offence", ["duel", "unknown"])).fields
    assert message(changed("incident.offence", [])).notes == ()


def test_a_synonym_counts_only_where_its_word_is_in_the_vocabulary() -> None:
    synonyms = {"zombie_knife": "knife_sharp", "Stabbed": "wounding_gbh"}
    assert (
        message(changed("incident.weapon", "Zombie knife"), synonyms=synonyms).fields["incident.weapon"]
        == "knife_sharp"
    )
    assert message(changed("incident.offence", ["Stabbed"]), synonyms=synonyms).fields["incident.offence"] == (
        "wounding_gbh",
    )
    misplaced = message(changed("setting", "zombie knife"), synonyms=synonyms)
    assert problems(misplaced) == {"setting": Problem.NOT_A_KNOWN_WORD}


def test_a_word_of_the_vocabulary_is_never_replaced_by_a_synonym() -> None:
    found = message(changed("incident.weapon", "dog"), synonyms={"dog": "knife_sharp"})
    assert found.fields["incident.weapon"] == "dog"


@pytest.mark.parametrize("path", sorted(SENT_TIMES))
def test_every_time_may_be_five_minutes_ahead_of_the_receipt_and_no_more(path: str) -> None:
    kind = "status" if path == "at" else "incident"
    latest = RECEIVED + timedelta(minutes=5)
    assert message(changed(path, latest.isoformat(), kind)).fields[path] == latest
    ahead = message(changed(path, (latest + timedelta(seconds=1)).isoformat(), kind))
    assert problems(ahead) == {path: Problem.IN_THE_FUTURE}


def test_an_unknown_field_is_noted_by_name_only_when_it_looks_like_one() -> None:
    found = message(event({"person": {"ref": "P-1", "shoe_size": 9, "Kai Example": 1}, "colour": "red", "x9": {}}))
    assert [(note.field, note.problem) for note in found.notes] == [
        ("person.shoe_size", Problem.UNKNOWN_FIELD),
        ("other", Problem.UNKNOWN_FIELD),
        ("colour", Problem.UNKNOWN_FIELD),
    ]


def test_of_thousands_of_unknown_fields_only_some_are_named() -> None:
    names = [first + second for first in "abcdefghijklmnopqrstuvwxyz" for second in "abcdefghijklmnopqrstuvwxyz"]
    found = message(event({"person": {"ref": "P-1"}, **dict.fromkeys(names, 1)}))
    assert len(found.notes) == 21
    assert "other" in problems(found)


@pytest.mark.parametrize("path", ["received_at", "incident_at", "person.turns_18", "case.deceased", "clock.state"])
def test_what_alertd_makes_itself_no_sender_can_give(path: str) -> None:
    found = message(changed(path, "2026-11"))
    assert set(problems(found).values()) == {Problem.UNKNOWN_FIELD}
    assert path not in found.fields
