from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from alertd.core.partition import partition
from alertd.model.case import CaseRow, Facts, StoredMessage
from alertd.model.ids import CaseId, CaseRef, Token
from alertd.model.message import Message
from alertd.model.values import Kind
from alertd.service.tokens import case_token
from tests.core.make import NOW, after, incident, message, status, stored
from tests.core.world import hashed


def _all(*messages: Message) -> list[StoredMessage]:
    return [stored(number, each) for number, each in enumerate(messages, start=1)]


def _shape(messages: Sequence[StoredMessage], facts: Sequence[Facts] = ()) -> tuple[set[frozenset[int]], set[int]]:
    groups, orphans = partition(facts, messages)
    return {frozenset(m.seq for m in group.messages) for group in groups}, {m.seq for m in orphans}


def _about(event: str, about: dict[str, str], record: str = "S-1", at: datetime = NOW, **more: str) -> Message:
    return message({"event": event, "at": at, **more}, kind=Kind.STATUS, record=record, at=at, about=about)


def _child(record: str, person: str = "P-1", **fields: str) -> Message:
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return message({"person.ref": person, **named}, record=record)


def test_versions_of_one_record_are_one_case() -> None:
    assert _shape(_all(incident(), incident(version=2))) == ({frozenset({1, 2})}, set())


def test_the_same_person_with_a_shared_strong_identifier_is_one_case() -> None:
    both = _all(_child("R-1", incident__crime_ref="X 1"), _child("R-2", incident__crime_ref="x 1 "))
    assert _shape(both) == ({frozenset({1, 2})}, set())


def test_the_same_person_alone_is_no_reason_to_join() -> None:
    assert _shape(_all(_child("R-1"), _child("R-2"))) == ({frozenset({1}), frozenset({2})}, set())


def test_two_children_of_one_crime_are_two_cases() -> None:
    both = _all(_child("R-1", incident__crime_ref="X-1"), _child("R-2", person="P-2", incident__crime_ref="X-1"))
    assert _shape(both) == ({frozenset({1}), frozenset({2})}, set())


def test_a_cad_reference_joins_only_on_the_same_day() -> None:
    cad = {"incident__cad_ref": "1234", "incident__cad_date": "2026-11-26"}
    other = cad | {"incident__cad_date": "2026-11-27"}
    messages = _all(_child("R-1", **cad), _child("R-2", **cad), _child("R-3", **other))
    assert _shape(messages)[0] == {frozenset({1, 2}), frozenset({3})}


def test_a_message_that_bridges_two_cases_joins_them() -> None:
    bridge = _child("R-3", incident__crime_ref="X-1", custody__ref="C-1")
    messages = _all(_child("R-1", incident__crime_ref="X-1"), _child("R-2", custody__ref="C-1"), bridge)
    assert _shape(messages) == ({frozenset({1, 2, 3})}, set())


def test_every_version_received_keeps_joining_after_a_correction_took_the_identifier_away() -> None:
    messages = _all(
        _child("R-1", incident__crime_ref="X-1"), _child("R-2", incident__crime_ref="X-1"), incident(version=2)
    )
    assert _shape(messages)[0] == {frozenset({1, 2, 3})}


def test_a_case_reference_that_the_sender_knows_joins() -> None:
    known = Facts(_row("c1"), tuple(_all(incident())), strong=frozenset({case_token("WF-1", hashed)}) | _strong(1))
    more = stored(2, message({"person.ref": "P-9"}, record="R-2", case_ref="wf-1"))
    assert _shape([*known.messages, more], [known]) == ({frozenset({1, 2})}, set())


def _row(id_: str, minutes: float = 0) -> CaseRow:
    return CaseRow(CaseId(id_), CaseRef(id_.upper()), after(minutes))


def _strong(seq: int, record: str = "R-1") -> frozenset[Token]:
    return stored(seq, incident(record=record)).tokens.strong


def test_same_child_as_joins_two_stored_cases_and_the_earliest_opened_survives() -> None:
    one, two = _all(incident(), incident(record="R-2"))
    tokens = [case_token(ref, hashed) for ref in ("A", "B")]
    early = Facts(_row("early", -5), (two,), strong=_strong(2, "R-2") | {tokens[1]})
    late = Facts(_row("late"), (one,), strong=_strong(1) | {tokens[0]})
    same = stored(3, _about("same_child_as", {"case_ref": "A"}, value="B"))
    groups, orphans = partition([late, early], [one, two, same])
    assert [row.id for group in groups for row in group.cases] == ["early", "late"]
    assert {m.seq for m in groups[0].messages} == {1, 2, 3}
    assert orphans == []
    assert groups[0].noted == set()
    assert groups[0].opened_at == after()


def test_an_alias_leads_to_its_survivor_although_no_message_carries_its_identifiers() -> None:
    alias = frozenset({case_token("OLD", hashed)})
    known = Facts(_row("c1"), tuple(_all(incident())), strong=_strong(1) | alias)
    note = stored(2, _about("contact", {"case_ref": "OLD"}))
    assert _shape([*known.messages, note], [known]) == ({frozenset({1, 2})}, set())


def test_a_stored_case_without_its_messages_is_left_alone() -> None:
    absent = Facts(_row("c1"), (), strong=_strong(1))
    assert partition([absent, Facts(_row("c2"), ())], _all(incident(record="R-2")))[0][0].cases == []


