"""What hangs together is loaded together, and nothing else."""

from __future__ import annotations

from alertd.model.case import MessageOutcome
from alertd.model.ids import CaseId
from alertd.service.ports import CaseChange, Rank, Snapshot
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
    ordered = [
        incident("z", received_at=NOW - HOUR),
        incident("b", source="hospital"),
        incident("a"),
        incident("b"),
        incident("a", source="a", received_at=NOW + HOUR),
    ]
    own = incident_tokens("record")
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages([(ordered[n], own, MessageOutcome.ACTED) for n in (3, 0, 4, 2, 1)])
        writing.put_case(CaseChange(case_row("c1"), strong=own.strong, messages=seqs))
    assert [each.message for each in closure(store, "record").facts[0].messages] == ordered


def groups(store: SqlStore, *texts: tuple[str, ...]) -> list[Snapshot]:
    with store.read() as reading:
        return reading.closures([tokens(*each) for each in texts])


def test_many_groups_are_answered_in_their_order(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime 1")
    make_case(store, "c2", strong="crime 2")
    found = groups(store, ("crime 2",), ("nothing",), ("crime 1", "more"), ())
    assert [ids(snapshot) for snapshot in found] == [["c2"], [], ["c1"], []]


def test_groups_that_hang_together_by_what_is_stored_share_a_snapshot(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime 1", names=["person"])
    make_case(store, "c2", strong="crime 2", names=["person"])
    make_case(store, "c3", strong="crime 3")
    add_status(store, "s1", "person")
    one, two, three = groups(store, ("crime 1",), ("crime 2",), ("crime 3",))
    assert one is two
    assert ids(one) == ["c1", "c2"]
    assert ids(three) == ["c3"]


def test_groups_that_share_a_token_share_a_snapshot(store: SqlStore) -> None:
    one, two, three = groups(store, ("a", "b"), ("b", "c"), ("d",))
    assert one is two
    assert one is not three
    assert one == three == Snapshot(())


def test_many_groups_get_what_each_would_get_alone(store: SqlStore) -> None:
    for n in range(30):
        make_case(store, f"c{n:02}", strong=f"crime {n}", names=[f"name {n % 7}"])
    for n in range(0, 7, 2):
        add_status(store, f"s{n}", f"name {n}")
    asked = [(f"crime {n}", f"name {n % 5}") for n in range(30)]
    alone = [closure(store, *each) for each in asked]
    for together, own in zip(groups(store, *asked), alone, strict=True):
        assert set(ids(own)) <= set(ids(together))
