"""Plays a night on a pretend clock: messages through the spool, and the daemon's own verbs for everything else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from alertd.cli.night import Night, Step
from alertd.cli.telling import Teller, why
from alertd.daemon.parts import Parts
from alertd.daemon.ways_in import spool_folder
from alertd.model.case import Notification
from alertd.model.delivery import Outcome, Outgoing, Sent
from alertd.model.errors import NotPossible
from alertd.model.ids import CaseRef, PersonId
from alertd.service.finding import case_of
from alertd.service.intake import Arrival
from alertd.service.messages import Properties
from alertd.service.people import Fact, People
from alertd.transport.feed import Delivery, Heard
from alertd.transport.spool import Spool, prepare, put

_ROUNDS = 200
"""More rounds of the verbs at one moment than anything sane needs."""
_STEP = timedelta(minutes=1)
_LOOK = 0.1
"""Real seconds between two looks at the clock."""
_LEAST = timedelta(microseconds=1)
_TAKEN_WITHIN = 30.0
"""Seconds in which the spool must have taken a file."""


class PretendClock:
    """A clock that stands still until it is put forward; `speed` pretend seconds pass in a real one.

    Args:
        at: Where it stands, aware UTC.
        speed: Pretend seconds in a real one.
        moved: Shown the time now and then while it passes.
    """

    def __init__(self, at: datetime, speed: float, moved: Callable[[datetime], None] = lambda _: None) -> None:
        self.at = at
        self._speed = speed
        self._moved = moved
        self._nobody = threading.Event()

    def now(self) -> datetime:
        """The pretended present, aware UTC."""
        return self.at

    def wait_until(self, at: datetime) -> None:
        """Let the time until a moment pass; a moment that has passed is now."""
        while at > self.at:
            real = min((at - self.at).total_seconds() / self._speed, _LOOK)
            self._nobody.wait(real)
            self.at = min(at, self.at + max(timedelta(seconds=real * self._speed), _LEAST))
            self._moved(self.at)


class Player:
    """Plays a night on opened parts, whose clock is the pretended one and whose sends are told to `settled`."""

    def __init__(self, clock: PretendClock, teller: Teller) -> None:
        self._clock = clock
        self._teller = teller
        self._text: Outgoing | None = None
        self._taken = threading.Event()
        self._failure: Exception | None = None
        self._bodies: dict[str, bytes] = {}
        self._parts: Parts | None = None

    # --- told by the parts

    def captured(self, text: Outgoing) -> None:
        """Remember the text that is being kept."""
        self._text = text

    def settled(self, note: Notification, outcome: Outcome) -> None:
        """Print a message that went out, with its reason."""
        if not isinstance(outcome, Sent) or self._text is None:
            return
        with self.parts.store.read() as reading:
            lines = reading.obligations(note.lines)
        self._teller.went(self._clock.at, note, self._text, why(note, lines, self.parts.rules.book()))

    @property
    def parts(self) -> Parts:
        """What is played on."""
        if self._parts is None:
            raise RuntimeError("nothing is being played")
        return self._parts

    # --- the night

    def play(self, night: Night, parts: Parts) -> None:
        """Play from beginning to end.

        Raises:
            Exception: whatever taking a message raised.
        """
        self._parts = parts
        folder = spool_folder(parts.settings)
        prepare(folder)
        spool = Spool(folder, self._take, self._clock.now, Heard())
        feed = threading.Thread(target=spool.run, name="spool", daemon=True)
        feed.start()
        try:
            for step in night.steps:
                self._pass_until(step.at)
                self._do(step)
                self._settle()
            self._pass_until(night.ends_at)
        finally:
            spool.stop()
            feed.join(_TAKEN_WITHIN)

    def _take(self, batch: tuple[Delivery, ...]) -> None:
        """Take what the spool hands over; called on its thread."""
        try:
            arrivals = [Arrival(each.body, each.properties, each.received_at) for each in batch]
            self.parts.intake.take(arrivals, self._clock.at)
        except Exception as failure:
            self._failure = failure
            raise
        finally:
            self._taken.set()

    def _pass_until(self, until: datetime) -> None:
        """Let time pass, stopping at every moment at which something is due."""
        while (at := self._next()) is not None and at <= until:
            self._clock.wait_until(at)
            self._settle()
        self._clock.wait_until(until)

    def _next(self) -> datetime | None:
        now = self._clock.at
        with self.parts.store.read() as reading:
            at = reading.next_wake(now)
        # What is due now and stays so (a look-up to be repeated, say) is looked at again in a minute.
        return at if at is None or at > now else now + _STEP

    def _settle(self) -> None:
        """Do everything that is due now."""
        parts, now = self.parts, self._clock.at
        for _ in range(_ROUNDS):
            busy = parts.tick.run(now) + parts.planner.plan(now)
            busy += parts.deliver.resolve_doubts(now) + parts.deliver.send_due(now, self._clock.now)
            if not busy:
                return
        raise RuntimeError(f"nothing came to rest at {now}")

    # --- what happens

    def _do(self, step: Step) -> None:
        if step.body is not None:
            self._teller.came(step.at, step.source, step.says)
            self._put(step.body)
            if step.name:
                self._bodies[step.name] = step.body
            return
        ref = self._ref(step.accept or step.record)
        self._teller.acted(step.at, step.by, f"{step.says} [{ref}]")
        people = People(self.parts.store, self.parts.intake, self.parts.rules.ruling)
        if step.accept:
            people.accept(ref, PersonId(step.by), step.at)
        elif step.fact is not None:
            given = step.fact
            fact = Fact(given["event"], given["when"], given.get("with", ""), given.get("outcome", ""))
            people.record(ref, fact, PersonId(step.by), step.at)

    def _put(self, body: bytes) -> None:
        self._taken.clear()
        put(spool_folder(self.parts.settings), body, Properties(), self._clock.at)
        if not self._taken.wait(_TAKEN_WITHIN):
            raise NotPossible("the spool did not take a message: is the disk full?")
        if self._failure is not None:
            raise self._failure

    def _ref(self, name: str) -> CaseRef:
        hashed = self.parts.rules.ruling().terms.hashed
        with self.parts.store.read() as reading:
            return case_of(reading, self._bodies[name], hashed, self._clock.at).row.ref
