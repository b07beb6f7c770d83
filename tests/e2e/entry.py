"""Runs the daemon in a process of its own at a pretended time, and kills it at the point that a test names."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from alertd.daemon.clock import utc_now
from alertd.daemon.running import run_daemon
from alertd.store.reading_watch import WatchReading
from tests.e2e.crash_points import crash_at

SHIFT = "ALERTD_TEST_SHIFT"
CRASH = "ALERTD_TEST_CRASH_AT"
CLOCK = "ALERTD_TEST_CLOCK"
"""A file with the time, which stands still until a test moves it on; "" for a clock that runs."""


def main() -> int:
    """Run the daemon whose settings the first argument names."""
    shift = timedelta(seconds=float(os.environ[SHIFT]))
    clock = os.environ.get(CLOCK, "")
    crash_at(os.environ.get(CRASH, ""))

    def pretended() -> datetime:
        return datetime.fromisoformat(Path(clock).read_text()) if clock else utc_now() + shift

    # The database's clock is shifted with ours: that they are in step is part of the pretence.
    theirs = WatchReading.database_now

    def in_step(self: WatchReading) -> datetime | None:
        at = theirs(self)
        return None if at is None else at + shift

    WatchReading.database_now = in_step  # type: ignore[method-assign]
    return run_daemon(Path(sys.argv[1]), now=pretended)


if __name__ == "__main__":
    sys.exit(main())
