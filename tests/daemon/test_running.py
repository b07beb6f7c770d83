"""The main thread's beat: the watchdog is fed while every loop moves on, and not otherwise."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alertd.daemon.loops import Loops
from alertd.daemon.parts import Parts
from alertd.daemon.running import Daemon
from alertd.rulebook.settings import Settings
from alertd.transport.systemd_notify import SystemdNotifier
from tests.daemon.conftest import now

ADDRESS = "alertd-test-running"


@pytest.fixture
def systemd() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{ADDRESS}")
        listening.setblocking(False)
        yield listening


def heard(systemd: socket.socket) -> list[str]:
    """Everything told since the last look."""
    found: list[str] = []
    while True:
        try:
            found.append(systemd.recv(65536).decode())
        except BlockingIOError:
            return found


def test_a_stuck_loop_starves_the_watchdog(settings: Settings, parts: Parts, systemd: socket.socket) -> None:
    daemon = Daemon(settings.config / "alertd.yaml", settings, SystemdNotifier(f"@{ADDRESS}"), now)
    loops = Loops(parts, daemon._shared, daemon._reloading(parts))
    progress = daemon._shared.progress

    progress.expect("tick", timedelta(minutes=1))
    daemon._beat(loops, parts)
    assert "WATCHDOG=1" in heard(systemd)

    progress.expect("tick", timedelta(0))
    daemon._beat(loops, parts)
    assert "WATCHDOG=1" not in heard(systemd)


def test_ready_is_not_said_before_what_is_due_was_looked_for(
    settings: Settings, parts: Parts, systemd: socket.socket
) -> None:
    daemon = Daemon(settings.config / "alertd.yaml", settings, SystemdNotifier(f"@{ADDRESS}"), now)
    loops = Loops(parts, daemon._shared, daemon._reloading(parts))

    daemon._beat(loops, parts)

    assert not any(told.startswith("READY") for told in heard(systemd))


PROGRAM = """
import os, signal
from alertd.daemon.signals import held_back, next_signal
with held_back():
    for number in (signal.SIGHUP, signal.SIGTERM):
        os.kill(os.getpid(), number)
        print(next_signal(10).name)
    print(next_signal(0))
"""


def test_signals_wait_until_they_are_asked_for() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["SIGHUP", "SIGTERM", "None"]


def test_figures_carry_the_names_of_the_contract(settings: Settings) -> None:
    figures = Daemon(settings.config / "alertd.yaml", settings, SystemdNotifier(None), now).figures
    figures.rules_in_force("584d50e1d1d4")
    figures.loops(lambda: {"tick": 0.25})

    text = figures.text().decode()

    for name in (
        "alertd_messages_total",
        "alertd_intake_lag_seconds",
        "alertd_queue_oldest_seconds",
        "alertd_decision_seconds",
        "alertd_notifications_total",
        "alertd_send_latency_seconds",
        "alertd_engine_disagreements_total",
        "alertd_engine_restarts_total",
        "alertd_rules_rejected_total",
    ):
        assert name in text
    assert 'alertd_rules_info{version="584d50e1d1d4"} 1.0' in text
    assert 'alertd_last_loop_seconds{loop="tick"} 0.25' in text
