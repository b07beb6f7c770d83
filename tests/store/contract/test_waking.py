"""Who was told how much, by day and by night, and what was kept from disturbing them."""

from __future__ import annotations

from datetime import datetime, timedelta

from alertd.model.case import LineState, NotificationState
from alertd.model.counts import QuietCount, RoleCount
from alertd.model.ids import PersonId, RoleId
from alertd.model.values import Channel
from alertd.service.ports import Rank
from alertd.store import SqlStore
from tests.store.rows import HOUR, NOW, key, notification, obligation

TICK = timedelta(microseconds=1)


def _left(store: SqlStore, name: str, at: datetime, **changes: object) -> None:
    sent = {"created_at": at, "sent_at": at, "state": NotificationState.SENT}
    with store.write(Rank.DELIVER) as writing:
        writing.add_notifications([notification(name, **(sent | changes))])


def test_messages_are_counted_by_role_night_and_channel(store: SqlStore) -> None:
    night = (NOW + HOUR, NOW + 2 * HOUR)
    _left(store, "before", NOW - TICK)
    _left(store, "first", NOW)
    _left(store, "second", NOW + HOUR - TICK, role=RoleId("mash"))
    _left(store, "rung", NOW + HOUR, channel=Channel.CALL)
    _left(store, "manager", NOW + 2 * HOUR - TICK, role=RoleId("duty_manager"), state=NotificationState.DELIVERED)
    _left(store, "after", NOW + 3 * HOUR)
    with store.write(Rank.DELIVER) as writing:
        writing.add_notifications([notification("not sent")])
    with store.read() as reading:
        assert reading.messages_by_role(NOW, NOW + 3 * HOUR, [night]) == [
            RoleCount(RoleId("duty_manager"), True, Channel.SMS, 1),
            RoleCount(RoleId("mash"), False, Channel.SMS, 2),
            RoleCount(RoleId("mash"), True, Channel.CALL, 1),
        ]
        assert {each.at_night for each in reading.messages_by_role(NOW, NOW + 3 * HOUR, [])} == {False}


def test_what_was_kept_quiet_is_counted_with_its_reason(store: SqlStore) -> None:
    told, joined, waits, plain = (key(f"c{n}") for n in range(1, 5))
    rows = [
        obligation(told, state=LineState.TOLD, reason="rest_hours"),
        obligation(joined, state=LineState.TOLD, reason="digest"),
        obligation(waits, state=LineState.HELD, reason="closed", not_before=NOW + HOUR),
        obligation(plain, state=LineState.TOLD),
    ]
    with store.write(Rank.DELIVER) as writing:
        writing.add_obligations(rows)
        writing.add_notifications(
            [
                notification("list", told, joined, plain, channel=Channel.EMAIL, case=None),
                notification("other", told, channel=Channel.EMAIL, case=None, person=PersonId("second")),
                notification("text", joined, person=PersonId("third")),
                notification("late", channel=Channel.EMAIL, created_at=NOW + 9 * HOUR),
                notification("gone", state=NotificationState.SUPPRESSED, reason="accepted"),
                notification("old", state=NotificationState.SUPPRESSED, reason="accepted", created_at=NOW - HOUR),
            ]
        )
    role = RoleId(told.role)
    with store.read() as reading:
        assert reading.kept_quiet(NOW, NOW + HOUR) == [
            QuietCount(role, "held", "closed", 1),
            QuietCount(role, "held", "digest", 1),
            QuietCount(role, "held", "rest_hours", 1),
            QuietCount(RoleId("safeguarding_duty"), "suppressed", "accepted", 1),
        ]
