from __future__ import annotations

from alertd.core.calendar import RestHours
from alertd.core.counting import by_role, counted
from alertd.model.counts import RoleCount
from alertd.model.ids import RoleId
from alertd.model.values import Channel
from tests.core.make import london

EDT, MASH = RoleId("edt"), RoleId("mash")
SENT = [
    (MASH, Channel.SMS, london("2026-11-26 21:59")),
    (EDT, Channel.SMS, london("2026-11-26 22:00")),
    (EDT, Channel.CALL, london("2026-11-27 07:29")),
    (EDT, Channel.SMS, london("2026-11-27 03:00")),
    (EDT, Channel.SMS, london("2026-11-27 07:30")),
]


def test_messages_are_counted_by_role_day_and_night_and_channel() -> None:
    assert counted(SENT, RestHours()) == (
        RoleCount(EDT, False, Channel.SMS, 1),
        RoleCount(EDT, True, Channel.CALL, 1),
        RoleCount(EDT, True, Channel.SMS, 2),
        RoleCount(MASH, False, Channel.SMS, 1),
    )
    assert counted([], RestHours()) == ()


def test_a_table_of_counts_has_a_row_for_each_role() -> None:
    assert by_role(counted(SENT, RestHours())) == {
        EDT: {False: {Channel.SMS: 1}, True: {Channel.CALL: 1, Channel.SMS: 2}},
        MASH: {False: {Channel.SMS: 1}},
    }
