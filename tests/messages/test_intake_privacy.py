from __future__ import annotations

import pytest

from alertd.model.contract import DROPPED_AT_INTAKE
from alertd.model.message import Problem
from tests.messages.samples import changed, event, hashed, incident_data, message, problems, status_data

DROPPED_TEXTS = ("Kai", "Example", "2011-03-04", "9990001112", "Stopped", "Spoke")


def test_names_birth_dates_numbers_summaries_and_notes_are_nowhere_in_what_is_kept() -> None:
    kept = repr(message(event(incident_data()))) + repr(message(event(status_data(), "status")))
    assert not [text for text in DROPPED_TEXTS if text in kept]


def test_what_an_owner_agreed_to_keep_is_kept_and_nothing_else() -> None:
    keep = frozenset({"person.name", "note"})
    incident = message(event(incident_data()), keep=keep)
    status = message(event(status_data(), "status"), keep=keep)
    assert {name: incident.fields.get(name) for name in DROPPED_AT_INTAKE} == {
        **dict.fromkeys(DROPPED_AT_INTAKE),
        "person.name": "Kai Example",
    }
    assert status.fields["note"] == "Spoke at the suite"


def test_everything_that_may_be_kept_can_be() -> None:
    keep = frozenset(DROPPED_AT_INTAKE)
    fields = {
        **message(event(incident_data()), keep=keep).fields,
        **message(event(status_data(), "status"), keep=keep).fields,
    }
    assert keep <= fields.keys()


def test_a_kept_text_that_is_too_long_or_no_text_is_noted() -> None:
    keep = frozenset({"incident.summary"})
    assert "incident.summary" in message(changed("incident.summary", "x" * 4000), keep=keep).fields
    assert problems(message(changed("incident.summary", "x" * 4001), keep=keep)) == {
        "incident.summary": Problem.TOO_LONG
    }
    assert problems(message(changed("incident.summary", ["x"]), keep=keep)) == {"incident.summary": Problem.WRONG_TYPE}


def test_a_kept_text_that_is_blank_is_absent() -> None:
    assert (
        "incident.summary"
        not in message(changed("incident.summary", "  "), keep=frozenset({"incident.summary"})).fields
    )


def test_the_age_is_worked_out_at_the_incident_and_not_at_the_receipt() -> None:
    data = {"setting": "hospital_ae", "person": {"ref": "P-1", "date_of_birth": "2011-11-26"}}
    assert message(event({**data, "hospital": {"presented_at": "2026-11-25T23:30:00Z"}})).fields["person.age"] == 14
    assert message(event(data)).fields["person.age"] == 15  # no time given: at the receipt


def test_an_age_that_the_sender_gives_stands() -> None:
    assert message(changed("person.age", 14)).fields["person.age"] == 14


@pytest.mark.parametrize("age", ["many", -3])
def test_an_unusable_age_gives_way_to_the_date_of_birth(age: object) -> None:
    found = message(changed("person.age", age))
    assert found.fields["person.age"] == 15
    assert "person.age" in problems(found)


@pytest.mark.parametrize(
    ("born", "problem"),
    [
        ("4 March 2011", Problem.NOT_A_TIME),
        (2011, Problem.WRONG_TYPE),
        ("1890-01-01", Problem.OUT_OF_RANGE),
        ("2026-11-28", Problem.IN_THE_FUTURE),
    ],
)
def test_a_bad_date_of_birth_leaves_the_age_unknown_with_a_note(born: object, problem: Problem) -> None:
    found = message(changed("person.date_of_birth", born))
    assert problems(found) == {"person.date_of_birth": problem}
    assert "person.age" not in found.fields


def test_of_the_birthday_only_the_month_of_turning_18_is_kept_and_only_for_a_17_year_old() -> None:
    assert message(changed("person.date_of_birth", "2009-03-04")).fields["person.turns_18"] == "2027-03"
    assert "person.turns_18" not in message(changed("person.date_of_birth", "2010-03-04")).fields
    assert "person.turns_18" not in message(changed("person.date_of_birth", "2008-03-04")).fields


def test_the_identity_is_the_keyed_hash_of_name_and_birth_date_however_the_name_is_spelt() -> None:
    first = message(changed("person.name", "Kai Example")).identity
    assert first == hashed("example kai|2011-03-04")
    assert message(changed("person.name", "EXAMPLE,  Kài")).identity == first
    assert message(changed("person.name", "Kai Sample")).identity != first


@pytest.mark.parametrize("path", ["person.name", "person.date_of_birth"])
def test_without_name_or_birth_date_there_is_no_identity(path: str) -> None:
    assert message(changed(path, None)).identity is None


def test_a_name_that_is_no_text_is_noted() -> None:
    found = message(changed("person.name", {"first": "Kai"}))
    assert found.identity is None
    assert problems(found) == {"person.name": Problem.WRONG_TYPE}


def test_a_note_never_holds_a_value() -> None:
    found = message(changed("incident.weapon", "Kai"))
    assert "Kai" not in repr(found.notes)
