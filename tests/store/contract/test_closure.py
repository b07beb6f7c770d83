"""What hangs together is loaded together, and nothing else."""

from __future__ import annotations

from itertools import permutations

from alertd.model.case import MessageOutcome
from alertd.model.ids import CaseId
from alertd.model.message import Message
from alertd.service.ports import Rank, Snapshot
from alertd.store import SqlStore
from tests.store.rows import (
    HOUR,
    NOW,
    case_row,
    changed,
    incident,
    incident_tokens,
    make_case,
    put,
    status,
    status_tokens,
    tokens,
)


def closure(store: SqlStore, *texts: str) -> Snapshot:
    with store.read() as reading:
        return reading.closure(tokens(*texts))


def ids(snapshot: Snapshot) -> list[str]:
    return [facts.row.id for facts in snapshot.facts]


def add_status(store: SqlStore, id_: str, *about: str, strong: tuple[str, ...] = (), record: str = "") -> None:
    with store.write(Rank.INTAKE) as writing:
        writing.add_messages(
            [(status(id_), status_tokens(record or f"record of {id_}", about, strong), MessageOutcome.ORPHAN)]
        )


def test_nothing_stored_gives_an_empty_snapshot(store: SqlStore) -> None:
    assert closure(store, "a", "b") == Snapshot(())
    assert closure(store) == Snapshot(())


def test_a_strong_token_leads_to_its_case_with_everything_about_it(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime 1")
    found = closure(store, "crime 1", "elsewhere")
    assert ids(found) == ["c1"]
    assert found.facts[0].strong == tokens("record of c1", "crime 1")
    assert [each.message for each in found.facts[0].messages] == [incident("m-c1")]


def test_the_record_of_an_incident_leads_to_its_case(store: SqlStore) -> None:
    make_case(store, "c1")
    assert ids(closure(store, "record of c1")) == ["c1"]


def test_what_a_status_is_about_leads_to_every_case_of_that_name(store: SqlStore) -> None:
    make_case(store, "c2", names=["person"])
    make_case(store, "c1", names=["person"])
    make_case(store, "c3", names=["somebody else"])
    assert ids(closure(store, "person")) == ["c1", "c2"]


def test_cases_that_only_share_a_name_are_not_drawn_together(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime 1", names=["person"])
    make_case(store, "c2", strong="crime 2", names=["person"])
    assert ids(closure(store, "crime 1")) == ["c1"]


def test_a_status_draws_all_cases_together_that_it_may_mean(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime 1", names=["person"])
    make_case(store, "c2", strong="crime 2", names=["person"])
    add_status(store, "s1", "person")
    found = closure(store, "crime 1")
    assert ids(found) == ["c1", "c2"]
    assert [each.message.id for each in found.orphans] == ["s1"]


def test_chains_are_followed_to_their_end(store: SqlStore) -> None:
    for n in range(5):
        make_case(store, f"c{n}", strong=f"crime {n}", names=[f"name {n}", f"also {n}"])
    for n in range(4):
        add_status(store, f"s{n}", f"also {n}", f"name {n + 1}")
    assert ids(closure(store, "crime 0")) == [f"c{n}" for n in range(5)]
    assert ids(closure(store, "crime 3")) == [f"c{n}" for n in range(5)]


def test_an_incident_finds_the_orphans_that_wait_for_it(store: SqlStore) -> None:
    add_status(store, "s1", "person", "crime")
    add_status(store, "s2", "another person")
    found = closure(store, "strong", "person", "crime")
    assert ids(found) == []
    assert [each.message.id for each in found.orphans] == ["s1"]


def test_a_same_child_status_waits_for_either_of_its_cases(store: SqlStore) -> None:
    add_status(store, "s1", "case a", strong=("case a", "case b"))
    for name in ("case a", "case b"):
        assert [each.message.id for each in closure(store, name).orphans] == ["s1"]


def test_all_versions_of_a_status_record_come_together(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime 1", names=["a"])
    make_case(store, "c2", strong="crime 2", names=["b"])
    add_status(store, "v1", "a", record="record")
    add_status(store, "v2", "b", record="record")
    found = closure(store, "crime 2")
    assert ids(found) == ["c1", "c2"]
    assert {each.message.id for each in found.orphans} == {"v1", "v2"}


def test_a_resolved_status_is_no_orphan(store: SqlStore) -> None:
    first = make_case(store, "c1", names=["person"])
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages([(status("s1"), status_tokens("rs", ["person"]), MessageOutcome.ACTED)])
        writing.put_case(changed(store, "c1", messages=first.messages + seqs))
    found = closure(store, "person")
    assert found.orphans == ()
    assert {each.message.id for each in found.facts[0].messages} == {"m-c1", "s1"}


def test_an_alias_leads_to_its_survivor(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime 1", names=["a"])
    make_case(store, "c2", strong="crime 2", names=["b"])
    join(store, "c1", "c2")
    for name in ("crime 1", "crime 2", "a", "b"):
        assert ids(closure(store, name)) == ["c1"]
    with store.read() as reading:
        assert ids(reading.closure((), [CaseId("c2")])) == ["c1"]


def join(store: SqlStore, survivor: str, other: str) -> None:
    gone = changed(store, other)
    kept = changed(store, survivor)
    put(store, changed(store, survivor, joined=(gone.row,), messages=kept.messages + gone.messages))


def test_cases_can_be_asked_for_by_id(store: SqlStore) -> None:
    make_case(store, "c1", names=["a"])
    add_status(store, "s1", "a")
    with store.read() as reading:
        found = reading.closure((), [CaseId("c1"), CaseId("nobody")])
    assert ids(found) == ["c1"]
    assert len(found.orphans) == 1


def test_messages_come_in_receive_order_with_ties_by_source_and_id(store: SqlStore) -> None:
    def at(id_: str, source: str = "police", hours: int = 0) -> Message:
        return incident(id_, source=source, received_at=NOW + hours * HOUR)

    ordered = [at("z", hours=-1), at("b", "hospital"), at("a"), at("b"), at("a", "a", 1)]
    for turn, messages in enumerate(list(permutations(ordered))[::40]):
        own = incident_tokens(f"record {turn}")
        with store.write(Rank.INTAKE) as writing:
            renamed = [Message.__replace__(m, id=f"{m.id}{turn}") if False else m for m in messages]
            rows = [(with_turn(m, turn), own, MessageOutcome.ACTED) for m in renamed]
            seqs = writing.add_messages(rows)
            writing.put_case(change_of(f"c{turn}", own.strong, seqs))
        found = closure(store, f"record {turn}").facts[0]
        assert [each.message for each in found.messages] == [with_turn(m, turn) for m in ordered]
