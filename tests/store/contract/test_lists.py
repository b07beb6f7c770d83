"""Listings, what is due, and small facts."""

from __future__ import annotations

from datetime import timedelta

from alertd.model.case import AlertState, CrossSide, NotificationState
from alertd.model.ids import CaseId, CaseRef, LeafId, Version
from alertd.model.message import Unreadable
from alertd.model.values import Answer
from alertd.service.ports import AnchorWindow, CrossQuery, QuarantineRow, Rank
from alertd.store import SqlStore
from tests.store.rows import (
    HOUR,
    NOW,
    alert,
    altered,
    case_row,
    changed,
    clock,
    full_message,
    incident,
    key,
    make_case,
    notification,
    obligation,
    put,
    run,
    target,
    token,
)

TICK = timedelta(microseconds=1)


def test_a_case_is_found_by_its_reference_however_it_is_typed(store: SqlStore) -> None:
    make_case(store, "c1", row=case_row("c1", ref=CaseRef("WF-UR-26-7QK4")))
    with store.read() as reading:
        for typed in ("WF-UR-26-7QK4", "wf-ur-26-7qk4", " Wf-Ur-26-7Qk4 "):
            assert reading.case_by_ref(typed) == "c1"
        assert reading.case_by_ref("WF-UR-26-7QK5") is None


def test_cases_are_listed_newest_first(store: SqlStore) -> None:
    make_case(store, "old", row=case_row("old", opened_at=NOW - HOUR))
    make_case(store, "new")
    make_case(store, "shut", row=case_row("shut", opened_at=NOW + HOUR, closed_at=NOW + HOUR))
    with store.read() as reading:
        assert [row.id for row in reading.list_cases(9)] == ["shut", "new", "old"]
        assert [row.id for row in reading.list_cases(9, open_only=True)] == ["new", "old"]
        assert [row.id for row in reading.list_cases(1)] == ["shut"]


def test_clocks_are_listed_by_due_time_across_cases(store: SqlStore) -> None:
    late, later = NOW + 5 * HOUR, NOW + 6 * HOUR
    make_case(store, "c1", clocks=(clock("b", due_at=NOW + 2 * HOUR), clock("e", due_at=later)))
    make_case(store, "c2", clocks=(clock("a"), clock("c", due_at=NOW + 3 * HOUR)))
    make_case(store, "c3", clocks=(clock("stopped", due_at=NOW, stopped_at=NOW), clock("d", due_at=late)))
    make_case(store, "c4", clocks=(clock("gone", due_at=NOW - HOUR, withdrawn_at=NOW),))
    with store.read() as reading:
        assert [each.clock for _, each in reading.list_clocks(True, 9)] == ["a", "b", "c", "d", "e"]
        assert [(row.id, each.clock) for row, each in reading.list_clocks(True, 2)] == [("c2", "a"), ("c1", "b")]
        assert [each.clock for _, each in reading.list_clocks(False, 3)] == ["gone", "stopped", "a"]


def test_alerts_are_listed_newest_first_and_found_by_the_newest_code(store: SqlStore) -> None:
    done = alert("111111", state=AlertState.ACCEPTED, closed_at=NOW, opened_at=NOW - HOUR)
    make_case(store, "c1", alerts=(done, alert("222222", episode=2)))
    make_case(store, "c2", alerts=(alert("111111", opened_at=NOW + HOUR),))
    with store.read() as reading:
        assert [each.code for _, each in reading.list_alerts(False, 9)] == ["111111", "222222", "111111"]
        assert [row.id for row, _ in reading.list_alerts(True, 9)] == ["c2", "c1"]
        assert [row.id for row, _ in reading.list_alerts(True, 1)] == ["c2"]
        found = reading.alert_by_code("111111")
        assert found is not None
        assert found[0] == "c2"
        assert reading.alert_by_code("999999") is None


def test_due_cases_are_those_whose_time_has_come_earliest_first(store: SqlStore) -> None:
    for id_, wake_at in {"now": NOW, "past": NOW - HOUR, "soon": NOW + TICK, "never": None}.items():
        make_case(store, id_, row=case_row(id_, wake_at=wake_at))
    with store.read() as reading:
        assert reading.due_cases(NOW, 9) == ("past", "now")
        assert reading.due_cases(NOW, 1) == ("past",)


def test_rechecks_wait_in_order_until_cleared(store: SqlStore) -> None:
    for id_ in ("a", "b", "c"):
        make_case(store, id_)
    with store.write(Rank.TICK) as writing:
        writing.enqueue_rechecks([CaseId("b")], NOW)
        writing.enqueue_rechecks([CaseId("a"), CaseId("b"), CaseId("nobody")], NOW + HOUR)
        assert writing.rechecks(9) == ("b", "a")
        writing.clear_rechecks([CaseId("b")])
        writing.clear_rechecks([])
    with store.read() as reading:
        assert reading.rechecks(9) == ("a",)


