"""Acceptances left to be counted: none is lost between those who leave them, none is taken twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from alertd.model.ids import RoleId
from alertd.service import uncounted
from alertd.service.reply_orders import Acceptance
from alertd.store import SqlStore


def acceptance(seconds: float) -> Acceptance:
    return Acceptance(RoleId("mash"), timedelta(seconds=seconds))


def test_what_is_left_is_taken_once_in_its_order(store: SqlStore) -> None:
    for seconds in (1.5, 0):
        uncounted.leave(acceptance(seconds), store)
    assert uncounted.take(store) == (acceptance(1.5), acceptance(0))
    assert uncounted.take(store) == ()


def test_many_who_leave_and_take_at_the_same_time_lose_and_double_nothing(store: SqlStore) -> None:
    def work(number: int) -> tuple[Acceptance, ...]:
        uncounted.leave(acceptance(number), store)
        return uncounted.take(store)

    with ThreadPoolExecutor(4) as crowd:
        taken = [each for found in crowd.map(work, range(24)) for each in found]
    assert sorted(each.waited for each in (*taken, *uncounted.take(store))) == [timedelta(seconds=n) for n in range(24)]


def test_where_nobody_takes_them_the_newest_are_kept(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncounted, "_MOST", 2)
    for seconds in range(4):
        uncounted.leave(acceptance(seconds), store)
    assert uncounted.take(store) == (acceptance(2), acceptance(3))
