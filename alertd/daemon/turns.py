"""What each loop does in one turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from alertd.daemon.apart import Apart, Work
from alertd.daemon.parts import Parts
from alertd.daemon.supervisor import LOOK
from alertd.daemon.troubles import Troubles
from alertd.model.case import ObligationKey
from alertd.model.ids import CaseId, RoleId
from alertd.service.ports import Task

_DOUBTS = 2
"""Look-ups in one turn: each may take as long as a send."""
_SLOWNESS = timedelta(seconds=5)
"""How often it is judged whether texts are slow."""


class TickTurn:
    """Does whatever time has made due, and writes troubles.

    Args:
        parts: The installation.
        troubles: What waits to be written.
        decided: Called when something was: there may be something to send.
    """

    def __init__(self, parts: Parts, troubles: Troubles, decided: Callable[[], None]) -> None:
        self._parts = parts
        self._troubles = troubles
        self._decided = decided
        self._cases = Apart("tick", Work(parts.tick.due, parts.tick.run), self._failed)
        self._shifts = Apart("handover", Work(parts.handovers.due, parts.handovers.run), self._shift_failed)
        self._looked: datetime | None = None
        self._unconfirmed = Apart("receipt", Work(parts.unconfirmed.due, parts.unconfirmed.run), self._receipt_failed)

    def __call__(self) -> float:
        """Take a turn; seconds until the next thing falls due."""
        now = self._parts.now()
        self._look(now)
        decided = self._cases.run(now) + self._shifts.run(now) + self._unconfirmed.run(now)
        if decided + self._troubles.write(self._parts.store):
            self._decided()
            return 0.0
        return seconds_to_next(self._parts, Task.DECIDE)

    def _look(self, now: datetime) -> None:
        """Judge whether texts are slow: of minutes of receipts, so every few seconds are often enough."""
        if self._looked is None or not timedelta(0) <= now - self._looked < _SLOWNESS:
            self._parts.reach.look(now)
            self._looked = now

    def _failed(self, case: CaseId, fault: Exception, now: datetime) -> None:
        tell_failed(self._troubles, "case", case, fault, now)

    def _receipt_failed(self, note: str, fault: Exception, now: datetime) -> None:
        tell_failed(self._troubles, "message", note, fault, now)

    def _shift_failed(self, team: RoleId, fault: Exception, now: datetime) -> None:
        tell_failed(self._troubles, "hand-over", f"to {team}", fault, now)


class PlanTurn:
    """Turns lines whose time has come into messages to people; a loop of its own, so that a crowd holds up no sending.

    Args:
        parts: The installation.
        troubles: Told of lines that cannot be worked.
        planned: Called when messages were made: they can be sent, and ladders look again.
    """

    def __init__(self, parts: Parts, troubles: Troubles, planned: Callable[[], None]) -> None:
        self._parts = parts
        self._troubles = troubles
        self._planned = planned
        self._lines = Apart("plan", Work(parts.planner.due, parts.planner.plan), self._line_failed)

    def __call__(self) -> float:
        """Take a turn; seconds until the next line falls due."""
        now = self._parts.now()
        with self._parts.store.read() as reading:
            self._parts.reach.learn(reading)
            self._parts.swaps.learn(reading, now)
        if self._lines.run(now):
            self._planned()
            return 0.0
        return seconds_to_next(self._parts, Task.PLAN)

    def _line_failed(self, key: ObligationKey, fault: Exception, now: datetime) -> None:
        tell_failed(self._troubles, "line", f"{key.about}#{key.step}@{key.role} of {key.scope}", fault, now)


class DeliverTurn:
    """Sends what is planned."""

    def __init__(self, parts: Parts, troubles: Troubles) -> None:
        self._parts = parts
        self._troubles = troubles
        self._notes = Apart("send", Work(parts.deliver.due, self._send), self._note_failed)

    def __call__(self) -> float:
        """Take a turn; seconds until the next message may leave."""
        self._parts.deliver.settle(self._parts.now())
        if not self._parts.deliver.has_room():
            return LOOK  # a lane that falls free gives a wake
        return 0.0 if self._notes.run(self._parts.now()) else seconds_to_next(self._parts, Task.SEND)

    def _send(self, now: datetime, only: Sequence[str] | None) -> int:
        return self._parts.deliver.send_due(now, self._parts.now, only)

    def _note_failed(self, note: str, fault: Exception, now: datetime) -> None:
        tell_failed(self._troubles, "message", note, fault, now)


class DoubtTurn:
    """Asks providers what became of messages in doubt; a loop of its own, since an answer may take long."""

    def __init__(self, parts: Parts, resolved: Callable[[], None]) -> None:
        self._parts = parts
        self._resolved = resolved

    def __call__(self) -> float:
        """Take a turn."""
        if self._parts.deliver.resolve_doubts(self._parts.now(), _DOUBTS):
            self._resolved()
            return 0.0
        return LOOK


def seconds_to_next(parts: Parts, task: Task) -> float:
    """Seconds until time alone makes something due; a look's length when that is further off or unknown."""
    now = parts.now()
    with parts.store.read() as reading:
        at = reading.next_wake(now, task)
    return LOOK if at is None else min(LOOK, max(0.001, (at - now).total_seconds()))


def tell_failed(troubles: Troubles, what: str, name: str, fault: Exception, now: datetime) -> None:
    """Tell the administrators, once an hour, of something that alertd itself cannot work."""
    text = (
        f"alertd cannot work {what} {name} ({type(fault).__name__}): a fault of alertd. It tries again every minute, "
        "all else goes on. Remedy: look at the case yourself now, and send the log to the developers."
    )
    troubles.tell(f"stuck_{what}", f"{name}.{now:%Y%m%d%H}", text)
