from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.message import DataNote, Problem
from alertd.model.values import Kind
from alertd.service.messages import Properties
from tests.messages.samples import (
    CLOUDEVENTS,
    RECEIVED,
    event,
    incident_data,
    message,
    problems,
    status_data,
    unreadable,
)

PLAIN = Properties(
    content_type="application/json",
    message_id="m-9",
    type="alertd.incident.v1",
    app_id="hospital-feed",
    timestamp=int(datetime(2026, 11, 26, 14, 5, tzinfo=UTC).timestamp()),
)


def test_a_complete_incident_is_read_without_a_note() -> None:
    found = message(event(incident_data()))
    assert found.notes == ()
    assert (found.source, found.id, found.kind) == ("custody-feed", "m-1", Kind.INCIDENT)
    assert (found.system, found.record, found.version) == ("custody-system", "REC-1", 2)
    assert found.sent_at == datetime(2026, 11, 26, 14, 9, tzinfo=UTC)
    assert found.received_at == RECEIVED
    assert found.fields["custody.booked_in_at"] == datetime(2026, 11, 26, 14, tzinfo=UTC)
    assert found.fields["incident.offence"] == ("bladed_article", "pwits")


def test_plain_json_with_properties_is_the_same_as_an_envelope() -> None:
    plain = message(incident_data(), properties=PLAIN)
    wrapped = message(event(incident_data(), id="m-9", source="hospital-feed", time="2026-11-26T14:05:00Z"))
    assert plain == wrapped


def test_an_envelope_is_known_by_its_data_whatever_the_content_type() -> None:
    body = event(incident_data())
    assert message(body, properties=Properties(content_type="text/plain")) == message(body, properties=CLOUDEVENTS)


def test_what_the_envelope_leaves_out_is_taken_from_the_properties_and_what_it_says_wins() -> None:
    found = message(event(incident_data(), source=None), properties=PLAIN)
    assert (found.source, found.id) == ("hospital-feed", "m-1")


def test_without_a_record_the_source_and_id_stand_for_it() -> None:
    data = incident_data()
    del data["record"]
    found = message(event(data))
    assert (found.system, found.record, found.version) == ("custody-feed", "m-1", 1)


@pytest.mark.parametrize("timestamp", [-1, 2**62, None])
def test_an_amqp_timestamp_outside_the_calendar_is_no_time(timestamp: int | None) -> None:
    properties = Properties(message_id="m", app_id="feed", type="alertd.incident.v1", timestamp=timestamp)
    assert message(incident_data(), properties=properties).sent_at == RECEIVED


def test_a_bad_envelope_time_becomes_the_receipt_with_a_note() -> None:
    found = message(event(incident_data(), time="yesterday"))
    assert found.sent_at == RECEIVED
    assert found.notes == (DataNote("time", Problem.NOT_A_TIME),)


@pytest.mark.parametrize("attribute", ["id", "source", "type", "data"])
def test_without_an_attribute_the_message_is_unreadable_and_the_reason_names_it(attribute: str) -> None:
    found = unreadable(event(incident_data(), **{attribute: None}))
    assert f"`{attribute}`" in found.reason


@pytest.mark.parametrize("value", ["", " ", "x" * 256, "a\nb", 7, ["x"], "\ud800"])
@pytest.mark.parametrize("attribute", ["id", "source"])
def test_an_identity_must_be_1_to_255_printable_characters(attribute: str, value: object) -> None:
    assert f"`{attribute}`" in unreadable(event(incident_data(), **{attribute: value})).reason


@pytest.mark.parametrize("attribute", ["id", "source"])
def test_the_longest_identity_is_kept_as_it_comes(attribute: str) -> None:
    assert getattr(message(event(incident_data(), **{attribute: "é" * 255})), attribute) == "é" * 255


@pytest.mark.parametrize("type_", ["alertd.incident.v2", "ALERTD.INCIDENT.V1", "other", 1])
def test_another_type_is_unreadable(type_: object) -> None:
    assert "`type`" in unreadable(event(incident_data(), type=type_)).reason


