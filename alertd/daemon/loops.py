"""The loops of one installation: intake, tick, deliver, the one that clears up doubts; and the listener beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from time import monotonic

import structlog

from alertd.daemon.figures import Figures
from alertd.daemon.hearing import Hearing
from alertd.daemon.lanes import SendingLanes
from alertd.daemon.listening import Listening
from alertd.daemon.parts import Parts
from alertd.daemon.polls import PollTurn
from alertd.daemon.progress import Progress
from alertd.daemon.supervisor import LOOK, Loop, Pace, Watch
from alertd.daemon.taking import Taking
from alertd.daemon.trial_process import LONGEST
from alertd.daemon.troubles import Troubles
from alertd.daemon.turns import DeliverTurn, DoubtTurn, PlanTurn, TickTurn
from alertd.daemon.wake import Wake
from alertd.daemon.watch_feed import FeedWatch, in_words
from alertd.daemon.watches import WatchTurn
from alertd.daemon.ways_in import way_in
from alertd.model.errors import StaleWrite, StoreUnavailable
from alertd.transport.feed import Alarm, FeedState, FeedStatus, Heard

INTAKE = "intake"
_LIMITS = {
    INTAKE: timedelta(seconds=25),
    "tick": timedelta(seconds=20),
    "plan": timedelta(seconds=20),
    "deliver": timedelta(seconds=20),
    "watch": timedelta(seconds=25),
    "poll": timedelta(seconds=240),  # three providers, each in up to eight pages of at most ten seconds
    "doubts": timedelta(seconds=28),  # a turn makes two look-ups of at most ten seconds
    "reload": LONGEST + timedelta(minutes=1),  # a set is tried in a process of its own
}
"""How long a turn of each loop may take."""
_PACES: dict[str, Callable[[Wake], Pace]] = {
    "tick": partial(Pace, breath=0.1),
    "plan": partial(Pace, breath=0.02, share=0.12),
    "deliver": partial(Pace, breath=0.02),
}
"""Ticks promise a second. Planning is many times quicker than sending, so an eighth of the time lets it stay ahead."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wakes:
    """How the loops tell one another that there is something to do."""

    tick: Wake = field(default_factory=Wake)
    plan: Wake = field(default_factory=Wake)
    deliver: Wake = field(default_factory=Wake)
    doubts: Wake = field(default_factory=Wake)
    intake: Wake = field(default_factory=Wake)
    watch: Wake = field(default_factory=Wake)
    poll: Wake = field(default_factory=Wake)
    reload: Wake = field(default_factory=Wake)

    def all_but_intake(self) -> None:
        """Something was written: lines to plan, messages to send, cases to judge again."""
        self.plan.give()
        self.deliver.give()
        self.tick.give()

    def planned(self) -> None:
        """Messages were made: they can be sent, and a ladder that reached nobody goes on."""
        self.deliver.give()
        self.tick.give()


@dataclass(frozen=True, slots=True)
class Shared:
    """What the loops of one process share."""

    troubles: Troubles
    figures: Figures
    progress: Progress
    wakes: Wakes
    lanes: SendingLanes


