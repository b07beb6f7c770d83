from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.model.contract import FIELDS
from alertd.model.message import Message, Unreadable
from alertd.service.messages import Properties, validate_text
from tests.messages.hostile import SECRET, hostile_bodies
from tests.messages.samples import changed, event, read

BODIES = hostile_bodies()


def test_there_are_enough_hostile_bodies_and_their_names_differ() -> None:
    assert len(BODIES) >= 200
    assert len({name for name, _ in BODIES}) == len(BODIES)


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in BODIES])
def test_a_hostile_body_is_a_message_or_unreadable_and_tells_no_value(body: bytes) -> None:
    started = time.process_time()
    outcome = read(body)
    assert time.process_time() - started < 2

    if isinstance(outcome, Unreadable):
        assert outcome.raw == body
        assert SECRET not in outcome.reason
        assert outcome.source.isascii()
        assert outcome.source.isprintable()
        assert 0 < len(outcome.source) <= 64
        assert outcome.id.isprintable()
    else:
        assert SECRET not in str(outcome.notes)
        assert len(outcome.notes) <= len(FIELDS)
        str(outcome).encode("utf-8")  # what is stored must be text: no surrogate may come through


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in BODIES])
def test_a_hostile_body_is_refused_or_passed_for_publishing_without_its_values(body: bytes) -> None:
    found = validate_text(body)
    assert all(line.isprintable() for line in found)
    if isinstance(read(body), Unreadable):
        assert found


@given(st.binary(max_size=2000), st.sampled_from([None, "alertd.incident.v1", "x"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_without_an_error(body: bytes, type_: str | None) -> None:
    outcome = read(body, properties=Properties(type=type_, message_id="m", app_id="feed"))
    assert isinstance(outcome, (Message, Unreadable))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
places = st.sampled_from(sorted(name for name in FIELDS if not name.startswith(("case.", "clock."))))


@given(places, json_values, st.sampled_from(["incident", "status"]))
@settings(max_examples=400, deadline=None)
def test_any_value_in_any_field_spoils_no_other_field(place: str, value: object, kind: str) -> None:
    outcome = read(changed(place, value, kind))
    if isinstance(outcome, Unreadable):
        assert (place, kind) == ("event", "status")  # the one field that a message cannot do without
        return
    assert isinstance(outcome, Message)
    untouched = "person.part_played" if kind == "incident" else "contact.with"
    if place != untouched:
        assert untouched in outcome.fields


@given(json_values, st.sampled_from(["incident", "status"]))
@settings(max_examples=200, deadline=None)
def test_any_data_at_all_is_read_without_an_error(data: object, kind: str) -> None:
    assert isinstance(read(event(data, kind)), (Message, Unreadable))


def test_a_quarter_of_a_megabyte_of_brackets_is_refused_quickly() -> None:
    started = time.process_time()
    assert isinstance(read(b'{"a":"\\"' * 30_000), Unreadable)
    assert isinstance(read(json.dumps({"data": "[" * 250_000}).encode()), Unreadable)
    assert time.process_time() - started < 2
