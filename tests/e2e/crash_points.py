"""Where a daemon under test may be killed: a verb is replaced by one that ends its process, as a power cut would."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from alertd.service.casework import Casework
from alertd.service.deliver import Deliver
from alertd.service.intake import Intake
from alertd.service.settling import Settling

Verb = Callable[..., Any]


class Point(StrEnum):
    """The points of the architecture's fault tests."""

    BEFORE_COMMIT = "before commit"
    AFTER_COMMIT = "after commit before ack"
    BEFORE_SEND = "after the attempt row before send"
    AFTER_SEND = "after send before settle"


def crash_at(point: str) -> None:
    """Make this process end at a point; "" lets it live."""
    if point:
        owner, name, when = _PLACES[Point(point)]
        verb = getattr(owner, name)
        setattr(owner, name, when(verb))


def _dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(_: Verb) -> Verb:
    return lambda *_args, **_named: _dies()


def _after(verb: Verb) -> Verb:
    def done_then_dead(*args: object, **named: object) -> None:
        verb(*args, **named)
        _dies()

    return done_then_dead


_PLACES: dict[Point, tuple[type, str, Callable[[Verb], Verb]]] = {
    Point.BEFORE_COMMIT: (Casework, "write", _after),  # everything is written, and the transaction still open
    Point.AFTER_COMMIT: (Intake, "take", _after),
    Point.BEFORE_SEND: (Deliver, "_send", _before),
    Point.AFTER_SEND: (Settling, "_record", _before),
}
