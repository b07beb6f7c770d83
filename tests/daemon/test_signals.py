"""Signals are values; stopping and continuing the process makes none up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.doubles.waiting import eventually

_PROGRAM = """
import sys
from alertd.daemon.signals import held_back, next_signal
with held_back():
    print("ready", flush=True)
    while True:
        heard = next_signal(0.05)
        if heard is not None:
            print(heard.name, flush=True)
        if heard is not None and heard.name == "SIGTERM":
            sys.exit(7)
"""


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_stopping_and_continuing_is_no_signal_and_each_signal_is_heard_once() -> None:
    with subprocess.Popen([sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        for _ in range(5):
            os.kill(child.pid, signal.SIGSTOP)
            eventually(lambda: _state(child.pid) == "T")
            os.kill(child.pid, signal.SIGCONT)
            eventually(lambda: _state(child.pid) != "T")
        os.kill(child.pid, signal.SIGHUP)
        assert child.stdout.readline() == "SIGHUP\n"
        os.kill(child.pid, signal.SIGTERM)
        assert child.stdout.readline() == "SIGTERM\n"
        assert child.wait(10) == 7