def test_a_status_goes_to_the_case_that_holds_all_it_names() -> None:
    messages = _all(
        _child("R-1", custody__ref="C-1"),
        _child("R-2", custody__ref="C-2"),
        _about("contact", {"person.ref": "P-1", "custody.ref": "C-2"}),
        _about("contact", {"custody.ref": "C-1"}, "S-2"),
    )
    assert _shape(messages) == ({frozenset({1, 4}), frozenset({2, 3})}, set())


def test_a_status_about_nothing_or_nobody_known_is_an_orphan_with_all_its_versions() -> None:
    unknown = {"person.ref": "P-9"}
    messages = _all(
        incident(),
        _about("contact", {}),
        _about("contact", unknown, "S-2"),
        message({"event": "contact"}, kind=Kind.STATUS, record="S-2", version=2, about=unknown),
    )
    assert _shape(messages) == ({frozenset({1})}, {2, 3, 4})


def test_a_status_about_a_person_belongs_to_the_only_open_case() -> None:
    shut = _about("closed", {"custody.ref": "C-1"}, "S-1", after(10))
    later = _about("contact", {"person.ref": "P-1"}, "S-2", after(20))
    messages = _all(_child("R-1", custody__ref="C-1"), _child("R-2"), shut, later)
    groups, _ = partition((), messages)
    assert {frozenset(m.seq for m in group.messages) for group in groups} == {frozenset({1, 3}), frozenset({2, 4})}
    assert all(not group.noted for group in groups)


def test_a_status_about_a_person_with_several_open_cases_is_noted_on_all() -> None:
    messages = _all(_child("R-1"), _child("R-2"), status("contact", at=after(20)))
    groups, orphans = partition((), messages)
    assert [{m.seq for m in group.messages} for group in groups] == [{1, 3}, {2, 3}]
    assert [group.noted for group in groups] == [{3}, {3}]
    assert orphans == []


def test_a_status_about_a_person_all_of_whose_cases_are_closed_is_noted_on_all() -> None:
    messages = _all(
        _child("R-1", custody__ref="C-1"),
        _child("R-2", custody__ref="C-2"),
        _about("closed", {"custody.ref": "C-1"}, "S-1", after(10)),
        _about("closed", {"custody.ref": "C-2"}, "S-2", after(10)),
        status("contact", record="S-3", at=after(20)),
    )
    assert [group.noted for group in partition((), messages)[0]] == [{5}, {5}]


def test_a_status_goes_to_the_case_that_was_open_when_it_happened() -> None:
    shut = _about("closed", {"custody.ref": "C-1"}, "S-1", after(10))
    late = message({"person.ref": "P-1", "setting": "community", "occurred_at": after(15)}, record="R-2", at=after(16))
    before = status("contact", record="S-2", at=after(30), happened_at=after(5))
    messages = _all(_child("R-1", custody__ref="C-1"), late, shut, before)
    assert _shape(messages)[0] == {frozenset({1, 3, 4}), frozenset({2})}


def test_a_status_that_happened_before_any_case_was_open_goes_to_what_is_open_in_the_end() -> None:
    shut = _about("closed", {"custody.ref": "C-1"}, "S-1", after(10))
    early = status("contact", record="S-2", at=after(30), happened_at=after(-90))
    messages = _all(_child("R-1", custody__ref="C-1"), _child("R-2"), shut, early)
    assert _shape(messages)[0] == {frozenset({1, 3}), frozenset({2, 4})}


def test_a_reopened_case_is_open_again() -> None:
    about = {"custody.ref": "C-1"}
    messages = _all(
        _child("R-1", custody__ref="C-1"),
        _child("R-2"),
        _about("closed", about, "S-1", after(10)),
        _about("reopened", about, "S-2", after(15)),
        status("contact", record="S-3", at=after(20)),
    )
    assert [group.noted for group in partition((), messages)[0]] == [{5}, {5}]


def test_a_closing_that_was_corrected_away_closes_nothing() -> None:
    about = {"custody.ref": "C-1"}
    corrected = message({"event": "drm_held"}, kind=Kind.STATUS, record="S-1", version=2, at=after(12), about=about)
    messages = _all(
        _child("R-1", custody__ref="C-1"),
        _child("R-2"),
        _about("closed", about, "S-1", after(10)),
        corrected,
        status("contact", record="S-3", at=after(20)),
    )
    assert [group.noted for group in partition((), messages)[0]] == [{5}, {5}]


_MIXED = _all(
    _child("R-1", custody__ref="C-1"),
    _child("R-2", incident__crime_ref="X-1"),
    _child("R-3", incident__crime_ref="X-1", missing__ref="M-1"),
    _child("R-4", person="P-2", missing__ref="M-1"),
    _child("R-5", missing__ref="M-1"),
    _about("closed", {"custody.ref": "C-1"}, "S-1", after(10)),
    status("contact", record="S-2", at=after(20)),
    status("contact", record="S-2", at=after(20), version=2, happened_at=after(5)),
    _about("contact", {"missing.ref": "M-1"}, "S-3"),
    _about("contact", {"person.ref": "P-7"}, "S-4"),
)


@given(st.permutations(_MIXED))
def test_the_order_of_arrival_does_not_change_the_cases(order: list[StoredMessage]) -> None:
    assert _shape(order) == _shape(_MIXED)
