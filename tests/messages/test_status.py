from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alertd.model.contract import ABOUT_FIELDS, EVENTS
from alertd.model.message import Problem
from alertd.model.values import Kind
from alertd.service.messages import encode
from tests.messages.samples import RECEIVED, changed, event, message, problems, status_data, unreadable


def status(**data: object) -> dict[str, object]:
    return event({"about": {"case_ref": "WF-UR-26-7QK4"}, "at": "2026-11-26T13:00:00Z", **data}, "status")


def test_a_complete_status_is_read_without_a_note() -> None:
    found = message(event(status_data(), "status"))
    assert found.kind is Kind.STATUS
    assert found.notes == ()
    assert found.about == {"case_ref": "WF-UR-26-7QK4", "person.ref": "P-1001", "custody.ref": "CU-77"}
    assert found.fields == {
        "event": "contact",
        "at": datetime(2026, 11, 26, 13, 50, tzinfo=UTC),
        "contact.with": "young_person",
        "contact.outcome": "contacted_young_person",
        "reference": "R-9",
        "by": "alex",
    }


def test_every_identifier_of_about_is_named_by_its_incident_field() -> None:
    found = message(status(event="closed", about={key: f"{key}-1" for key in ABOUT_FIELDS}))
    assert found.about == {name: f"{key}-1" for key, name in ABOUT_FIELDS.items()}


@pytest.mark.parametrize("word", EVENTS)
def test_every_event_of_the_contract_is_read(word: str) -> None:
    assert message(status(event=word)).fields["event"] == word
    assert message(status(event=word.replace("_", " ").upper())).fields["event"] == word


@pytest.mark.parametrize("word", [None, "", "unknown", "phoned", 3, ["contact"]])
def test_a_status_without_a_known_event_is_unreadable(word: object) -> None:
    assert "`event`" in unreadable(status(event=word)).reason


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        (None, Problem.MISSING),
        ("unknown", Problem.MISSING),
        ("13:00", Problem.NOT_A_TIME),
        ("2026-11-26T13:00:00", Problem.NO_OFFSET),
        ("2026-11-26T15:00:00Z", Problem.IN_THE_FUTURE),
    ],
)
def test_without_a_usable_time_it_happened_when_it_was_received_and_that_is_noted(at: object, problem: Problem) -> None:
    found = message(changed("at", at, "status"))
    assert found.fields["at"] == RECEIVED
    assert problems(found) == {"at": problem}


@pytest.mark.parametrize("about", [None, {}, {"case_ref": "unknown"}])
def test_a_status_about_nothing_is_read_and_noted(about: object) -> None:
    found = message(status(event="closed", about=about))
    assert found.about == {}
    assert problems(found) == {"about": Problem.MISSING}


def test_a_bad_outcome_is_unknown_with_a_note() -> None:
    found = message(changed("contact.outcome", "had a chat", "status"))
    assert problems(found) == {"contact.outcome": Problem.NOT_A_KNOWN_WORD}
    assert found.fields["contact.with"] == "young_person"


def test_what_a_person_records_is_by_that_person_unless_it_says_otherwise() -> None:
    assert message({**status(event="closed"), "source": "person/alex"}).fields["by"] == "alex"
    assert message({**status(event="closed", by="sam"), "source": "person/alex"}).fields["by"] == "sam"
    assert "by" not in message(status(event="closed")).fields


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("person.age", 16, "16"),
        ("person.age", "16", "16"),
        ("person.age_disputed", True, "yes"),
        ("person.age_disputed", "False", "no"),
        ("custody.booked_in_at", "2026-11-26T14:00:00+01:00", "2026-11-26T13:00:00+00:00"),
        ("incident.weapon", "Knife sharp", "knife_sharp"),
        ("incident.offence", ["abh", "PWITS"], "abh, pwits"),
        ("incident.offence", "abh,PWITS", "abh, pwits"),
        ("person.associates", ["P-7", "P-8"], "P-7, P-8"),
        ("incident.cad_date", "2026-11-26", "2026-11-26"),
        ("hospital.site", "Whipps Cross", "Whipps Cross"),
        ("incident.weapon", "unknown", None),
    ],
)
def test_an_answer_is_typed_by_its_field_and_written_one_way(field: str, value: object, kept: str | None) -> None:
    found = message(status(event="field_answered", field=field, value=value))
    assert found.fields["field"] == field
    assert found.fields.get("value") == kept
    assert found.notes == ()
    assert message(encode(found)).fields == found.fields


def test_an_answer_that_does_not_fit_its_field_is_unknown_with_a_note() -> None:
    found = message(status(event="field_answered", field="person.age", value="fifteen"))
    assert "value" not in found.fields
    assert problems(found) == {"value": Problem.WRONG_TYPE}


@pytest.mark.parametrize("field", ["person.name", "person.date_of_birth", "case.state", "received_at", "shoe size"])
def test_an_answer_to_a_field_that_alertd_does_not_hold_is_dropped(field: str) -> None:
    found = message(status(event="field_answered", field=field, value="Kai Example"))
    assert "Kai" not in repr(found)
    assert problems(found) == {"field": Problem.NOT_A_KNOWN_WORD}


def test_an_answer_that_names_no_field_is_dropped_with_a_note() -> None:
    found = message(status(event="field_answered", value="Kai Example"))
    assert "Kai" not in repr(found)
    assert problems(found) == {"field": Problem.MISSING}


@pytest.mark.parametrize(
    ("word", "value", "kept"),
    [
        ("safe_to_contact_recorded", "No", "no"),
        ("safe_to_contact_recorded", False, "no"),
        ("safe_to_contact_recorded", "unknown", None),
        ("consent_recorded", "Not sought - unsafe", "not_sought_unsafe"),
        ("serious_violence_override", True, "yes"),
    ],
)
def test_a_recorded_decision_is_one_of_its_fields_words(word: str, value: object, kept: str | None) -> None:
    found = message(status(event=word, value=value))
    assert found.fields.get("value") == kept
    assert found.notes == ()


def test_a_recorded_decision_in_other_words_is_unknown_with_a_note() -> None:
    found = message(status(event="consent_recorded", value="perhaps"))
    assert "value" not in found.fields
    assert problems(found) == {"value": Problem.NOT_A_KNOWN_WORD}


def test_the_value_of_any_other_event_is_kept_as_text() -> None:
    assert message(status(event="mash_decision", value="Section 47")).fields["value"] == "Section 47"
