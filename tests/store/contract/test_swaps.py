"""Swaps on record, in both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.model.ids import PersonId, RoleId
from alertd.model.shifts import Swap
from alertd.service.ports import Rank
from alertd.store import SqlStore
from tests.store.rows import HOUR, NOW

TICK = timedelta(microseconds=1)
SWAP = Swap(0, RoleId("duty_manager"), PersonId("ann"), NOW, NOW + 8 * HOUR, PersonId("ben"), NOW - HOUR)


def add(store: SqlStore, swap: Swap = SWAP) -> Swap:
    with store.write(Rank.PEOPLE) as writing:
        return writing.add_swap(swap)


def test_a_swap_comes_back_as_it_was_recorded_with_its_number(store: SqlStore) -> None:
    made = add(store)
    assert made == replace(SWAP, number=made.number)
    assert made.number > 0
    with store.read() as reading:
        assert reading.swaps() == (made,)
        assert reading.swaps(NOW) == (made,)


def test_the_newest_swap_comes_first_whatever_its_times(store: SqlStore) -> None:
    first = add(store)
    second = add(store, replace(SWAP, person=PersonId("cal"), from_=NOW - HOUR))
    with store.read() as reading:
        assert [each.number for each in reading.swaps(NOW)] == [second.number, first.number]


def test_a_swap_that_has_ended_stands_in_the_record_alone(store: SqlStore) -> None:
    made = add(store)
    with store.read() as reading:
        assert reading.swaps(made.to - TICK) == (made,)
        assert reading.swaps(made.to) == ()
        assert reading.swaps() == (made,)


def test_a_swap_is_taken_back_once_and_stays_on_record(store: SqlStore) -> None:
    made = add(store)
    with store.write(Rank.PEOPLE) as writing:
        assert writing.undo_swap(made.number, "cal", NOW + HOUR)
        assert not writing.undo_swap(made.number, "dan", NOW + 2 * HOUR)
        assert not writing.undo_swap(made.number + 1, "dan", NOW)
        assert writing.swaps(NOW) == ()
    with store.read() as reading:
        (found,) = reading.swaps()
    assert (found.undone_by, found.undone_at, found.stands) == ("cal", NOW + HOUR, False)


def test_a_number_is_never_given_twice(store: SqlStore) -> None:
    numbers = [add(store).number for _ in range(3)]
    assert numbers == sorted(set(numbers))


def test_a_swap_of_a_transaction_that_fails_is_not_there(store: SqlStore) -> None:
    class Stop(Exception):
        pass

    def fail() -> None:
        with store.write(Rank.PEOPLE) as writing:
            writing.add_swap(SWAP)
            raise Stop

    with pytest.raises(Stop):
        fail()
    with store.read() as reading:
        assert reading.swaps() == ()
