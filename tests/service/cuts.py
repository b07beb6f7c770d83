"""Numbered points at which the power may go, in one process: the verb of that point ends it, and a new one opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, NoReturn

from alertd.service.casework import Casework
from alertd.service.deliver import Deliver
from alertd.service.intake import Intake
from alertd.service.settling import Settling
from tests.service.world import PowerCut

Verb = Callable[..., Any]


class CutPoint(StrEnum):
    """The points of the architecture's fault tests."""

    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_SEND = "before_send"
    AFTER_SEND = "after_send"


_PLACES: dict[CutPoint, tuple[type, str, bool]] = {
    CutPoint.BEFORE_COMMIT: (Casework, "write", True),
    CutPoint.AFTER_COMMIT: (Intake, "take", True),
    CutPoint.BEFORE_SEND: (Deliver, "_send", False),
    CutPoint.AFTER_SEND: (Settling, "_record", False),
}
"""Owner, verb, and whether the verb is done before the power goes."""


@contextmanager
def cut_at(point: CutPoint) -> Iterator[None]:
    """Let the power go when a world comes to a point."""
    owner, name, is_done = _PLACES[point]
    verb: Verb = getattr(owner, name)

    def cut(*args: Any, **named: Any) -> NoReturn:  # noqa: ANN401  # whatever the verb takes
        if is_done:
            verb(*args, **named)
        raise PowerCut

    setattr(owner, name, cut)
    try:
        yield
    finally:
        setattr(owner, name, verb)
