"""Obligations and notifications: each key once, each line to a person over a channel once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.model.case import LineState, Notification, NotificationState, Obligation
from alertd.model.delivery import Awaited
from alertd.model.ids import CaseId, PersonId
from alertd.model.values import Channel, Severity
from alertd.service.ports import Attempt, AttemptEnd, Rank
from alertd.store import SqlStore
from tests.store.rows import HOUR, NOW, changed, facts_of, key, make_case, notification, obligation, put

S = NotificationState


def add(store: SqlStore, *rows: Notification) -> None:
    with store.write(Rank.DELIVER) as writing:
        writing.add_notifications(rows)


def test_an_obligation_comes_back_exactly_as_it_was(store: SqlStore) -> None:
    full = obligation(
        key("system", "unreadable", key="k"),
        reason="rest hours",
        ladder=True,
        late=True,
        repeat=True,
        digest=True,
        clock="golden_hour/k/1",
        reasons=("r1", "r2"),
        check=("person.age",),
        not_before=NOW + HOUR,
        note=(("source", "police"), ("time", "14:10")),
    )
    with store.write(Rank.TICK) as writing:
        assert writing.add_obligations([full]) == 1
    with store.read() as reading:
        assert reading.obligations([full.key, key("system", "other")]) == (full,)


def test_adding_a_key_again_changes_nothing(store: SqlStore) -> None:
    first = obligation(key("system", "s"))
    with store.write(Rank.TICK) as writing:
        assert writing.add_obligations([first]) == 1
        again = [replace(first, reason="again"), obligation(key("system", "t"))]
        assert writing.add_obligations(again) == 1
        assert writing.obligations([first.key]) == (first,)


def test_a_decision_that_adds_a_key_again_changes_nothing(store: SqlStore) -> None:
    told = obligation(key("c1"), state=LineState.TOLD)
    make_case(store, "c1", new=(told,))
    put(store, changed(store, "c1", new=(obligation(key("c1")),)))
    with store.read() as reading:
        assert reading.obligations([told.key]) == (told,)


def test_a_decision_may_add_and_change_obligations(store: SqlStore) -> None:
    make_case(store, "c1", new=(obligation(key("c1")),))
    moved = obligation(key("c1"), at=NOW + HOUR, severity=Severity.ROUTINE)
    put(store, changed(store, "c1", changed=(moved,), new=(obligation(key("c1", step="s1")),)))
    with store.read() as reading:
        assert reading.waiting(NOW, 9) == (obligation(key("c1", step="s1")),)
        assert reading.waiting(NOW + HOUR, 9)[1] == moved


def test_changed_obligations_are_stored_and_missing_ones_are_not_made(store: SqlStore) -> None:
    row = obligation(key("system", "s"))
    with store.write(Rank.DELIVER) as writing:
        writing.add_obligations([row])
        writing.set_obligations([replace(row, state=LineState.TOLD), obligation(key("system", "missing"))])
        assert [each.state for each in writing.obligations([row.key, key("system", "missing")])] == [LineState.TOLD]


def test_waiting_lines_are_the_due_ones_by_severity_and_time(store: SqlStore) -> None:
    def line(step: str, **changes: object) -> Obligation:
        return obligation(key("system", "s", step=step), **changes)

    rows = [
        line("routine", severity=Severity.ROUTINE, at=NOW - 3 * HOUR),
        line("late urgent", at=NOW),
        line("early urgent", at=NOW - HOUR, state=LineState.HELD),
        line("high", severity=Severity.HIGH),
        line("not yet", at=NOW + timedelta(microseconds=1)),
        line("held back", not_before=NOW + HOUR),
        line("held until now", at=NOW - 2 * HOUR, not_before=NOW, severity=Severity.HIGH),
        *(line(str(s), state=s) for s in LineState if s not in (LineState.PENDING, LineState.HELD)),
    ]
    with store.write(Rank.TICK) as writing:
        writing.add_obligations(rows)
        steps = [each.key.step for each in writing.waiting(NOW, 99)]
        assert steps == ["early urgent", "late urgent", "held until now", "high", "routine"]
        assert len(writing.waiting(NOW, 2)) == 2


def test_requests_of_one_case_or_of_all(store: SqlStore) -> None:
    own, shared = key("c1", "request:cia"), key("*", "request:cia", key="ward")
    make_case(store, "c1", new=(obligation(own), obligation(shared, case=CaseId("c1")), obligation(key("c1"))))
    make_case(store, "c2", new=(obligation(key("c2", "request:map")),))
    with store.read() as reading:
        assert {each.key for each in reading.requests(CaseId("c1"))} == {own, shared}
        assert len(reading.requests(None)) == 3
        assert reading.requests(CaseId("nobody")) == ()


def test_global_obligations_are_found_by_key_and_belong_to_no_case(store: SqlStore) -> None:
    shared = obligation(key("*", "rule:r", key="ward"), case=CaseId("c1"))
    make_case(store, "c1", new=(shared,))
    with store.read() as reading:
        assert reading.global_obligations("rule:r", "ward") == (shared,)
        assert reading.global_obligations("rule:r", "another") == ()
    assert facts_of(store, "c1").obligations == ()


# ------------------------------------------------------------------------------------------------------- notifications


def test_a_notification_comes_back_exactly_as_it_was(store: SqlStore) -> None:
    full = notification(
        "n1",
        key("c1", step="b"),
        key("c1", step="a"),
        reason="later",
        attempts=2,
        repeat=True,
        provider_id="SM1",
        provider="twilio",
        sent_at=NOW,
        code="482193",
        received_at=NOW - HOUR,
        receipt_due_at=NOW + HOUR,
        receipt_at=NOW + 2 * HOUR,
    )
    add(store, full)
    with store.read() as reading:
        assert reading.notification("n1") == full
        assert reading.notification("n2") is None


def test_a_line_is_carried_to_a_person_over_a_channel_once(store: SqlStore) -> None:
    line, other = key("c1"), key("c1", step="s1")
    add(store, notification("n1", line), notification("n2", line))
    add(store, notification("n3", line, other), notification("n4", line, channel=Channel.EMAIL))
    add(store, notification("n5", line, person=PersonId("edt_desk")), notification("n1", other))
    with store.read() as reading:
        found = {each.id: each.lines for each in reading.list_notifications((), 9)}
    assert found == {"n1": (line,), "n3": (other,), "n4": (line,), "n5": (line,)}


def test_notifications_without_lines_are_all_kept(store: SqlStore) -> None:
    add(store, notification("n1"), notification("n2"))
    with store.read() as reading:
        assert len(reading.list_notifications((), 9)) == 2


def test_sendable_are_the_pending_ones_urgent_first_then_oldest(store: SqlStore) -> None:
    add(
        store,
        notification("calm", urgent=False, created_at=NOW - 2 * HOUR),
        notification("new"),
        notification("old", created_at=NOW - HOUR),
        notification("later", next_at=NOW + timedelta(microseconds=1)),
        *(notification(state, state=state) for state in S if state is not S.PENDING),
    )
    with store.read() as reading:
        assert [each.id for each in reading.sendable(NOW, 9)] == ["old", "new", "calm"]
        assert [each.id for each in reading.sendable(NOW, 1)] == ["old"]


def test_in_doubt_are_those_to_look_up_and_those_whose_lease_ran_out(store: SqlStore) -> None:
    add(
        store,
        notification("doubt", state=S.IN_DOUBT),
        notification("lost lease", state=S.SENDING, next_at=NOW - HOUR),
        notification("leased", state=S.SENDING, next_at=NOW + HOUR),
        notification("doubt later", state=S.IN_DOUBT, next_at=NOW + HOUR),
        notification("pending"),
    )
    with store.read() as reading:
        assert [each.id for each in reading.in_doubt(NOW, 9)] == ["lost lease", "doubt"]


def test_only_one_of_two_takes_a_notification(store: SqlStore) -> None:
    row = notification("n1", key("c1"))
    add(store, row)
    leased = replace(row, state=S.SENDING, attempts=1, next_at=NOW + HOUR)
    with store.write(Rank.DELIVER) as writing:
        assert writing.set_notification(leased, S.PENDING)
        assert not writing.set_notification(leased, S.PENDING)
        assert not writing.set_notification(notification("nobody"), S.PENDING)
    with store.read() as reading:
        assert reading.notification("n1") == leased
        counts = reading.statistics(NOW)
        assert (counts["notifications.pending"], counts["notifications.sending"]) == (0, 1)


def test_an_answer_to_an_earlier_try_settles_no_later_one(store: SqlStore) -> None:
    row = notification("n1", key("c1"), state=S.SENDING, attempts=2)
    add(store, row)
    with store.write(Rank.DELIVER) as writing:
        assert not writing.set_notification(replace(row, state=S.SENT, attempts=1), S.SENDING)
        assert writing.set_notification(replace(row, state=S.SENT), S.SENDING)


def test_of_many_changed_together_each_is_stored_only_where_it_stood_as_expected(store: SqlStore) -> None:
    rows = [notification(id_, key(id_)) for id_ in ("n1", "n2", "n3")]
    add(store, *rows)
    leased = [replace(row, state=S.SENDING, attempts=1) for row in rows]
    with store.write(Rank.DELIVER) as writing:
        assert writing.set_notification(replace(rows[1], state=S.SUPPRESSED), S.PENDING)
        asked = [*leased, replace(leased[0], attempts=2), notification("nobody")]
        assert writing.set_notifications([(row, S.PENDING) for row in asked]) == {"n1", "n3"}
        assert writing.set_notifications([]) == frozenset()
    with store.read() as reading:
        assert reading.notification("n1") == leased[0]
        counts = reading.statistics(NOW)
        assert (counts["notifications.pending"], counts["notifications.sending"]) == (0, 2)


def test_overdue_are_the_urgent_ones_taken_and_not_confirmed_each_given_up_once(store: SqlStore) -> None:
    add(
        store,
        notification("late", state=S.SENT, receipt_due_at=NOW),
        notification("later", state=S.SENT, receipt_due_at=NOW - HOUR),
        notification("in time", state=S.SENT, receipt_due_at=NOW + timedelta(microseconds=1)),
        notification("calm", state=S.SENT, urgent=False, receipt_due_at=NOW),
        notification("never confirms", state=S.SENT),
        notification("delivered", state=S.DELIVERED, receipt_due_at=NOW, receipt_at=NOW),
        notification("refused", state=S.REFUSED, receipt_due_at=NOW),
    )
    with store.write(Rank.DELIVER) as writing:
        assert [each.id for each in writing.unconfirmed(NOW, 9)] == ["later", "late"]
        assert [each.id for each in writing.unconfirmed(NOW, 1)] == ["later"]
        assert [writing.give_up_receipt("late"), writing.give_up_receipt("late")] == [True, False]
        assert not any(map(writing.give_up_receipt, ("calm", "never confirms", "delivered", "refused", "nobody")))
        assert [each.id for each in writing.unconfirmed(NOW, 9)] == ["later"]
    with store.read() as reading:
        given_up = reading.notification("late")
        assert given_up is not None
        assert given_up.is_unconfirmed


def test_time_stops_at_the_next_receipt_that_is_due(store: SqlStore) -> None:
    add(store, notification("n1", state=S.SENT, receipt_due_at=NOW + HOUR))
    with store.read() as reading:
        assert reading.next_wake(NOW) == NOW + HOUR
    with store.write(Rank.DELIVER) as writing:
        writing.give_up_receipt("n1")
    with store.read() as reading:
        assert reading.next_wake(NOW) is None


def test_awaited_are_the_messages_of_a_channel_whose_providers_confirm_oldest_first(store: SqlStore) -> None:
    def sent(id_: str, ago: timedelta, **more: object) -> Notification:
        return notification(id_, state=S.SENT, sent_at=NOW - ago, **{"receipt_due_at": NOW, **more})

    minute = timedelta(minutes=1)
    add(
        store,
        sent("new", minute),
        sent("old", 15 * minute, receipt_at=NOW),
        sent("given up", 10 * minute, reason="no_receipt", urgent=False),
        sent("too old", 15 * minute + timedelta(microseconds=1)),
        sent("never confirms", minute, receipt_due_at=None),
        sent("mail", minute, channel=Channel.EMAIL),
    )
    with store.read() as reading:
        assert reading.awaited(Channel.SMS, NOW - 15 * minute) == (
            Awaited(NOW - 15 * minute, NOW),
            Awaited(NOW - 10 * minute, None),
            Awaited(NOW - minute, None),
        )


def test_notifications_of_a_case_are_those_that_speak_of_it_oldest_first(store: SqlStore) -> None:
    shared = key("*", "rule:r", key="ward")
    make_case(store, "c1", new=(obligation(key("c1")), obligation(shared, case=CaseId("c1"))))
    add(
        store,
        notification("digest", key("c1"), key("c2"), case=None, created_at=NOW + HOUR),
        notification("own", case=CaseId("c1")),
        notification("shared", shared, case=None, created_at=NOW - HOUR),
        notification("other", key("c2"), case=CaseId("c2")),
    )
    with store.read() as reading:
        assert [each.id for each in reading.notifications(CaseId("c1"))] == ["shared", "own", "digest"]
        assert reading.notifications(CaseId("nobody")) == ()


def test_notifications_are_found_by_the_lines_they_carry_oldest_first(store: SqlStore) -> None:
    one, two = key("c1"), key("c1", step="s1")
    add(store, notification("late", one, created_at=NOW + HOUR), notification("both", one, two, channel=Channel.EMAIL))
    add(store, notification("other", key("c2")))
    with store.read() as reading:
        assert [each.id for each in reading.carrying([one])] == ["both", "late"]
        assert [each.id for each in reading.carrying([two, key("nobody")])] == ["both"]
        assert reading.carrying([]) == ()


def test_notifications_are_listed_newest_first_by_state(store: SqlStore) -> None:
    add(
        store,
        notification("a"),
        notification("b", state=S.SENT, created_at=NOW + HOUR),
        notification("c", state=S.SENT),
    )
    with store.read() as reading:
        assert [each.id for each in reading.list_notifications((), 9)] == ["b", "c", "a"]
        assert [each.id for each in reading.list_notifications((S.SENT,), 9)] == ["b", "c"]
        assert [each.id for each in reading.list_notifications((), 1)] == ["b"]


def test_attempts_are_recorded_before_and_settled_after(store: SqlStore) -> None:
    add(store, notification("n1"))
    detail = "The number 07700 900123 cannot be reached \ud800"
    with store.write(Rank.DELIVER) as writing:
        writing.add_attempts([Attempt("n1", 2, NOW + HOUR, "", "", None), Attempt("n1", 1, NOW, "begun", "", None)])
    with store.write(Rank.DELIVER) as writing:
        writing.settle_attempts([AttemptEnd("n1", 1, "refused", detail, NOW + HOUR)])
    with store.read() as reading:
        assert reading.attempts("n1") == (
            Attempt("n1", 1, NOW, "refused", detail, NOW + HOUR),
            Attempt("n1", 2, NOW + HOUR, "", "", None),
        )
        assert reading.attempts("nobody") == ()


@pytest.mark.parametrize("number", [1, 1200])
def test_any_number_of_obligations_can_be_asked_for(store: SqlStore, number: int) -> None:
    rows = [obligation(key("system", f"s{n:04}")) for n in range(number)]
    with store.write(Rank.TICK) as writing:
        writing.add_obligations(rows)
        assert list(writing.obligations([row.key for row in rows])) == rows
