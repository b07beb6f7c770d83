from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.fold import acts, event_time, fold, incident_time, record_fields
from alertd.core.typed_text import typed_value
from alertd.model.case import StoredMessage
from alertd.model.exercise import COHORT, SOURCE
from alertd.model.message import Message
from alertd.model.values import Value
from tests.core.make import after, custody, incident, message, status, stored


def _fold(*messages: Message, noted: tuple[int, ...] = ()) -> dict[str, Value]:
    return dict(fold(_stored(*messages), frozenset(noted)).fields)


def _stored(*messages: Message) -> list[StoredMessage]:
    return [stored(number, each) for number, each in enumerate(messages, start=1)]


# --- which version counts


def test_the_higher_version_counts_whatever_comes_first() -> None:
    old = incident(version=1, at=after(0), person__age=15)
    new = incident(version=2, at=after(-5), person__age=19)
    for order in permutations((old, new)):
        state = fold(_stored(*order))
        assert state.fields["person.age"] == 19
        assert [record.message.version for record in state.incidents] == [2]
        assert state.incidents[0].first_received_at == after(-5)
        assert not state.incidents[0].conflict
        assert len(state.superseded) == 1


def test_the_same_version_with_other_content_is_a_conflict_and_the_later_sent_wins() -> None:
    early = message({"person.age": 15}, id_="b", sent_at=after(-2))
    late = message({"person.age": 16}, id_="a", sent_at=after(-1))
    for order in permutations((early, late)):
        state = fold(_stored(*order))
        assert state.fields["person.age"] == 16
        assert state.incidents[0].conflict


def test_the_same_version_sent_at_the_same_time_is_decided_by_the_id() -> None:
    one, two = message({"person.age": 15}, id_="a"), message({"person.age": 16}, id_="b")
    for order in permutations((one, two)):
        assert fold(_stored(*order)).fields["person.age"] == 16


def test_a_case_needs_an_incident() -> None:
    with pytest.raises(ValueError, match="incident"):
        fold(_stored(status("contact")))


# --- when it happened


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"setting": "custody", "custody.booked_in_at": after(1), "occurred_at": after(-9)}, after(1)),
        ({"setting": "custody", "occurred_at": after(-9)}, None),
        ({"setting": "hospital_ward", "hospital.presented_at": after(2)}, after(2)),
        ({"setting": "missing_return", "missing.found_at": after(3), "missing.returned_at": after(1)}, after(3)),
        ({"setting": "missing_return", "missing.returned_at": after(4)}, after(4)),
        ({"setting": "disclosure", "disclosure.said_at": after(5)}, after(5)),
        ({"setting": "community", "occurred_at": after(6)}, after(6)),
        ({"occurred_at": after(7), "hospital.presented_at": after(6)}, after(6)),
        ({"reported_at": after(7)}, None),
    ],
)
def test_the_incident_time_depends_on_the_setting(fields: dict[str, Value], expected: object) -> None:
    assert incident_time(fields) == expected


def test_events_without_a_time_happened_when_they_were_received() -> None:
    assert event_time(incident(at=after(3))) == after(3)
    assert event_time(status("contact", at=after(4), happened_at="unreadable")) == after(4)
    assert event_time(status("contact", at=after(4), happened_at=after(1))) == after(1)


def test_the_case_happened_at_the_earliest_incident_time_that_anybody_gives() -> None:
    fields = _fold(custody(), incident(record="R-2", setting="community", occurred_at=after(-30)))
    assert fields["case.incident_at"] == after(-30)
    assert "case.incident_at" not in _fold(incident(setting="custody"))


def test_an_answer_gives_the_incident_time_that_was_missing() -> None:
    answer = status("field_answered", field="custody.booked_in_at", value="2026-11-26T13:45:00+00:00")
    state = fold(_stored(incident(setting="custody"), answer))
    assert state.fields["case.incident_at"] == after(-25)
    assert record_fields(state, state.incidents[0])["incident_at"] == after(-25)


# --- what several messages make together


def test_later_news_wins_but_lists_only_grow() -> None:
    first = incident(at=after(0), incident__offence=("pwits",), incident__weapon="blunt", person__associates=("P-7",))
    second = incident(record="R-2", at=after(9), incident__offence=("abh", "pwits"), incident__weapon="knife_sharp")
    fields = _fold(second, first)
    assert fields["incident.offence"] == ("pwits", "abh")
    assert fields["incident.weapon"] == "knife_sharp"
    assert fields["person.associates"] == ("P-7",)