class Loops:
    """Starts, watches and ends the loops.

    Args:
        parts: The installation; its deliverer sends on `shared.lanes`.
        shared: What the loops share.
        reloading: Brings changed rules into force.
    """

    def __init__(self, parts: Parts, shared: Shared, reloading: Callable[[], float]) -> None:
        troubles, wakes = shared.troubles, shared.wakes
        self._shared = shared
        self._parts = parts
        self._now = parts.now
        self._feed_watch = FeedWatch(troubles)
        heard = Heard(progress=lambda: shared.progress.mark(INTAKE), alarm=self._alarm)
        taking = Taking(parts, shared.figures, wakes.all_but_intake)
        self._feed = way_in(parts.settings, taking, parts.now, heard)
        self._tick = self._loop("tick", TickTurn(parts, troubles, wakes.plan.give), wakes.tick)
        self._plan = self._loop("plan", PlanTurn(parts, troubles, wakes.planned), wakes.plan)
        self._deliver = self._loop("deliver", DeliverTurn(parts, troubles), wakes.deliver)
        self._doubts = self._loop("doubts", DoubtTurn(parts, wakes.all_but_intake), wakes.doubts)
        self._intake = self._loop(INTAKE, self._feed_until_stopped, wakes.intake)
        oldest, accepted = (lambda: self._feed.backlog().oldest), shared.figures.accepted
        self._watching = WatchTurn(parts, troubles, self.not_ready, oldest, accepted)
        self._watch = self._loop("watch", self._watching, wakes.watch)
        hearing = Hearing(parts, shared.figures, wakes.all_but_intake)
        self._web = Listening(parts, shared.figures, troubles, hearing)
        self._polls = PollTurn(parts, hearing, shared.figures, troubles)
        self._reload = self._loop("reload", reloading, wakes.reload)
        self._poll = [self._loop("poll", self._polls, wakes.poll)] if self._polls.has_any else []

    def _loop(self, name: str, turn: Callable[[], float], wake: Wake) -> Loop:
        pace = _PACES.get(name, Pace)(wake)
        return Loop(name, turn, _LIMITS[name], pace, Watch(self._shared.progress, self._shared.figures))

    def _feed_until_stopped(self) -> float:
        self._feed.run()
        return LOOK

    def _alarm(self, alarm: Alarm) -> None:
        self._feed_watch.alarm(alarm, self._now())

    @property
    def _all(self) -> tuple[Loop, ...]:
        return (
            self._tick,
            self._plan,
            self._deliver,
            self._doubts,
            self._intake,
            self._watch,
            self._reload,
            *self._poll,
        )

    @property
    def feed(self) -> FeedStatus:
        """How messages come in."""
        return self._feed.status

    @property
    def waiting(self) -> int:
        """Messages that wait in the queue or folder, those in hand included."""
        backlog = self._feed.backlog()
        return backlog.ready + backlog.held

    def start(self) -> None:
        """Begin; nothing waits for the broker."""
        for loop in self._all:
            loop.start()
        self._web.look(self.not_ready)

    def has_begun(self) -> bool:
        """Whether what is due is being looked for and sent."""
        return all(loop.turns > 0 for loop in (self._tick, self._plan, self._deliver))

    def troubles(self) -> dict[str, str]:
        """Loops whose last turn came to nothing, and the listener when it cannot listen, with the reason."""
        found = {loop.name: loop.health.trouble for loop in self._all}
        return {name: why for name, why in {**found, "web": self._web.trouble}.items() if why}

    def not_ready(self) -> dict[str, str]:
        """What keeps the daemon from its work, by part; empty when messages come in, are decided and are sent."""
        found = self.troubles() | dict.fromkeys(self._shared.progress.stuck(), "stuck")
        if not self.has_begun():
            found["start"] = "still starting"
        if self._watching.undone:
            found["work"] = self._watching.undone
        if self.feed.state is not FeedState.CONSUMING:
            found["feed"] = in_words(self.feed)
        return found

    def look(self) -> None:
        """Notice what no loop notices of itself."""
        self._web.look(self.not_ready)
        self._feed_watch.look(self._feed.status, self._now())
        oldest = self._feed.backlog().oldest
        self._shared.figures.queue_oldest.set(oldest.total_seconds() if oldest else 0.0)

    def drain(self, seconds: float) -> bool:
        """End every turn in hand and every request under way, and tell whether they ended in time."""
        end = monotonic() + seconds
        self._web.stop()
        for loop in self._all:
            loop.stop()
        self._feed.stop(timedelta(seconds=seconds * 0.8))
        ended = [loop.join(end - monotonic()) for loop in self._all]
        self._polls.close()
        ended.append(self._shared.lanes.close(max(0.0, end - monotonic())))
        ended.append(self._settled())  # whatever still hangs: what was answered need not become a doubt
        return all(ended)

    def _settled(self) -> bool:
        """Put the last answers on record; else their messages are looked up after the next start."""
        try:
            self._parts.deliver.settle(self._now())
        except (StoreUnavailable, StaleWrite) as away:
            _log.error("send_not_settled", reason=str(away))
            return False
        except Exception as fault:  # noqa: BLE001  # as in a loop: a fault costs an answer, never the orderly end
            _log.error("send_not_settled", reason=type(fault).__name__, exc_info=fault)
            return False
        return True
