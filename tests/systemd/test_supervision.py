"""What systemd does with a service that speaks alertd.transport.systemd_notify, under the shipped unit."""

from __future__ import annotations

import json
import signal
import threading

from tests.systemd.supervisors import WATCHDOG_SECONDS, Supervisor, wait_for


def test_start_waits_for_ready(probe: Supervisor) -> None:
    probe.start()
    state = probe.state()
    assert state.active == "active"
    assert json.loads(state.status)["reloads"] == 0
    assert state.restarts == 0


def test_a_service_that_beats_outlives_its_watchdog(probe: Supervisor) -> None:
    probe.start()
    first = probe.state().main_pid
    threading.Event().wait(WATCHDOG_SECONDS * 1.5)
    state = probe.state()
    assert (state.active, state.main_pid, state.restarts) == ("active", first, 0)


def test_a_reload_is_heard_by_the_same_process(probe: Supervisor) -> None:
    probe.start()
    first = probe.state().main_pid
    probe.reload()
    state = wait_for(probe, lambda state: state.active == "active" and '"reloads": 1' in state.status)
    assert (state.main_pid, state.restarts) == (first, 0)


def test_a_hung_loop_is_killed_and_restarted(probe: Supervisor) -> None:
    probe.start()
    first = probe.state().main_pid
    probe.kill(signal.SIGUSR1)
    state = wait_for(probe, lambda state: state.restarts == 1 and state.active == "active")
    assert state.main_pid != first


def test_a_killed_service_comes_back_every_time(probe: Supervisor) -> None:
    probe.start()
    for restarts in range(1, 4):
        probe.kill(signal.SIGKILL)
        wait_for(probe, lambda state: (state.restarts, state.active) == (restarts, "active"))  # noqa: B023 - used at once


def test_a_stop_is_a_stop(probe: Supervisor) -> None:
    probe.start()
    probe.stop()
    state = probe.state()
    assert (state.active, state.main_pid, state.restarts) == ("inactive", 0, 0)
