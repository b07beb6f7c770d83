from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.model.contract import ABOUT_FIELDS, FieldSpec
from alertd.model.errors import InvalidMessage
from alertd.model.ids import PersonId
from alertd.model.message import Message
from alertd.model.values import FieldType, Kind, Value
from alertd.service.messages import encode, encode_incident, encode_status, validate_text
from alertd.service.messages.fields import SENT_INCIDENT, SENT_STATUS
from alertd.service.messages.readers import RANGES
from alertd.service.messages.text import is_unknown
from tests.messages.samples import RECEIVED, changed, event, incident_data, message, status_data

texts = (
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(lambda text: not is_unknown(text) and text.isprintable())
)
times = st.datetimes(datetime(1998, 1, 1), datetime(2026, 11, 26), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds of the strategy must be naive
free_words = st.from_regex(r"[a-z]{3,9}", fullmatch=True).filter(lambda word: not is_unknown(word))


def values_of(spec: FieldSpec) -> st.SearchStrategy[Value]:
    """Values that a sender may give a field."""
    words = st.sampled_from(spec.words) if spec.words else free_words
    strategies: dict[FieldType, st.SearchStrategy[Value]] = {
        FieldType.TEXT: texts,
        FieldType.WORD: words,
        FieldType.WORDS: st.lists(words, min_size=1, max_size=4, unique=True).map(tuple),
        FieldType.REFS: st.lists(texts, min_size=1, max_size=4, unique=True).map(tuple),
        FieldType.NUMBER: st.integers(*RANGES.get(spec.name, (0, 0))),
        FieldType.TRUTH: st.booleans(),
        FieldType.TIME: times,
        FieldType.DATE: st.dates(max_value=RECEIVED.date()).map(lambda day: day.isoformat()),
    }
    return strategies[spec.type]


def some_of(specs: dict[str, FieldSpec], **always: st.SearchStrategy[Value]) -> st.SearchStrategy[dict[str, Value]]:
    optional = {name: values_of(spec) for name, spec in specs.items() if name not in always}
    return st.fixed_dictionaries(dict(always), optional=optional)


def made(kind: Kind, fields: dict[str, Value], about: dict[str, str], case_ref: str | None) -> Message:
    version = fields.get("record.version", 1)
    assert isinstance(version, int)
    return Message(
        source="feed",
        id="m-1",
        kind=kind,
        sent_at=RECEIVED - timedelta(seconds=1),
        received_at=RECEIVED,
        system=str(fields.get("record.system", "feed")),
        record=str(fields.get("record.ref", "m-1")),
        version=version,
        fields=fields,
        about=about,
        case_ref=case_ref,
    )


incidents = st.builds(
    made,
    st.just(Kind.INCIDENT),
    some_of(dict(SENT_INCIDENT), **{"person.ref": texts}),
    st.just({}),
    st.none() | texts,
)
# the value of these events sets a field and is written one way, which test_status covers
plain_events = st.sampled_from(["contact", "mash_referred", "closed", "alert_accepted"])
statuses = st.builds(
    made,
    st.just(Kind.STATUS),
    some_of(dict(SENT_STATUS), event=plain_events, at=times),
    st.dictionaries(st.sampled_from(["case_ref", *ABOUT_FIELDS.values()]), texts, min_size=1),
    st.none(),
)


@given(incidents | statuses)
@settings(max_examples=200, deadline=None)
def test_decoding_gives_back_what_was_encoded_and_it_may_be_published(original: Message) -> None:
    body = encode(original)
    assert message(body) == original
    assert validate_text(body) == []


@pytest.mark.parametrize("body", [event(incident_data()), event(status_data(), "status")])
def test_what_was_decoded_can_be_encoded_and_decoded_again(body: object) -> None:
    first = message(body)
    again = message(encode(first))
    assert again.fields == first.fields
    assert (again.source, again.id, again.about, again.case_ref) == (
        first.source,
        first.id,
        first.about,
        first.case_ref,
    )


def test_what_alertd_made_of_a_birth_date_is_not_written() -> None:
    seventeen = message(changed("person.date_of_birth", "2009-03-04"))
    again = message(encode(seventeen))
    assert seventeen.fields.items() - again.fields.items() == {("person.turns_18", "2027-03")}


def test_what_a_person_records_comes_from_that_person_with_a_random_id() -> None:
    fields: dict[str, Value] = {"event": "contact", "at": RECEIVED, "contact.with": "family"}
    bodies = [
        encode_status(fields, {"case_ref": "WF-UR-26-7QK4"}, person=PersonId("alex"), sent_at=RECEIVED) for _ in "12"
    ]
    first, second = (message(body) for body in bodies)
    assert (first.source, first.fields["by"], first.about) == ("person/alex", "alex", {"case_ref": "WF-UR-26-7QK4"})
    assert first.fields.items() >= fields.items()
    assert first.id != second.id
    assert len(first.id) == 32
    assert validate_text(bodies[0]) == []


def test_an_incident_entered_by_hand_keeps_its_name_until_intake() -> None:
    body = encode_incident(
        {"setting": "disclosure", "person.name": "Kai Example", "person.date_of_birth": "2011-03-04"},
        source="person/alex",
        sent_at=RECEIVED,
    )
    assert json.loads(body)["data"]["person"]["name"] == "Kai Example"
    assert message(body).identity is not None
    assert "Kai" not in repr(message(body))


def test_an_incident_about_nobody_known_is_still_readable() -> None:
    assert message(encode_incident({"setting": "community"}, source="desk", sent_at=RECEIVED)).fields == {
        "setting": "community"
    }


@pytest.mark.parametrize("name", ["shoe_size", "person.turns_18", "case.state", "event"])
def test_a_name_that_no_sender_gives_is_refused(name: str) -> None:
    with pytest.raises(InvalidMessage, match=re.escape(name)):
        encode_incident({name: "x"}, source="desk", sent_at=RECEIVED)


def test_an_identifier_that_names_no_case_is_refused() -> None:
    with pytest.raises(InvalidMessage, match=r"host\.phone"):
        encode_status({"event": "closed"}, {"host.phone": "x"}, person=PersonId("alex"), sent_at=RECEIVED)


def test_text_from_a_terminal_that_is_no_utf8_is_written_and_noted_when_read() -> None:
    body = encode_incident({"person.ref": "P\udce9"}, source="desk", sent_at=RECEIVED)
    assert "person.ref" not in message(body).fields
