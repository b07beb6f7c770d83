"""systemd's side of sd_notify(3), for machines that cannot boot a systemd."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.systemd.supervisors import PATIENCE, TREE, WATCHDOG_SECONDS, State, wait_for


class StandIn:
    """As much of systemd as a Type=notify service can notice: its socket, watchdog, restarts, reload and stop.

    Args:
        work: An empty folder.
        command: The program and its arguments.
        environment: Variables for the program, beyond PATH.
    """

    def __init__(self, work: Path, command: Sequence[str], environment: dict[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._address = str(work / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._address)
        self._socket.settimeout(0.05)
        self._wanted = False
        self._closing = False
        self._process: subprocess.Popen[bytes] | None = None
        self._seen = State("inactive", 0, "", 0)
        self._beaten_at = 0.0
        self._thread = threading.Thread(target=self._supervise, name="stand-in for systemd")
        self._thread.start()

    def start(self) -> None:
        self._wanted = True
        wait_for(self, lambda state: state.active == "active")

    def stop(self) -> None:
        self._wanted = False
        self.kill(signal.SIGTERM)
        wait_for(self, lambda state: state.active == "inactive")

    def reload(self) -> None:
        self.kill(signal.SIGHUP)

    def kill(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def state(self) -> State:
        return self._seen

    def close(self) -> None:
        """End the service, whatever its state, and the supervision."""
        self._wanted, self._closing = False, True
        self._thread.join(PATIENCE)
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
        self._socket.close()

    def _supervise(self) -> None:
        while not self._closing:
            self._keep_running()
            self._listen()
            self._watch()

    def _keep_running(self) -> None:
        gone = self._process is None or self._process.poll() is not None
        if gone and self._wanted:
            restarts = self._seen.restarts + (self._process is not None)
            self._process = subprocess.Popen(self._command, env=self._variables(), cwd=TREE)
            self._beaten_at = time.monotonic()
            self._seen = State("activating", self._process.pid, "", restarts)
        elif gone:
            self._seen = State("inactive", 0, self._seen.status, self._seen.restarts)

    def _variables(self) -> dict[str, str]:
        # WATCHDOG_PID is left out, as Popen knows the pid too late: without it, the watchdog is the process's own.
        watchdog = {"NOTIFY_SOCKET": self._address, "WATCHDOG_USEC": str(WATCHDOG_SECONDS * 1_000_000)}
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(TREE), **watchdog, **self._environment}

    def _listen(self) -> None:
        try:
            words = dict(line.split("=", 1) for line in self._socket.recv(65536).decode().splitlines())
        except TimeoutError:
            return
        self._beaten_at = time.monotonic()
        active = self._seen.active
        for word, name in (("READY", "active"), ("RELOADING", "reloading"), ("STOPPING", "deactivating")):
            active = name if word in words else active
        self._seen = State(active, self._seen.main_pid, words.get("STATUS", self._seen.status), self._seen.restarts)

    def _watch(self) -> None:
        running = self._process is not None and self._process.poll() is None
        if running and self._seen.active == "active" and time.monotonic() - self._beaten_at > WATCHDOG_SECONDS:
            self.kill(signal.SIGABRT)
