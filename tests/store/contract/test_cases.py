"""Decisions: written whole or not at all, on what was read or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.model.case import AlertState, CaseRow, LineState, MessageOutcome
from alertd.model.errors import StaleWrite
from alertd.model.ids import CaseId, LadderId, RoleId
from alertd.model.rulebook import Ladder, LadderStep
from alertd.model.values import Channel, Rest
from alertd.service.ports import CaseChange, CrossQuery, Rank
from alertd.store import SqlStore
from tests.store.rows import (
    HOUR,
    NOW,
    V,
    alert,
    altered,
    case_row,
    changed,
    clock,
    facts_of,
    incident,
    incident_tokens,
    key,
    make_case,
    notification,
    obligation,
    put,
    run,
    status,
    status_tokens,
    target,
    token,
    tokens,
)


def query(leaf: str = "leaf", name: str = "ward", exclude: str = "", **changes: object) -> CrossQuery:
    row = target(leaf, name, "r")
    return altered(CrossQuery(row.leaf, row.key, NOW - HOUR, NOW + HOUR, CaseId(exclude)), changes)


_LADDER = Ladder(
    LadderId("default_urgent"),
    "Nobody has accepted",
    (
        LadderStep(timedelta(minutes=5), (RoleId("mash"),), "escalation", (Channel.SMS, Channel.CALL), Rest.WAKE),
        LadderStep(timedelta(minutes=10), (RoleId("mash"), RoleId("edt")), "escalation", (Channel.CALL,)),
    ),
    RoleId("head_of_service"),
    timedelta(minutes=10),
    3,
)


def test_a_case_comes_back_exactly_as_it_was_put(store: SqlStore) -> None:
    row = case_row(
        "c1",
        settled_at=NOW,
        wake_at=NOW + HOUR,
        closed_at=NOW + timedelta(microseconds=1),
        cohort="custody",
        version=V,
    )
    put_in = make_case(
        store,
        "c1",
        row=row,
        runs=(run("a"), run("b", ended_at=NOW, asks=True, presumed=True)),
        clocks=(clock("g"), clock("h", stopped_at=NOW, stop_known_at=NOW, withdrawn_at=NOW, estimated=True)),
        alerts=(
            alert("482193", state=AlertState.ACCEPTED, closed_at=NOW, accepted_by="p1", rounds=(NOW, NOW + HOUR)),
            alert("173920", episode=2, ladders=(_LADDER,)),
        ),
        cross=(target("leaf", "ward", "r", until=NOW),),
        new=(obligation(note=(("source", "police"),), not_before=NOW, check=("person.age",), clock="g/k/1"),),
    )
    facts = facts_of(store, "c1")
    assert facts.row == replace(row, revision=1)
    assert (facts.runs, facts.clocks, facts.alerts) == (put_in.runs, put_in.clocks, put_in.alerts)
    assert (facts.cross, facts.obligations) == (put_in.cross, put_in.new)


def test_every_write_raises_the_revision_by_one(store: SqlStore) -> None:
    make_case(store, "c1")
    for expected in (2, 3):
        put(store, changed(store, "c1"))
        assert facts_of(store, "c1").row.revision == expected


def test_a_write_on_an_old_revision_is_stale_and_changes_nothing(store: SqlStore) -> None:
    make_case(store, "c1")
    late = changed(store, "c1", runs=(run("late"),))
    put(store, changed(store, "c1", runs=(run("early"),)))
    with pytest.raises(StaleWrite):
        put(store, CaseChange(case_row("c2")), late)
    assert [each.rule for each in facts_of(store, "c1").runs] == ["early"]
    with store.read() as reading:
        assert reading.case(CaseId("c2")) is None


def test_a_new_case_under_an_id_that_exists_is_stale(store: SqlStore) -> None:
    make_case(store, "c1")
    with pytest.raises(StaleWrite):
        put(store, CaseChange(case_row("c1", ref="WF-UR-26-OTHER")))


def test_a_write_on_a_case_that_is_not_there_is_stale(store: SqlStore) -> None:
    with pytest.raises(StaleWrite):
        put(store, CaseChange(case_row("c1", revision=3)))


def test_a_strong_token_never_leads_to_two_cases(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime")
    with pytest.raises(StaleWrite):
        put(store, CaseChange(case_row("c2"), strong=tokens("crime")))
    with pytest.raises(StaleWrite):
        put(store, *(CaseChange(case_row(id_), strong=tokens("new crime")) for id_ in ("c3", "c4")))


def test_a_case_keeps_strong_tokens_that_a_later_write_does_not_name(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime")
    put(store, changed(store, "c1", strong=tokens("custody")))
    assert facts_of(store, "c1").strong == tokens("record of c1", "crime", "custody")


def test_a_case_may_be_written_twice_in_one_transaction(store: SqlStore) -> None:
    make_case(store, "c1")
    first = changed(store, "c1", runs=(run("a"),))
    with store.write(Rank.INTAKE) as writing:
        writing.put_case(first)
        writing.put_case(replace(first, row=replace(first.row, revision=2), runs=(run("b"),)))
    assert (facts_of(store, "c1").row.revision, facts_of(store, "c1").runs[0].rule) == (3, "b")


def test_a_transaction_reads_what_it_has_written(store: SqlStore) -> None:
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages([(incident("m1"), incident_tokens("r"), MessageOutcome.ACTED)])
        writing.put_case(CaseChange(case_row("c1"), strong=tokens("r"), messages=seqs, new=(obligation(),)))
        facts = writing.case(CaseId("c1"))
        assert facts is not None
        assert [each.message for each in facts.messages] == [incident("m1")]
        assert writing.waiting(NOW, 9) == (obligation(),)


def test_runs_clocks_alerts_and_cross_rows_replace_what_was_there(store: SqlStore) -> None:
    make_case(store, "c1", runs=(run("a"),), alerts=(alert("111111"),), cross=(target("leaf", "ward", "r"),))
    put(store, changed(store, "c1", runs=(run("b"),), alerts=(), cross=(target("leaf", "ward", "r2"),)))
    with store.read() as reading:
        assert reading.global_runs("a", "k") == ()
        assert [id_ for id_, _ in reading.global_runs("b", "k")] == ["c1"]
        assert reading.alert_by_code("111111") is None
        assert [row.record for row in reading.cross(query())] == [token("r2")]


def test_a_cross_row_may_change_in_place(store: SqlStore) -> None:
    make_case(store, "c1", cross=(target("leaf", "ward", "r"),))
    closed = target("leaf", "ward", "r", until=NOW)
    put(store, changed(store, "c1", cross=(closed,)))
    with store.read() as reading:
        assert reading.cross(query()) == (closed,)


def test_an_alert_without_a_code_gets_one(store: SqlStore) -> None:
    make_case(store, "c1", alerts=(alert(""),))
    code = facts_of(store, "c1").alerts[0].code
    assert len(code) == 6
    assert code.isdecimal()
    with store.read() as reading:
        assert reading.alert_by_code(code) == (CaseId("c1"), alert(code))


def test_a_look_up_that_answers_otherwise_makes_the_write_stale(store: SqlStore) -> None:
    asked = query(exclude="c2")
    make_case(store, "c1", cross=(target("leaf", "ward", "r"),))
    seen = target("leaf", "ward", "r")
    for other in ((), (seen, target("leaf", "ward", "r9")), (target("leaf", "ward", "r", until=NOW),)):
        with pytest.raises(StaleWrite):
            put(store, CaseChange(case_row("c2"), verify=((asked, other),)))
    put(store, CaseChange(case_row("c2"), verify=((asked, (seen,)),)))


def test_cases_of_one_transaction_do_not_make_each_other_stale(store: SqlStore) -> None:
    with store.write(Rank.INTAKE) as writing:
        for id_ in ("c1", "c2"):
            row = target("leaf", "ward", id_)
            writing.put_case(CaseChange(case_row(id_), cross=(row,), verify=((query(exclude=id_), ()),)))
            assert writing.case(CaseId(id_)) is not None
    with store.read() as reading:
        assert len(reading.cross(query())) == 2


def test_decisions_are_kept_in_order_with_their_time(store: SqlStore) -> None:
    make_case(store, "c1", trace='{"n":1}', decided_at=NOW)
    put(store, changed(store, "c1", trace='{"n":2}', decided_at=NOW + HOUR))
    put(store, changed(store, "c1"))
    with store.read() as reading:
        assert reading.decisions(CaseId("c1")) == ((NOW, '{"n":1}'), (NOW + HOUR, '{"n":2}'))


def test_referrals_are_recorded_once_and_never_undone(store: SqlStore) -> None:
    make_case(store, "c1", referrals=(("mash", NOW),))
    put(store, changed(store, "c1", referrals=(("mash", NOW + HOUR), ("panel", NOW + HOUR))))
    put(store, changed(store, "c1"))
    with store.read() as reading:
        assert reading.referrals(CaseId("c1")) == (("mash", NOW), ("panel", NOW + HOUR))


# --------------------------------------------------------------------------------------------------------------- joins


def join(store: SqlStore, survivor: str, other: str, **changes: object) -> None:
    gone, kept = changed(store, other), changed(store, survivor)
    joined = replace(kept, joined=(gone.row,), messages=kept.messages + gone.messages)
    put(store, altered(joined, changes))


def test_a_join_brings_everything_under_the_survivor(store: SqlStore) -> None:
    make_case(store, "c1", strong="crime 1", trace="1", referrals=(("mash", NOW + HOUR),))
    make_case(
        store, "c2", strong="crime 2", trace="2", referrals=(("mash", NOW),), cross=(target("leaf", "ward", "r"),)
    )
    join(store, "c1", "c2")
    facts = facts_of(store, "c2")
    assert facts.row.id == "c1"
    assert {each.message.id for each in facts.messages} == {"m-c1", "m-c2"}
    assert facts.strong == tokens("record of c1", "record of c2", "crime 1", "crime 2")
    with store.read() as reading:
        assert reading.case_by_ref("wf-ur-26-c2") == "c1"
        assert [trace for _, trace in reading.decisions(CaseId("c1"))] == ["1", "2"]
        assert reading.referrals(CaseId("c2")) == (("mash", NOW),)
        assert reading.cross(query()) == ()
        assert [row.id for row in reading.list_cases(9)] == ["c1"]


def test_aliases_of_an_alias_lead_to_the_last_survivor(store: SqlStore) -> None:
    for id_ in ("c1", "c2", "c3"):
        make_case(store, id_)
    join(store, "c2", "c3")
    join(store, "c1", "c2")
    assert facts_of(store, "c3").row.id == "c1"
    assert {each.message.id for each in facts_of(store, "c1").messages} == {"m-c1", "m-c2", "m-c3"}


def test_a_joined_case_can_be_written_no_more(store: SqlStore) -> None:
    make_case(store, "c1")
    make_case(store, "c2")
    late = changed(store, "c2")
    join(store, "c1", "c2")
    with pytest.raises(StaleWrite):
        put(store, late)
    with pytest.raises(StaleWrite):
        put(store, replace(late, row=replace(late.row, revision=2)))


def test_a_join_on_an_old_revision_of_the_other_case_is_stale(store: SqlStore) -> None:
    make_case(store, "c1")
    make_case(store, "c2")
    old: CaseRow = facts_of(store, "c2").row
    put(store, changed(store, "c2"))
    with pytest.raises(StaleWrite):
        put(store, changed(store, "c1", joined=(old,)))


def test_what_either_case_has_told_counts_as_told(store: SqlStore) -> None:
    make_case(store, "c1", new=(obligation(key("c1")), obligation(key("c1", step="s1"), state=LineState.TOLD)))
    make_case(
        store,
        "c2",
        new=(
            obligation(key("c2"), state=LineState.TOLD),
            obligation(key("c2", step="s1")),
            obligation(key("c2", step="s2")),
        ),
    )
    join(store, "c1", "c2")
    found = {each.key: each.state for each in facts_of(store, "c1").obligations}
    assert found == {
        key("c1"): LineState.TOLD,
        key("c1", step="s1"): LineState.TOLD,
        key("c1", step="s2"): LineState.PENDING,
    }
    assert {each.case for each in facts_of(store, "c1").obligations} == {"c1"}


def test_notifications_of_a_joined_case_are_the_survivors(store: SqlStore) -> None:
    make_case(store, "c1", new=(obligation(key("c1")),))
    make_case(store, "c2", new=(obligation(key("c2", step="s1")),))
    with store.write(Rank.DELIVER) as writing:
        writing.add_notifications([notification("n2", key("c2", step="s1"), case=CaseId("c2"))])
    join(store, "c1", "c2")
    with store.read() as reading:
        assert [(each.id, each.lines) for each in reading.notifications(CaseId("c1"))] == [
            ("n2", (key("c1", step="s1"),))
        ]


def test_the_code_of_a_joined_alert_leads_to_the_survivor(store: SqlStore) -> None:
    make_case(store, "c1", alerts=(alert("111111"),))
    make_case(store, "c2", alerts=(alert("222222"),))
    join(store, "c1", "c2")
    with store.read() as reading:
        assert reading.alert_by_code("222222") == (CaseId("c1"), alert("222222"))
        assert [(row.id, each.code) for row, each in reading.list_alerts(True, 9)] == [("c1", "111111")]


def test_a_waiting_recheck_of_a_joined_case_becomes_the_survivors(store: SqlStore) -> None:
    make_case(store, "c1")
    make_case(store, "c2")
    with store.write(Rank.TICK) as writing:
        writing.enqueue_rechecks([CaseId("c2")], NOW)
    join(store, "c1", "c2")
    with store.read() as reading:
        assert reading.rechecks(9) == (CaseId("c1"),)


# ------------------------------------------------------------------------------------------------------------- renames


def test_a_renamed_key_takes_its_obligations_along(store: SqlStore) -> None:
    told = obligation(key("c1", "rule:r", key="old"), state=LineState.TOLD)
    make_case(store, "c1", new=(told, obligation(key("c1", "rule:other", key="old"))))
    with store.write(Rank.DELIVER) as writing:
        writing.add_notifications([notification("n1", told.key)])
    renamed = replace(told, key=replace(told.key, key="new"))
    put(
        store,
        changed(store, "c1", renamed=(("rule:r", "old", "new"),), new=(replace(renamed, state=LineState.PENDING),)),
    )
    with store.read() as reading:
        assert set(facts_of(store, "c1").obligations) == {renamed, obligation(key("c1", "rule:other", key="old"))}
        assert [each.lines for each in reading.notifications(CaseId("c1"))] == [(renamed.key,)]


def test_keys_may_change_places(store: SqlStore) -> None:
    one = obligation(key("c1", "rule:r", key="one"), state=LineState.TOLD)
    two = obligation(key("c1", "rule:r", key="two"), state=LineState.SKIPPED)
    make_case(store, "c1", new=(one, two))
    put(store, changed(store, "c1", renamed=(("rule:r", "one", "two"), ("rule:r", "two", "one"))))
    found = {each.key.key: each.state for each in facts_of(store, "c1").obligations}
    assert found == {"one": LineState.SKIPPED, "two": LineState.TOLD}


def test_of_two_obligations_that_meet_the_one_further_on_stays(store: SqlStore) -> None:
    for number, (old, new) in enumerate(
        [(LineState.TOLD, LineState.PENDING), (LineState.HELD, LineState.TOLD), (LineState.WITHDRAWN, LineState.HELD)]
    ):
        id_ = f"c{number}"
        make_case(
            store,
            id_,
            new=(
                obligation(key(id_, "rule:r", key="old"), state=old),
                obligation(key(id_, "rule:r", key="new"), state=new),
            ),
        )
        put(store, changed(store, id_, renamed=(("rule:r", "old", "new"),)))
    found = [(each.key.key, each.state) for n in range(3) for each in facts_of(store, f"c{n}").obligations]
    assert found == [("new", LineState.TOLD), ("new", LineState.TOLD), ("new", LineState.WITHDRAWN)]


def test_a_global_key_of_the_case_is_renamed_too(store: SqlStore) -> None:
    shared = obligation(key("*", "rule:r", key="old"), state=LineState.TOLD, case=CaseId("c1"))
    make_case(store, "c1", new=(shared,))
    put(store, changed(store, "c1", renamed=(("rule:r", "old", "new"),)))
    with store.read() as reading:
        assert [each.state for each in reading.global_obligations("rule:r", "new")] == [LineState.TOLD]
        assert reading.global_obligations("rule:r", "old") == ()
    assert facts_of(store, "c1").obligations == ()


def test_a_status_noted_on_two_cases_belongs_to_both(store: SqlStore) -> None:
    first = make_case(store, "c1", names=["p"])
    second = make_case(store, "c2", names=["p"])
    with store.write(Rank.INTAKE) as writing:
        seqs = writing.add_messages([(status("s1"), status_tokens("rs", ["p"]), MessageOutcome.ACTED)])
        writing.put_case(changed(store, "c1", messages=first.messages + seqs))
        writing.put_case(changed(store, "c2", messages=second.messages + seqs))
    for id_ in ("c1", "c2"):
        assert {each.message.id for each in facts_of(store, id_).messages} == {f"m-{id_}", "s1"}
