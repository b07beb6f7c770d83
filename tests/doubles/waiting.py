"""Waiting on conditions: the only way in which tests let time pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_PAUSE = threading.Event()


def eventually(look: Callable[[], T], *, within: float = 10.0, every: float = 0.01, what: str = "") -> T:
    """Look until the answer is true, and return it.

    Args:
        look: Asked again and again; a false answer means "not yet".
        within: Seconds after which the test fails.
        every: Seconds between two looks.
        what: What was waited for, for the failure's text.

    Raises:
        AssertionError: The answer stayed false.
    """
    end = time.monotonic() + within
    while not (answer := look()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {what or look}")
        _PAUSE.wait(every)
    return answer


def never(look: Callable[[], object], *, during: float, every: float = 0.01, what: str = "") -> None:
    """Look during a span of seconds, and fail as soon as the answer is true."""
    end = time.monotonic() + during
    while time.monotonic() < end:
        if answer := look():
            raise AssertionError(f"not expected: {what or look}: {answer!r}")
        _PAUSE.wait(every)
