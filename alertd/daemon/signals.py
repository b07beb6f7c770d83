"""Signals as values that the main thread asks for, so that none interrupts anything.

A thread of its own takes them with `sigwait`. `sigtimedwait` would need none, but in CPython it may return a signal
that nobody sent when the process is stopped and continued (a debugger, a freezer) while it waits.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread

HEARD = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
STOPS = frozenset({signal.SIGTERM, signal.SIGINT})

_heard: SimpleQueue[signal.Signals] = SimpleQueue()


@contextmanager
def held_back() -> Iterator[None]:
    """Keep signals for `next_signal`; threads begun inside hold them back too. May be nested."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    _begin_listening()
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@cache
def _begin_listening() -> None:
    """Begin once in the life of the process: a second listener would only share the signals."""
    Thread(target=_listen, name="signals", daemon=True).start()


def _listen() -> None:
    while True:
        _heard.put(signal.Signals(signal.sigwait(HEARD)))


def next_signal(seconds: float) -> signal.Signals | None:
    """The next signal, waiting at most so many seconds for one."""
    try:
        return _heard.get(timeout=seconds)
    except Empty:
        return None
