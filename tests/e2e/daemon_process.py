"""The daemon as a process: started, seen by what it tells systemd, ended as a test wants."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
from datetime import timedelta
from pathlib import Path

from tests.doubles.fake_twilio_state import TOKEN
from tests.doubles.waiting import eventually
from tests.e2e.entry import CLOCK, CRASH, SHIFT
from tests.e2e.installation import TOKEN_VARIABLE, Installation

TREE = Path(__file__).resolve().parents[2]
CONSUMING = "messages come in"


class DaemonProcess:
    """One run of the daemon.

    Args:
        installation: Whose settings.
        later: Pretend that so much more time has passed.
        crash_at: Where it kills itself; "" nowhere.
    """

    def __init__(self, installation: Installation, later: timedelta = timedelta(), crash_at: str = "") -> None:
        self.status = ""
        self.is_ready = False
        self.beats = 0
        self._address = f"\0alertd-{uuid.uuid4().hex}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._address)
        installation.shift += later
        self._log = installation.root / f"log-{uuid.uuid4().hex[:6]}"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.entry", str(installation.config)],
                cwd=TREE,
                env=self._variables(installation, crash_at),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        threading.Thread(target=self._listen, daemon=True).start()

    def _variables(self, installation: Installation, crash_at: str) -> dict[str, str]:
        return {
            **os.environ,
            TOKEN_VARIABLE: TOKEN,
            SHIFT: str(installation.shift.total_seconds()),
            CRASH: crash_at,
            CLOCK: str(installation.clock or ""),
            "NOTIFY_SOCKET": "@" + self._address[1:],
            "INVOCATION_ID": "test",
        }

    def _listen(self) -> None:
        while True:
            try:
                told = self._socket.recv(65536).decode()
            except OSError:
                return
            for word, _, value in (line.partition("=") for line in told.splitlines()):
                self.is_ready |= word == "READY"
                self.beats += word == "WATCHDOG"
                self.status = value if word == "STATUS" else self.status

    @property
    def log(self) -> str:
        """Everything that it has logged."""
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def consuming(self) -> DaemonProcess:
        """Wait until it is ready and messages come in."""

        def is_up() -> bool:
            assert self.is_running, f"the daemon left: {self.log}"
            return self.is_ready and CONSUMING in self.status

        eventually(is_up, within=30, what=f"the daemon consumes; status: {self.status}")
        return self

    def died(self) -> None:
        """Wait until it was killed."""
        code = self._process.wait(30)
        assert code == -signal.SIGKILL, f"it ended by itself, {code}: {self.log}"
        self._socket.close()

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._process.kill()
        self.died()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """Stop it as systemd does; it must leave within ten seconds, and as asked."""
        if not self.is_running:
            return
        self.signal(signal.SIGTERM)
        assert self._process.wait(10) == 0, self.log
        self._socket.close()

    def end(self) -> None:
        """End it, whatever its state: the last thing of a test."""
        if self.is_running:
            self._process.kill()
            self._process.wait(10)
        self._socket.close()
