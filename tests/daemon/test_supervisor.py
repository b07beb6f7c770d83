"""A loop outlives whatever its turns raise, says how it fares, and tells the watchdog that it moves on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic
from typing import Protocol

import pytest

from alertd.daemon.figures import Figures
from alertd.daemon.progress import Progress
from alertd.daemon.supervisor import Loop, Pace, Watch
from alertd.daemon.wake import Wake
from alertd.model.errors import StaleWrite, StoreUnavailable
from tests.doubles.waiting import eventually

LIMIT = timedelta(seconds=5)


class Start(Protocol):
    def __call__(self, turn: Callable[[], float]) -> Loop: ...


@pytest.fixture
def watch() -> Watch:
    return Watch(Progress(monotonic), Figures())


@pytest.fixture
def wake() -> Wake:
    return Wake()


@pytest.fixture
def start(watch: Watch, wake: Wake) -> Iterator[Start]:
    begun: list[Loop] = []

    def begin(turn: Callable[[], float]) -> Loop:
        begun.append(Loop("test", turn, LIMIT, Pace(wake), watch))
        begun[-1].start()
        return begun[-1]

    yield begin
    for loop in begun:
        loop.stop()
        assert loop.join(10)


def failures(watch: Watch) -> float:
    found = watch.figures.registry.get_sample_value("alertd_loop_failures_total", {"loop": "test"})
    return found or 0.0


def test_a_turn_that_raises_is_counted_and_the_next_one_is_taken(start: Start, watch: Watch) -> None:
    turns: list[int] = []

    def turn() -> float:
        turns.append(1)
        if len(turns) < 3:
            raise KeyError("a fault")
        return 0.01

    loop = start(turn)

    eventually(lambda: loop.turns > 1)
    assert failures(watch) == 2
    assert loop.health.trouble == ""


def test_a_store_that_is_away_is_a_state_and_no_fault(start: Start, watch: Watch) -> None:
    def turn() -> float:
        raise StoreUnavailable("the disk is full")

    loop = start(turn)

    eventually(lambda: loop.health.trouble == "the disk is full")
    assert failures(watch) == 0
    assert watch.progress.stuck() == ()


def test_another_writer_that_was_faster_is_no_trouble(start: Start, watch: Watch) -> None:
    turns: list[int] = []

    def turn() -> float:
        turns.append(1)
        if len(turns) == 1:
            raise StaleWrite("decide again")
        return 0.01

    loop = start(turn)

    eventually(lambda: loop.turns > 0)
    assert failures(watch) == 0


def test_work_is_looked_for_again_at_once_and_a_wake_ends_the_wait(start: Start, wake: Wake) -> None:
    turns: list[float] = []

    def turn() -> float:
        turns.append(monotonic())
        return 0.0 if len(turns) < 5 else 30.0

    loop = start(turn)
    eventually(lambda: loop.turns == 5)
    wake.give()

    eventually(lambda: loop.turns > 5, within=0.4)


def test_nothing_due_is_looked_for_again_within_half_a_second(start: Start) -> None:
    turns: list[float] = []

    def turn() -> float:
        turns.append(monotonic())
        return 3600.0

    start(turn)

    eventually(lambda: len(turns) >= 3)
    assert turns[2] - turns[1] < 2.0


def test_a_turn_that_never_ends_is_stuck_and_one_that_waits_is_not() -> None:
    moment = [100.0]
    progress = Progress(lambda: moment[0])
    progress.expect("hangs", LIMIT)
    progress.expect("waits", LIMIT)

    for _ in range(10):
        moment[0] += 1
        progress.mark("waits")

    assert progress.stuck() == ("hangs",)
    assert progress.ages() == {"hangs": 10.0, "waits": 0.0}


def test_a_limit_counts_from_its_expectation_and_is_reached_exactly() -> None:
    moment = [100.0]
    progress = Progress(lambda: moment[0])
    progress.expect("loop", LIMIT)

    moment[0] += LIMIT.total_seconds() - 0.001
    assert progress.stuck() == ()
    moment[0] += 0.001
    assert progress.stuck() == ("loop",)