@pytest.mark.parametrize("person", [None, "Kai", [], 3, True])
def test_without_a_person_an_incident_is_unreadable(person: object) -> None:
    assert "`person`" in unreadable(event({**incident_data(), "person": person})).reason


def test_a_person_without_a_reference_is_read_and_noted() -> None:
    assert problems(message(event({"person": {}}))) == {"person.ref": Problem.MISSING}


def test_an_unreadable_message_keeps_what_can_be_told_and_its_bytes() -> None:
    body = json.dumps(event(None, source="Caf\u00e9 \u26a0 feed", id="m-7")).encode()
    found = unreadable(body)
    assert (found.source, found.id, found.raw, found.received_at) == ("Caf? ? feed", "m-7", body, RECEIVED)


def test_of_a_long_source_64_characters_are_told() -> None:
    assert unreadable(event(None, source="s" * 200)).source == "s" * 64


@pytest.mark.parametrize("source", [None, 5, "", "  ", "\u4e2d\u6587"])
def test_a_source_that_cannot_be_told_is_unknown(source: object) -> None:
    assert unreadable(event(None, source=source)).source == "unknown source"


def test_of_bytes_that_are_no_json_the_properties_tell_the_source() -> None:
    found = unreadable(b"{", properties=PLAIN)
    assert (found.source, found.id) == ("hospital-feed", "m-9")


def test_the_longest_body_is_read_and_a_byte_more_is_not() -> None:
    body = json.dumps(event(incident_data())).encode()
    assert message(body.ljust(256 * 1024)) == message(body)
    assert "256 KiB" in unreadable(body.ljust(256 * 1024 + 1)).reason


def test_32_levels_are_read_and_33_are_not() -> None:
    # the envelope is level 1, its data level 2, so the list begins at level 3
    deep = {depth: "[" * (depth - 2) + "]" * (depth - 2) for depth in (32, 33)}
    body = json.dumps(event({**incident_data(), "extra": "DEEP"}))
    assert problems(message(body.replace('"DEEP"', deep[32]).encode())) == {"extra": Problem.UNKNOWN_FIELD}
    assert "32 levels" in unreadable(body.replace('"DEEP"', deep[33]).encode()).reason


def test_64_associates_are_read_and_65_are_not() -> None:
    data = incident_data()
    data["person"]["associates"] = [f"P{n}" for n in range(64)]
    assert message(event(data)).fields["person.associates"] == tuple(f"P{n}" for n in range(64))
    data["person"]["associates"].append("P64")
    assert "64 associates" in unreadable(event(data)).reason


def test_a_byte_order_mark_does_not_hide_a_message() -> None:
    body = json.dumps(event(status_data(), "status")).encode()
    assert message(b"\xef\xbb\xbf" + body) == message(body)


def test_bytes_that_are_not_utf8_spoil_only_their_own_field() -> None:
    body = json.dumps(event(incident_data())).encode().replace(b"CU-77", b"CU-\xe9")
    found = message(body)
    assert problems(found) == {"custody.ref": Problem.WRONG_TYPE}
    assert "custody.booked_in_at" in found.fields


def test_a_field_given_twice_is_unknown_and_a_person_given_twice_is_unreadable() -> None:
    body = json.dumps(event(incident_data()))
    twice = message(body.replace('"suite":', '"suite": "Bethnal Green", "suite":').encode())
    assert problems(twice) == {"custody.suite": Problem.GIVEN_TWICE}
    assert "custody.suite" not in twice.fields
    assert "`person`" in unreadable(body.replace('"person":', '"person": {}, "person":').encode()).reason


@given(
    st.builds(
        Properties,
        content_type=st.none() | st.text(max_size=9),
        message_id=st.none() | st.text(max_size=9),
        type=st.none() | st.text(max_size=9),
        app_id=st.none() | st.text(max_size=9),
        timestamp=st.none() | st.integers(0, 2**40),
    )
)
def test_what_a_delivery_said_beside_the_body_can_be_kept_and_said_again(properties: Properties) -> None:
    assert Properties.of(properties.given()) == properties