@pytest.mark.parametrize(
    ("event", "value", "name", "expected"),
    [
        ("safe_to_contact_recorded", "no", "person.safe_to_contact", "no"),
        ("consent_recorded", "Given", "person.consent", "given"),
        ("serious_violence_override", "yes", "case.override", "yes"),
        ("associate_added", "P-9", "person.associates", ("P-9",)),
    ],
)
def test_a_recorded_fact_sets_its_field(event: str, value: str, name: str, expected: Value) -> None:
    assert _fold(incident(), status(event, value=value))[name] == expected


def test_discharge_and_release_set_their_times() -> None:
    fields = _fold(
        incident(),
        status("hospital_discharged", happened_at=after(5)),
        status("custody_released", record="S-2", happened_at=after(6)),
    )
    assert fields["hospital.discharged_at"] == after(5)
    assert fields["custody.released_at"] == after(6)


def test_an_answer_fills_the_field_it_names_and_nothing_else() -> None:
    assert _fold(incident(), status("field_answered", field="person.age", value=" 16 "))["person.age"] == 16
    assert "person.age" not in _fold(incident(), status("field_answered", field="person.age", value="sixteen"))
    assert "shoe.size" not in _fold(incident(), status("field_answered", field="shoe.size", value="44"))
    assert "person.consent" not in _fold(incident(), status("consent_recorded"))
    assert _fold(incident(), status("drm_held", value="no")) == _fold(incident())


def test_a_status_that_several_cases_share_changes_nothing() -> None:
    answer = status("field_answered", field="person.age", value="16")
    died = status("contact", record="S-2", contact__outcome="deceased")
    shut = status("closed", record="S-3")
    assert _fold(incident(), answer, died, shut, noted=(2, 3, 4)) == _fold(incident())


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("person.age", "12345678901", None),
        ("person.age_disputed", "Yes", True),
        ("person.age_disputed", "maybe", None),
        ("incident.weapon", "Knife-sharp", "knife_sharp"),
        ("incident.weapon", "spoon", None),
        ("incident.offence", "Bladed article, singing", ("bladed_article",)),
        ("incident.offence", "singing", None),
        ("missing.indicators", "County lines, two phones", ("County lines", "two phones")),
        ("person.associates", " , ", None),
        ("person.associates", "P-7, P-8", ("P-7", "P-8")),
        ("custody.booked_in_at", "2026-11-26T14:10:00+00:00", after()),
        ("custody.booked_in_at", "2026-11-26T14:10:00", None),
        ("custody.booked_in_at", "ten past two", None),
        ("incident.ward", " Lea Bridge ", "Lea Bridge"),
        ("incident.ward", " ", None),
        ("incident.cad_date", "2026-11-26", "2026-11-26"),
    ],
)
def test_typed_text_takes_the_type_of_its_field_or_stays_unknown(name: str, text: str, expected: object) -> None:
    assert typed_value(name, text) == expected


# --- death


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((status("contact", contact__outcome="deceased"),), True),
        ((status("contact", contact__outcome="contacted_family"),), False),
        ((incident(record="R-2", incident__injury="fatal", person__part_played="victim"),), True),
        ((incident(record="R-2", incident__injury="fatal", person__part_played="suspect_arrested"),), False),
        ((incident(record="R-2", incident__injury="fatal"),), False),
        (
            (
                incident(record="R-2", at=after(1), incident__injury="fatal"),
                incident(record="R-3", at=after(2), person__part_played="victim"),
            ),
            True,
        ),
        (
            (
                incident(record="R-2", at=after(1), incident__injury="fatal", person__part_played="victim"),
                incident(record="R-3", at=after(2), incident__injury="serious", person__part_played="witness"),
            ),
            True,
        ),
        (
            (
                incident(record="R-2", person__part_played="victim"),
                status("field_answered", field="incident.injury", value="fatal"),
            ),
            True,
        ),
    ],
)
def test_only_the_death_of_the_young_person_counts_as_a_death(messages: tuple[Message, ...], expected: bool) -> None:
    assert ("case.deceased" in _fold(incident(), *messages)) is expected


# --- false alarm, closed, reopened


