"""A limit that nothing outlasts, for calls into libraries whose own limits count only silence."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Overdue(Exception):
    """The call did not end in time; it goes on in the background, and its result is not wanted any more."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what the call returns, or raise what it raises, after at most so many seconds.

    Socket time-outs begin anew with every byte: a peer that sends one now and then holds a caller for ever. The call
    therefore runs on a thread of its own, which is left behind when it is late; it does not keep the process alive.

    Raises:
        Overdue: It did not end in time.
    """
    results: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except BaseException as error:  # noqa: BLE001  # raised again on the caller's thread
            results.put((None, error))

    threading.Thread(target=run, name="send", daemon=True).start()
    try:
        result, error = results.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise Overdue from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # without an error, it is the call's own
