from __future__ import annotations

import pytest

from alertd.model.contract import (
    ABOUT_FIELDS,
    FIELDS,
    LIST_FIELDS,
    OFFENCES,
    PEOPLE_EVENTS,
    SETTINGS,
    STRONG_IDENTIFIERS,
    TIME_FIELDS,
    TRUTH_FIELDS,
    UNKNOWN_WORDS,
)
from alertd.model.values import FieldType, Kind

ALL_KINDS = frozenset(Kind)


def test_every_field_is_listed_under_its_own_name() -> None:
    assert all(name == spec.name for name, spec in FIELDS.items())


def test_no_vocabulary_holds_a_word_for_unknown_or_a_word_twice() -> None:
    for spec in FIELDS.values():
        assert UNKNOWN_WORDS.isdisjoint(spec.words), spec.name
        assert len(set(spec.words)) == len(spec.words), spec.name


def test_words_belong_to_word_fields_and_every_word_field_has_some() -> None:
    for spec in FIELDS.values():
        if spec.words:
            assert spec.type in (FieldType.WORD, FieldType.WORDS), spec.name
        if spec.type is FieldType.WORD:
            assert spec.words, spec.name


@pytest.mark.parametrize(
    ("names", "types"),
    [
        (LIST_FIELDS, {FieldType.WORDS, FieldType.REFS}),
        (TIME_FIELDS, {FieldType.TIME}),
        (TRUTH_FIELDS, {FieldType.TRUTH}),
    ],
)
def test_fields_of_a_type_are_all_of_that_type(names: frozenset[str], types: set[FieldType]) -> None:
    assert names == {name for name, spec in FIELDS.items() if spec.type in types}


def test_a_time_is_named_for_a_moment() -> None:
    assert all(name == "at" or name.endswith("_at") for name in TIME_FIELDS)


def test_identifiers_are_personal_fields_of_incidents() -> None:
    for name in (*STRONG_IDENTIFIERS, *ABOUT_FIELDS.values()):
        assert FIELDS[name].personal, name
        assert FIELDS[name].kinds == ALL_KINDS, name


def test_what_privacy_names_as_personal_is_marked() -> None:
    named = "person.ref person.associates person.age incident.offence incident.injury hospital.site incident.ward"
    assert all(FIELDS[name].personal for name in f"{named} custody.suite record.ref value".split())


def test_a_block_is_carried_by_its_settings_alone() -> None:
    assert FIELDS["custody.ref"].settings == ("custody",)
    assert FIELDS["hospital.site"].settings == ("hospital_ae", "hospital_ward")
    assert FIELDS["person.age"].settings == ()
    assert {each for spec in FIELDS.values() for each in spec.settings} <= set(SETTINGS)


def test_status_fields_are_carried_by_statuses_and_clock_fields_by_clocks() -> None:
    assert FIELDS["event"].kinds == {Kind.STATUS}
    assert FIELDS["clock.state"].kinds == {Kind.CLOCK}
    assert set(FIELDS["event"].words) >= PEOPLE_EVENTS
    assert "bladed_article" in OFFENCES