def test_a_false_alarm_covers_what_came_before_it() -> None:
    state = fold(_stored(incident(), status("false_alarm", at=after(5))))
    assert state.false_alarm
    assert state.incidents == ()
    assert state.cohort == ""


def test_what_comes_or_is_corrected_after_a_false_alarm_counts_again() -> None:
    state = fold(_stored(incident(), incident(version=2, at=after(6)), status("false_alarm", at=after(5))))
    assert [record.message.version for record in state.incidents] == [2]
    assert not state.false_alarm


def test_reopening_undoes_a_false_alarm_and_a_closing() -> None:
    alarm, shut = status("false_alarm", at=after(5)), status("closed", record="S-2", at=after(6))
    again = status("reopened", record="S-3", at=after(7))
    assert fold(_stored(incident(), alarm, shut)).closed_at == after(6)
    state = fold(_stored(incident(), alarm, shut, again))
    assert (state.false_alarm, state.closed_at, state.fields["case.state"]) == (False, None, "open")


def test_a_case_closed_twice_was_closed_the_first_time() -> None:
    state = fold(_stored(incident(), status("closed", at=after(6)), status("closed", record="S-2", at=after(9))))
    assert (state.closed_at, state.fields["case.state"]) == (after(6), "closed")


def test_the_cohort_is_the_setting_of_the_newest_incident_that_has_one() -> None:
    first, second = incident(at=after(0), setting="custody"), incident(record="R-2", at=after(5))
    assert fold(_stored(first, second)).cohort == "custody"


def test_an_exercise_is_one_until_anything_real_joins_it() -> None:
    drill = replace(incident(setting="custody"), source=SOURCE)
    real = incident(record="R-2", at=after(5), setting="custody")
    assert fold(_stored(drill)).cohort == COHORT
    assert fold(_stored(drill, real)).cohort == "custody"


# --- records and acts


def test_a_record_is_filled_from_its_case_but_never_overwritten_by_it() -> None:
    own = incident(record="R-2", at=after(5), person__age=16)
    state = fold(_stored(custody(incident__ward="Leyton"), own))
    fields = record_fields(state, next(r for r in state.incidents if r.message.record == "R-2"))
    assert (fields["person.age"], fields["incident.ward"]) == (16, "Leyton")
    assert (fields["record.ref"], fields["record.version"], fields["received_at"]) == ("R-2", 1, after(5))


def test_a_status_is_filled_with_what_it_is_about() -> None:
    state = fold(_stored(custody(), status("contact", person="P-2")))
    fields = record_fields(state, state.statuses[0])
    assert (fields["person.ref"], fields["setting"], fields["event"]) == ("P-2", "custody", "contact")


def test_a_case_reference_is_no_field_of_a_status() -> None:
    about = message({"event": "contact"}, kind=status("contact").kind, record="S-1", about={"case_ref": "WF-1"})
    state = fold(_stored(incident(), about))
    assert "case_ref" not in record_fields(state, state.statuses[0])


def test_an_incident_without_a_time_has_no_incident_time_of_another_record() -> None:
    state = fold(_stored(incident(setting="hospital_ae"), custody(record="R-2")))
    fields = {r.message.record: record_fields(state, r) for r in state.incidents}
    assert "incident_at" not in fields["R-1"]
    assert fields["R-2"]["incident_at"] == after(-10)


def test_acts_stand_in_the_order_received_and_those_shared_by_several_cases_are_left_out() -> None:
    late, early = status("alert_accepted", at=after(9), happened_at=after(1)), status("alert_released", record="S-2")
    shared = status("alert_accepted", record="S-3", at=after(2))
    state = fold(_stored(incident(), late, early, shared, status("contact", record="S-4")), frozenset({4}))
    assert [record.message.fields["event"] for record in acts(state)] == ["alert_released", "alert_accepted"]


_MESSAGES = _stored(
    custody(),
    custody(version=2, at=after(3), incident__ward="Leyton"),
    incident(record="R-2", at=after(2), incident__offence=("abh",)),
    status("consent_recorded", value="given", at=after(4)),
    status("closed", record="S-2", at=after(5)),
)


@given(st.permutations(_MESSAGES))
def test_the_fold_is_the_same_for_every_order_of_messages(order: list[StoredMessage]) -> None:
    state, expected = fold(order), fold(_MESSAGES)
    assert state.fields == expected.fields
    assert (state.incidents, state.statuses) == (expected.incidents, expected.statuses)