def test_the_next_wake_is_the_earliest_thing_to_do(store: SqlStore) -> None:
    def woken() -> object:
        with store.read() as reading:
            return reading.next_wake(NOW)

    assert woken() is None
    make_case(store, "c1", row=case_row("c1", wake_at=NOW + 5 * HOUR))
    assert woken() == NOW + 5 * HOUR
    with store.write(Rank.TICK) as writing:
        writing.add_obligations([obligation(key("system", "s"), at=NOW, not_before=NOW + 4 * HOUR)])
    assert woken() == NOW + 4 * HOUR
    with store.write(Rank.DELIVER) as writing:
        doubt = notification("n1", state=NotificationState.IN_DOUBT, next_at=NOW + 3 * HOUR)
        writing.add_notifications([doubt, notification("n2", state=NotificationState.SENT, next_at=NOW)])
    assert woken() == NOW + 3 * HOUR
    with store.write(Rank.TICK) as writing:
        writing.enqueue_rechecks([CaseId("c1")], NOW - HOUR)
    assert woken() == NOW


def test_statistics_count_what_stands_now(store: SqlStore) -> None:
    make_case(store, "c1", clocks=(clock("a"), clock("b", stopped_at=NOW)), alerts=(alert("111111"),))
    make_case(store, "c2", clocks=(clock("a"),), alerts=(alert("222222"),), new=(obligation(key("c2")),))
    make_case(store, "c3")
    accepted = alert("111111", state=AlertState.ACCEPTED, closed_at=NOW)
    put(store, changed(store, "c1", alerts=(accepted,), row=altered(changed(store, "c1").row, {"closed_at": NOW})))
    gone, kept = changed(store, "c3"), changed(store, "c2")
    put(store, changed(store, "c2", joined=(gone.row,), messages=kept.messages + gone.messages))
    with store.write(Rank.INTAKE) as writing:
        first = writing.quarantine_add(Unreadable("police", "", "not JSON", b"", NOW))
        writing.quarantine_add(Unreadable("police", "", "not JSON", b"", NOW))
        writing.quarantine_settle(first, "p1", "rang them", NOW)
        writing.enqueue_rechecks([CaseId("c1")], NOW)
    with store.read() as reading:
        found = {name: n for name, n in reading.statistics(NOW).items() if n}
    assert found == {
        "open_cases": 1,
        "running_clocks": 2,
        "open_alerts": 1,
        "waiting_lines": 1,
        "open_quarantine": 1,
        "rechecks": 1,
    }


def test_unreadable_messages_are_kept_until_settled_once(store: SqlStore) -> None:
    raw = b"\xff not json \0"
    with store.write(Rank.INTAKE) as writing:
        id_ = writing.quarantine_add(Unreadable("hospital", "m-1", "not JSON", raw, NOW))
        other = writing.quarantine_add(Unreadable("police", "", "too long", b"", NOW))
    waiting = QuarantineRow(id_, "hospital", "m-1", "not JSON", NOW, None, "", "")
    with store.read() as reading:
        assert reading.quarantined(id_) == (waiting, raw)
        assert reading.quarantined(10**6) is None
        assert [row.id for row in reading.quarantine(True, 9)] == [other, id_]
    with store.write(Rank.PEOPLE) as writing:
        assert writing.quarantine_settle(id_, "p1", "rang them", NOW + HOUR)
        assert not writing.quarantine_settle(id_, "p2", "again", NOW + HOUR)
        assert not writing.quarantine_settle(10**6, "p2", "nothing", NOW)
    with store.read() as reading:
        settled = altered(waiting, {"settled_at": NOW + HOUR, "settled_by": "p1", "settled_why": "rang them"})
        assert reading.quarantine(False, 9)[1] == settled
        assert [row.id for row in reading.quarantine(True, 9)] == [other]


def test_notes_are_small_facts_that_may_change(store: SqlStore) -> None:
    with store.write(Rank.TICK) as writing:
        assert writing.note("mark") is None
        writing.set_note("mark", "1")
        writing.set_note("mark", "2")
    with store.read() as reading:
        assert reading.note("mark") == "2"


def test_a_rule_set_is_kept_under_its_hash_once(store: SqlStore) -> None:
    version = Version("0123456789ab")
    with store.write(Rank.PEOPLE) as writing:
        writing.record_version(version, "- rule: a", NOW)
        writing.record_version(version, "- rule: another", NOW + HOUR)
    with store.read() as reading:
        assert reading.version_text(version) == "- rule: a"
        assert reading.version_text(Version("unknown")) is None


# ------------------------------------------------------------------------------------ what cases see of each other


def query(**changes: object) -> CrossQuery:
    made = CrossQuery(LeafId("leaf"), token("ward"), NOW - HOUR, NOW, CaseId("nobody"))
    return altered(made, changes)


