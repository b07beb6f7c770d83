"""The writer's lock: by rank, then in the order of asking."""

from __future__ import annotations

import threading

import pytest

from alertd.store.lock import RankedLock
from tests.doubles.waiting import eventually


def test_waiters_go_by_rank_and_then_in_order() -> None:
    lock = RankedLock()
    went: list[str] = []

    def wait(name: str, rank: int) -> None:
        with lock.held(rank):
            went.append(name)

    threads = []
    with lock.held(2):
        for name, rank in (("intake 1", 2), ("tick", 1), ("intake 2", 2), ("person 1", 0), ("person 2", 0)):
            threads.append(threading.Thread(target=wait, args=(name, rank)))
            threads[-1].start()
            eventually(lambda: len(lock._waiting) == len(threads), what="the thread waits")
    for thread in threads:
        thread.join(10)
    assert went == ["person 1", "person 2", "tick", "intake 1", "intake 2"]


def test_one_at_a_time() -> None:
    lock = RankedLock()
    inside: list[int] = []
    seen: list[int] = []

    def work() -> None:
        for _ in range(50):
            with lock.held(1):
                inside.append(1)
                seen.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [1] * 200


def test_an_error_inside_gives_the_lock_back() -> None:
    lock = RankedLock()
    with pytest.raises(KeyError), lock.held(0):
        raise KeyError
    with lock.held(0):
        assert lock._is_held
