"""A small daemon that talks to systemd as alertd does, and shows what its sandbox lets it do.

It is told what to do by signals: SIGHUP reloads, SIGUSR1 makes its loop hang, SIGTERM stops it. What it found is one
JSON object in its status line: `systemctl show` reads it from there.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import threading
from pathlib import Path

from alertd.transport.systemd_notify import SystemdNotifier, notifier, watchdog_timeout

CHILD_MEMORY = 1 << 30


def child(pipe: multiprocessing.connection.Connection) -> None:
    """Limit the memory and load the rules engine, as the matcher's child does."""
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY, CHILD_MEMORY))
    from durable import engine  # noqa: PLC0415 - loaded in the child alone, as alertd does

    pipe.send([engine.__name__, resource.getrlimit(resource.RLIMIT_AS)[0]])


def spawned() -> list[object]:
    """Start the child by spawn and return what it says."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(theirs,))
    process.start()
    theirs.close()
    answer: list[object] = ours.recv()
    process.join()
    return answer


def findings() -> dict[str, object]:
    """What this process may and may not do."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    return {
        "uid": os.getuid(),
        "credentials": sorted(path.name for path in Path(credentials).iterdir()) if credentials else [],
        "state": os.access(os.environ.get("STATE_DIRECTORY", "/nowhere"), os.W_OK),
        "etc": os.access("/etc", os.W_OK),
        "tree": os.access(Path(__file__).parent, os.W_OK),
        "child": spawned(),
    }


class Probe:
    """The daemon: one loop that beats, and three signals."""

    def __init__(self, systemd: SystemdNotifier) -> None:
        self.systemd = systemd
        self.found = findings()
        self.reloads = 0
        self.hung = threading.Event()
        self.stop = threading.Event()

    def tell_ready(self) -> None:
        self.systemd.ready(json.dumps({**self.found, "reloads": self.reloads}))

    def reload(self) -> None:
        self.systemd.reloading()
        self.reloads += 1
        self.tell_ready()

    def run(self) -> None:
        timeout = watchdog_timeout(os.environ, os.getpid())
        signal.signal(signal.SIGHUP, lambda *_: self.reload())
        signal.signal(signal.SIGUSR1, lambda *_: self.hung.set())
        signal.signal(signal.SIGTERM, lambda *_: self.stop.set())
        self.tell_ready()
        while not self.stop.wait(timeout.total_seconds() / 2 if timeout else None):
            if not self.hung.is_set():
                self.systemd.beat()
        self.systemd.stopping("draining")


if __name__ == "__main__":
    Probe(notifier(os.environ)).run()
