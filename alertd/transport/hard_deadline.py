"""A limit that nothing outlasts, for calls into libraries whose own limits count only silence."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class Overdue(Exception):
    """The call did not end in time; it goes on in the background, and its result is not wanted any more."""


class _Caller:
    """A thread that makes one call after another, for whoever takes it from among the idle ones."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._run, name="send", daemon=True).start()

    def make(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def _run(self) -> None:
        while True:
            call = self._calls.get()
            call()
            del call  # what it holds is not kept until the next one
            _idle.append(self)


_idle: deque[_Caller] = deque()
"""Threads that are free: to begin a thread for every call costs as much as half of what a library does in it."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what the call returns, or raise what it raises, after at most so many seconds.

    Socket time-outs begin anew with every byte: a peer that sends one now and then holds a caller for ever. The call
    therefore runs on a thread of its own, which is left behind when it is late; it does not keep the process alive.

    Raises:
        Overdue: It did not end in time.
    """
    results: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except BaseException as error:  # noqa: BLE001  # raised again on the caller's thread
            results.put((None, error))

    _caller().make(run)
    try:
        result, error = results.get(timeout=max(0.0, seconds))
    except Empty:
        raise Overdue from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # without an error, it is the call's own


def _caller() -> _Caller:
    try:
        return _idle.pop()
    except IndexError:
        return _Caller()