def test_targets_are_found_in_the_half_open_window_in_order(store: SqlStore) -> None:
    rows = {
        "at the start": target("leaf", "ward", "a", NOW - HOUR),
        "just after": target("leaf", "ward", "b", NOW - HOUR + TICK, answer=Answer.UNKNOWN),
        "at the end": target("leaf", "ward", "c", NOW),
        "too late": target("leaf", "ward", "d", NOW + TICK),
        "another leaf": target("other", "ward", "e", NOW),
        "another key": target("leaf", "street", "f", NOW),
        "an anchor": target("leaf", "ward", "g", NOW, side=CrossSide.ANCHOR),
    }
    make_case(store, "c1", cross=tuple(rows.values()))
    with store.read() as reading:
        assert reading.cross(query()) == (rows["just after"], rows["at the end"])
        assert reading.cross(query(since=None))[0] == rows["at the start"]
        assert reading.cross(query(exclude=CaseId("c1"))) == ()


def test_many_windows_are_answered_in_their_order(store: SqlStore) -> None:
    make_case(store, "c1", cross=(target("leaf", "ward", "a", NOW),))
    make_case(store, "c2", cross=(target("leaf", "ward", "b", NOW - 2 * HOUR), target("leaf", "park", "c", NOW)))
    with store.read() as reading:
        asked = [query(key=token("park")), query(), query(key=token("none")), query(since=None)]
        found = [[row.record for row in rows] for rows in reading.crosses(asked)]
        assert found == [[token("c")], [token("a")], [], [token("b"), token("a")]]
        assert reading.crosses([]) == []


def test_case_targets_count_while_they_were_open(store: SqlStore) -> None:
    opened = target("leaf", "ward", "a", NOW - HOUR + TICK, until=NOW)
    make_case(store, "c1", cross=(opened,))
    with store.read() as reading:
        assert reading.cross(query(open_at=NOW - TICK)) == (opened,)
        assert reading.cross(query(open_at=NOW)) == ()
        assert reading.cross(query(open_at=NOW - HOUR)) == ()


def test_anchors_are_found_from_a_time_up_to_before_another(store: SqlStore) -> None:
    for n, id_ in enumerate(("c1", "c2", "c3")):
        make_case(store, id_, cross=(target("leaf", "ward", id_, NOW + n * HOUR, side=CrossSide.ANCHOR),))
    with store.read() as reading:
        leaf, ward = LeafId("leaf"), token("ward")
        windows = [
            AnchorWindow(leaf, ward, NOW, NOW + 2 * HOUR),
            AnchorWindow(leaf, ward, NOW + TICK, None),
            AnchorWindow(leaf, token("park"), NOW, None),
        ]
        assert reading.anchored(windows) == [{"c1", "c2"}, {"c2", "c3"}, set()]


def test_runs_are_found_by_their_global_key(store: SqlStore) -> None:
    make_case(store, "c2", runs=(run("r", "ward"), run("r", "ward", episode=2), run("r", "park")))
    make_case(store, "c1", runs=(run("r", "ward"), run("local", "x")), shared=frozenset({"r"}))
    with store.read() as reading:
        found = [(id_, each.key, each.episode) for id_, each in reading.global_runs("r", "ward")]
        assert found == [("c1", "ward", 1), ("c2", "ward", 1), ("c2", "ward", 2)]
        assert reading.global_runs("local", "x") == ()


# ---------------------------------------------------------------------------------------- about the same people


def test_cases_of_one_name_and_birth_date_by_opening(store: SqlStore) -> None:
    make_case(store, "late", message=incident("m1", identity=token("same")))
    early = case_row("early", opened_at=NOW - HOUR)
    make_case(store, "early", message=incident("m2", identity=token("same")), row=early)
    make_case(store, "other", message=incident("m3", identity=token("another")))
    with store.read() as reading:
        assert reading.same_identity(token("same")) == ("early", "late")
        assert reading.same_identity(token("nobody")) == ()


def test_a_case_knows_its_place_among_those_of_its_incident(store: SqlStore) -> None:
    for n, id_ in enumerate(("c1", "c2", "c3")):
        fields = {"incident.ref": "INC-7" if n != 1 else " inc-7 "}
        make_case(store, id_, message=incident(f"m{n}", fields), row=case_row(id_, opened_at=NOW + n * HOUR))
    make_case(store, "alone", message=incident("m9", {"incident.ref": "INC-8"}))
    make_case(store, "silent")
    with store.read() as reading:
        assert [reading.incident_parts(CaseId(id_)) for id_ in ("c1", "c2", "c3")] == [(1, 3), (2, 3), (3, 3)]
        assert reading.incident_parts(CaseId("alone")) == (1, 1)
        assert reading.incident_parts(CaseId("silent")) == (1, 1)
        assert reading.incident_parts(CaseId("nobody")) == (1, 1)


def test_personal_values_are_all_texts_that_may_not_leave(store: SqlStore) -> None:
    make_case(store, "c1", message=full_message("m1"))
    with store.read() as reading:
        found = reading.personal_values([CaseId("c1"), CaseId("nobody")])
    expected = {"record of m1", "P-4711", "15", "bladed_article", "pwits", "INC-77", "Norfölk “Police”\0"}
    assert found == expected


def test_a_case_that_is_not_there_is_none(store: SqlStore) -> None:
    with store.read() as reading:
        assert reading.case(CaseId("nobody")) is None
        assert reading.decisions(CaseId("nobody")) == ()
        assert reading.referrals(CaseId("nobody")) == ()
