"""A wake given at any moment is seen by a loop that read the counter before it looked for work."""

from __future__ import annotations

import threading
from time import monotonic

from alertd.daemon.wake import Wake
from tests.doubles.waiting import eventually

LONG = 30.0


def test_a_wake_given_between_the_look_and_the_wait_ends_the_wait_at_once() -> None:
    wake = Wake()
    seen = wake.count
    wake.give()

    began = monotonic()
    wake.wait_past(seen, LONG)

    assert monotonic() - began < LONG / 2


def test_a_wake_given_during_the_wait_ends_it() -> None:
    wake = Wake()
    ended = threading.Event()

    def wait(seen: int) -> None:
        wake.wait_past(seen, LONG)
        ended.set()

    threading.Thread(target=wait, args=(wake.count,), daemon=True).start()
    assert not ended.is_set()
    wake.give()

    eventually(ended.is_set)


def test_a_wait_ends_by_itself() -> None:
    wake = Wake()
    wake.wait_past(wake.count, 0.01)
    assert wake.count == 0


def test_every_waiting_loop_hears_the_same_wake() -> None:
    wake = Wake()
    ended = [threading.Event() for _ in range(3)]

    def wait(seen: int, mine: threading.Event) -> None:
        wake.wait_past(seen, LONG)
        mine.set()

    for each in ended:
        threading.Thread(target=wait, args=(wake.count, each), daemon=True).start()
    wake.give()

    eventually(lambda: all(each.is_set() for each in ended))
