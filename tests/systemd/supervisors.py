"""What tests ask of a supervisor of a Type=notify service, whichever it is.

Two there are: a real systemd (booted.py), and a stand-in for machines that cannot boot one (stand_in.py). Both keep the
promises of the shipped unit: ready, watchdog, restart, reload, drain. So one set of tests judges a daemon under either.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

TREE = Path(__file__).resolve().parents[2]
PROBE = ("-m", "tests.systemd.probe")
"""The probe, as arguments for Python."""
PATIENCE = 30.0
WATCHDOG_SECONDS = 2


@dataclass(frozen=True, slots=True)
class State:
    """What a supervisor knows: `active` in systemd's words, the main process, the status line, restarts so far."""

    active: str
    main_pid: int
    status: str
    restarts: int


class Supervisor(Protocol):
    """Runs one service."""

    def start(self) -> None:
        """Return once the service has said READY."""
        ...

    def stop(self) -> None:
        """Return once the service has left."""
        ...

    def reload(self) -> None:
        """Ask for a reload."""
        ...

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to the main process."""
        ...

    def state(self) -> State:
        """Look now."""
        ...


def wait_for(supervisor: Supervisor, wanted: Callable[[State], bool]) -> State:
    """Look until the state is as wanted; fail after `PATIENCE` seconds with the last one seen."""
    limit = time.monotonic() + PATIENCE
    look = threading.Event()
    while not wanted(state := supervisor.state()):
        assert time.monotonic() < limit, f"still {state} after {PATIENCE} s"
        look.wait(0.05)
    return state
