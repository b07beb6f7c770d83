"""The loop that every way in runs in: consume until it fails, wait a little, try again, until told to stop."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from datetime import timedelta

import structlog

from alertd.model.errors import BrokerUnavailable, StoreUnavailable
from alertd.transport.backoff import Backoff
from alertd.transport.feed import Alarm, FeedState, FeedStatus, Heard, Now

BEAT = timedelta(seconds=1)
"""Progress is told at least this often, whatever the feed waits for."""

_log = structlog.get_logger(__name__)


class Feed(ABC):
    """A way in. `run` on a thread of its own; everything else from any thread.

    Args:
        now: The present, aware UTC.
        heard: Whom to tell of progress and alarms.
        backoff: Waits between attempts.
    """

    def __init__(self, now: Now, heard: Heard, backoff: Backoff) -> None:
        self._now = now
        self._heard = heard
        self._backoff = backoff
        self._stopping = threading.Event()
        self._done = threading.Event()
        self._done.set()
        self._told: set[str] = set()
        self._status = FeedStatus(FeedState.STOPPED, now())

    @property
    def status(self) -> FeedStatus:
        """How it fares just now."""
        return self._status

    def run(self) -> None:
        """Feed until `stop`; whatever a broker or store may do is waited out here.

        Raises:
            Exception: Whatever `take` raises beside `StoreUnavailable`: nothing of that batch is acknowledged, the
                connection is closed, and `run` may be called again.
        """
        self._done.clear()
        try:
            while not self._stopping.is_set():
                try:
                    self._enter(FeedState.CONNECTING)
                    self._consume()
                except (BrokerUnavailable, StoreUnavailable) as error:
                    self._failed(error)
                    self._pause(self._backoff.failed())
        finally:
            self._enter(FeedState.STOPPED)
            self._done.set()

    def stop(self, limit: timedelta = timedelta(seconds=8)) -> bool:
        """Finish the batch in hand, close, and tell whether that was done within the limit; it stays stopped."""
        self._stopping.set()
        self._wake()
        return self._done.wait(limit.total_seconds())

    @abstractmethod
    def _consume(self) -> None:
        """Connect and consume until `_stopping`, telling progress every `BEAT`.

        Raises:
            BrokerUnavailable: Try again later.
            StoreUnavailable: Likewise; nothing of the batch was acknowledged.
        """

    @abstractmethod
    def _wake(self) -> None:
        """Make `_consume` notice `_stopping` soon."""

    def _enter(self, state: FeedState) -> None:
        before = self._status
        if state is FeedState.CONNECTING and before.state is FeedState.RETRYING:
            return  # still the same trouble
        if state is not before.state:
            self._status = FeedStatus(state, self._now(), before.error, before.failures)

    def _failed(self, error: Exception) -> None:
        before = self._status
        since = before.since if before.state is FeedState.RETRYING else self._now()
        self._status = FeedStatus(FeedState.RETRYING, since, str(error), before.failures + 1)
        _log.warning("feed_failed", error=str(error), failures=before.failures + 1)

    def _succeeded(self) -> None:
        """A batch was committed: the next trouble is a new one."""
        if self._status.failures:
            self._status = FeedStatus(FeedState.CONSUMING, self._now())
        self._backoff.succeeded()

    def _pause(self, wait: timedelta) -> None:
        end = time.monotonic() + wait.total_seconds()
        while (left := end - time.monotonic()) > 0 and not self._stopping.is_set():
            self._heard.progress()
            self._stopping.wait(min(left, BEAT.total_seconds()))

    def _tell_once(self, alarm: Alarm) -> None:
        """Raise an alarm unless the same kind stands already."""
        if alarm.kind not in self._told:
            self._told.add(alarm.kind)
            self._heard.alarm(alarm)

    def _mended(self, kind: str) -> None:
        """The next alarm of this kind is news again."""
        self._told.discard(kind)
