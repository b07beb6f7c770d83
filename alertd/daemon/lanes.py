"""Threads that send at the same time, counted, so that no more is leased than can leave at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import monotonic

import structlog

Job = Callable[[], object]
_log = structlog.get_logger(__name__)


class SendingLanes:
    """A fixed number of threads that run jobs (`alertd.service.deliver.Lanes`).

    Args:
        number: How many.
        done: Called after each job, on its thread: there is room again, and an answer to settle.
        failed: Called when a job raised; its message stays leased, and is looked up when the lease has run out.
    """

    def __init__(self, number: int, done: Callable[[], None], failed: Callable[[], None]) -> None:
        self._done = done
        self._failed = failed
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._free = number
        self._lock = threading.Lock()
        # Daemon threads: one that hangs in a provider's library must not keep the process from leaving.
        self._threads = [threading.Thread(target=self._run, name=f"send-{n}", daemon=True) for n in range(number)]
        for thread in self._threads:
            thread.start()

    def free(self) -> int:
        """How many jobs would begin at once."""
        return self._free

    def start(self, job: Job) -> None:
        """Run a job on a free thread."""
        with self._lock:
            self._free -= 1
        self._jobs.put(job)

    def close(self, seconds: float) -> bool:
        """Let the jobs in hand end, and tell whether they did in time."""
        for _ in self._threads:
            self._jobs.put(None)
        end = monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._guarded(job)
            with self._lock:
                self._free += 1
            self._done()

    def _guarded(self, job: Job) -> None:
        try:
            job()
        except Exception as fault:  # noqa: BLE001  # the lane's one: a fault costs a message's answer, never the lane
            _log.error("send_failed", exc_info=fault)
            self._failed()
