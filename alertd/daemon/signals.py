"""Signals as values that the main thread asks for, so that none interrupts anything."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

HEARD = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
STOPS = frozenset({signal.SIGTERM, signal.SIGINT})


@contextmanager
def held_back() -> Iterator[None]:
    """Keep signals for `next_signal`; threads begun inside hold them back too."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def next_signal(seconds: float) -> signal.Signals | None:
    """The next signal, waiting at most so many seconds for one."""
    found = signal.sigtimedwait(HEARD, seconds)
    return signal.Signals(found.si_signo) if found is not None else None
