"""Supervision of the loops: whatever goes wrong in a turn costs that turn, is logged and counted, and tried again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from time import thread_time

import structlog

from alertd.daemon.figures import Figures
from alertd.daemon.progress import Progress
from alertd.daemon.wake import Wake
from alertd.model.errors import StaleWrite, StoreUnavailable
from alertd.transport.backoff import Backoff

LOOK = 0.5
"""Longest wait between two looks, in seconds."""
_MOST_WAIT = timedelta(seconds=5)

_log = structlog.get_logger(__name__)

Turn = Callable[[], float]
"""Does what there is to do, and returns the seconds until it wants to look again; 0.0 at once."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom a supervisor tells: progress for the watchdog, figures."""

    progress: Progress
    figures: Figures


@dataclass(frozen=True, slots=True)
class Pace:
    """When a loop looks again.

    Attributes:
        wake: Ends a wait.
        breath: Seconds that it rests when it has found nothing left to do, however often it is woken: in a crowd, what
            comes meanwhile is taken together. The first call after a rest is heard at once.
        share: Most of a processor's time that it takes for itself while there is always more to do, above 0 up to 1.
    """

    wake: Wake
    breath: float = 0.0
    share: float = 1.0


@dataclass(slots=True)
class Health:
    """How a loop fares.

    Attributes:
        trouble: Why its last turn came to nothing, in plain words; "" when it did not.
    """

    trouble: str = ""
    backoff: Backoff = field(default_factory=lambda: Backoff(most=_MOST_WAIT))


class Loop:
    """A thread that takes turns until it is told to stop.

    Args:
        name: For threads, logs and figures.
        turn: One turn.
        limit: How long a turn may take before the loop counts as stuck.
        pace: When it looks again.
        watch: Whom to tell.
    """

    def __init__(self, name: str, turn: Turn, limit: timedelta, pace: Pace, watch: Watch) -> None:
        self.name = name
        self._wake = pace.wake
        self._pace = pace
        self.health = Health()
        self._turn = turn
        self._limit = limit
        self._watch = watch
        self.turns = 0
        """Turns that came to a good end; only ever grows."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to take turns."""
        self._watch.progress.expect(self.name, self._limit)
        self._thread.start()

    def stop(self) -> None:
        """End after the turn in hand; `join` waits for that."""
        self._stopping.set()
        self._wake.give()

    def join(self, seconds: float) -> bool:
        """Wait for the end, and tell whether it came in time."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            seen, begun = self._wake.count, thread_time()
            wait = self._guarded()
            self._watch.progress.mark(self.name)
            if wait > 0:
                self._stopping.wait(self._pace.breath)
                self._wake.wait_past(seen, min(wait, LOOK))
            elif self._pace.share < 1:
                self._stopping.wait(min(2 * LOOK, (thread_time() - begun) * (1 / self._pace.share - 1)))

    def _guarded(self) -> float:
        """Take a turn, whatever it may raise."""
        try:
            wait = self._turn()
        except StoreUnavailable as away:
            return self._failed("store_unavailable", str(away))
        except StaleWrite:
            return 0.0  # another writer was faster: look again
        except Exception as fault:  # noqa: BLE001  # the loop's one: a fault costs a turn, never the loop
            self._watch.figures.loop_failures.labels(self.name).inc()
            return self._failed("turn_failed", type(fault).__name__, fault)
        self.turns += 1
        self.health.backoff.succeeded()
        self.health.trouble = ""
        return wait

    def _failed(self, event: str, why: str, fault: Exception | None = None) -> float:
        """Note a failure and wait a little; being woken does not shorten that."""
        if not self.health.trouble or fault is not None:
            _log.error(event, loop=self.name, reason=why, exc_info=fault)
        self.health.trouble = why
        self._stopping.wait(self.health.backoff.failed().total_seconds())
        return 0.0
