from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from alertd.model.contract import ABOUT_FIELDS
from alertd.model.message import Message, Problem
from alertd.model.values import FieldType, Kind
from alertd.service.messages import asyncapi_document, message_schema, validate_text
from alertd.service.messages.fields import CASE_REF, SENT_INCIDENT, SENT_STATUS, SET_ASIDE
from tests.messages.samples import changed, event, incident_data, read, status_data

SENT = {
    Kind.INCIDENT: {**SENT_INCIDENT, CASE_REF.name: CASE_REF, **{spec.name: spec for spec in SET_ASIDE[Kind.INCIDENT]}},
    Kind.STATUS: {**SENT_STATUS, **{spec.name: spec for spec in SET_ASIDE[Kind.STATUS]}},
}
DATA = {Kind.INCIDENT: "IncidentData", Kind.STATUS: "StatusData"}
JSON_TYPES = {
    FieldType.WORD: "string",
    FieldType.TEXT: "string",
    FieldType.TIME: "string",
    FieldType.DATE: "string",
    FieldType.NUMBER: "integer",
    FieldType.TRUTH: "boolean",
    FieldType.WORDS: "array",
    FieldType.REFS: "array",
}


def leaves(schema: dict[str, Any], definition: str, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Dotted name and schema of every field under a definition."""
    for name, place in schema["$defs"][definition]["properties"].items():
        if "$ref" in place:
            yield from leaves(schema, place["$ref"].rpartition("/")[2], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", place


def references(node: object) -> Iterator[str]:
    """Every `$ref` of a document."""
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


@pytest.mark.parametrize("kind", [Kind.INCIDENT, Kind.STATUS])
def test_the_schema_has_every_field_of_the_contract_and_no_other(kind: Kind) -> None:
    printed = {name for name, _ in leaves(message_schema(), DATA[kind]) if not name.startswith("about.")}
    assert printed == SENT[kind].keys()


def test_the_schema_has_every_identifier_of_about() -> None:
    assert message_schema()["$defs"]["About"]["properties"].keys() == {"case_ref", *ABOUT_FIELDS}


@pytest.mark.parametrize("kind", [Kind.INCIDENT, Kind.STATUS])
def test_the_schema_has_the_contracts_types_and_words(kind: Kind) -> None:
    def words(place: dict[str, Any]) -> set[str]:
        inner = place.get("items", place)
        return set(inner.get("enum", ())) - {"unknown"}

    for name, place in leaves(message_schema(), DATA[kind]):
        if name.startswith("about.") or name == "person.date_of_birth":
            continue
        spec = SENT[kind][name]
        assert place["type"] == JSON_TYPES[spec.type], name
        assert words(place) == set(spec.words), name
        assert (place.get("format") == "date-time") == (spec.type is FieldType.TIME), name


def test_the_schema_is_valid_and_takes_the_complete_messages() -> None:
    schema = message_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert not list(validator.iter_errors(event(incident_data())))
    assert not list(validator.iter_errors(event(status_data(), "status")))


@pytest.mark.parametrize(
    "body",
    [
        changed("setting", "prison"),
        changed("person", None),
        changed("person.age", 121),
        changed("person.associates", ["P"] * 65),
        changed("contact.with", "friend", "status"),
        changed("event", "unknown", "status"),
        event(incident_data(), id=None),
        event(incident_data(), type="alertd.incident.v2"),
    ],
)
def test_the_schema_refuses_what_breaks_the_contract(body: dict[str, object]) -> None:
    assert not Draft202012Validator(message_schema()).is_valid(body)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi_document("alertd.test")
    found = set(references(document))
    for reference in found:
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place
    assert document["asyncapi"] == "3.0.0"
    assert document["channels"]["messages"]["address"] == "alertd.test"
    assert {"#/components/schemas/IncidentEvent", "#/components/schemas/StatusEvent"} <= found


def test_the_asyncapi_schemas_are_those_of_the_json_schema() -> None:
    printed = json.dumps(asyncapi_document()["components"]["schemas"]).replace("#/components/schemas/", "#/$defs/")
    assert json.loads(printed) == message_schema()["$defs"]
    Draft202012Validator.check_schema({"$defs": json.loads(printed)})


@pytest.mark.parametrize("body", [event(incident_data()), event(status_data(), "status"), event({"person": {}})])
def test_a_complete_message_may_be_published(body: object) -> None:
    assert validate_text(json.dumps(body)) == []


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (changed("person.age", "15"), "data.person.age: must be a whole number, without quotes"),
        (changed("person.age", 121), "data.person.age: must be 120 or less"),
        (changed("person.age_disputed", "yes"), "data.person.age_disputed: must be true or false, without quotes"),
        (changed("person.consent", "ok"), "data.person.consent: must be 'given', 'refused', 'not_sought_unsafe', "),
        (changed("person.ref", 7), "data.person.ref: must be text, in quotes"),
        (changed("person.ref", "x" * 257), "data.person.ref: is longer than 256 characters"),
        (changed("person.ref", " "), "data.person.ref: is empty: leave the field out when it is not known"),
        (changed("person.ref", "\u0000"), "data.person.ref: holds characters that cannot be printed: leave them out"),
        (changed("person.associates", "P-7"), "data.person.associates: must be a list, in square brackets"),
        (changed("person.associates", ["P"] * 65), "data.person.associates: has more than 64 entries"),
        (changed("custody", 7), "data.custody: must be an object with named fields, in curly brackets"),
        (changed("custody.booked_in_at", "2026-11-26T14:00"), "data.custody.booked_in_at: has no offset from UTC"),
        (changed("custody.booked_in_at", "14:00"), "data.custody.booked_in_at: is not a time: write it like"),
        (changed("incident.cad_date", "26/11/26"), "data.incident.cad_date: is not a day: write it like 2026-11-26"),
        (changed("custody.bookd_in_at", "x"), "data.custody.bookd_in_at: is no field of the contract"),
        (changed("event", None, "status"), "data.event: must be 'police_contacted_mash', 'contact', "),
        (event({}), "data.person: is missing"),
        (event(incident_data(), id=None), "id: is missing"),
        (event(incident_data(), source="\u0007"), "source: is blank or holds characters that cannot be printed"),
        (event(incident_data(), specversion=None), "specversion: is missing"),
        (event(incident_data(), type="x"), "type: must be alertd.incident.v1 or alertd.status.v1"),
        ([1], "message: it is JSON, but not an object with named fields"),
    ],
)
def test_a_problem_is_told_by_its_place_and_what_to_do(body: object, line: str) -> None:
    found = validate_text(json.dumps(body))
    assert [told for told in found if told.startswith(line)], found


def test_every_problem_is_told_at_once() -> None:
    body = event({"person": {"age": "15", "shoe_size": 9}, "setting": "prison"})
    assert len(validate_text(json.dumps(body))) == 3


def test_a_field_given_twice_is_told_as_such() -> None:
    body = json.dumps(event(incident_data())).replace('"suite":', '"suite": "x", "suite":')
    assert validate_text(body) == ["data.custody.suite: is given more than once: keep one"]


def test_extensions_of_the_envelope_are_no_problem() -> None:
    assert validate_text(json.dumps(event(incident_data(), traceparent="00-1-2-00"))) == []


values = (
    st.none() | st.booleans() | st.integers(-9, 200) | st.text(max_size=9) | st.lists(st.text(max_size=9), max_size=3)
)
late = {Problem.IN_THE_FUTURE, Problem.OUT_OF_RANGE, Problem.MISSING}


@given(st.sampled_from(sorted(SENT[Kind.INCIDENT])), values)
@settings(max_examples=400, deadline=None)
def test_what_may_be_published_is_read_without_a_note_but_for_time(path: str, value: object) -> None:
    body = json.dumps(changed(path, value))
    outcome = read(body.encode())
    assert isinstance(outcome, Message)
    if not validate_text(body):
        assert {note.problem for note in outcome.notes} <= late
