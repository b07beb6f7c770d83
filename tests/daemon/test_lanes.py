"""Requests leave at the same time, no more at once than there are lanes, and a fault costs one of them."""

from __future__ import annotations

import threading
from functools import partial

from alertd.daemon.lanes import SendingLanes
from alertd.model.errors import StoreUnavailable
from tests.doubles.waiting import eventually


class Counted:
    def __init__(self) -> None:
        self.done = 0
        self.failed = 0

    def ended(self) -> None:
        self.done += 1

    def fault(self) -> None:
        self.failed += 1


def test_a_lane_is_taken_until_its_job_has_ended() -> None:
    counted, gate = Counted(), threading.Event()
    lanes = SendingLanes(2, counted.ended, counted.fault)

    lanes.start(partial(gate.wait, 30))
    assert lanes.free() == 1
    gate.set()

    eventually(lambda: lanes.free() == 2)
    assert (counted.done, counted.failed) == (1, 0)
    assert lanes.close(10)


def test_jobs_that_raise_give_their_lane_back() -> None:
    counted = Counted()
    lanes = SendingLanes(1, counted.ended, counted.fault)

    def unsettled() -> None:
        raise StoreUnavailable("away")

    def faulty() -> None:
        raise KeyError("a fault")

    for job in (unsettled, faulty):
        lanes.start(job)

    eventually(lambda: counted.failed == 2)
    eventually(lambda: lanes.free() == 1)
    assert lanes.close(10)


def test_a_job_that_hangs_is_not_waited_for_beyond_the_limit() -> None:
    counted, gate = Counted(), threading.Event()
    lanes = SendingLanes(1, counted.ended, counted.fault)
    lanes.start(partial(gate.wait, 30))

    assert not lanes.close(0.05)

    gate.set()
