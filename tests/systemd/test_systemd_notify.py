"""alertd.transport.systemd_notify against a real datagram socket, byte for byte."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.errors import ConfigError
from alertd.transport.systemd_notify import SystemdNotifier, notifier, watchdog_timeout


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@alertd-{tmp_path.name}-{id(tmp_path)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        sock.settimeout(5)
        yield address, sock


def test_each_word_arrives_as_systemd_spells_it(listener: tuple[str, socket.socket]) -> None:
    address, sock = listener
    told = notifier({"NOTIFY_SOCKET": address})

    assert told.ready("3 loops run")
    assert sock.recv(4096) == b"READY=1\nSTATUS=3 loops run"
    assert told.status("5 alerts open")
    assert sock.recv(4096) == b"STATUS=5 alerts open"
    assert told.beat()
    assert sock.recv(4096) == b"WATCHDOG=1"
    assert told.stopping("draining")
    assert sock.recv(4096) == b"STOPPING=1\nSTATUS=draining"


def test_a_reload_carries_the_monotonic_clock_in_microseconds(listener: tuple[str, socket.socket]) -> None:
    address, sock = listener
    before = time.monotonic_ns() // 1000

    assert SystemdNotifier(address).reloading()

    match = re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=(\d+)", sock.recv(4096))
    assert match is not None
    assert before <= int(match[1]) <= time.monotonic_ns() // 1000


def test_a_line_break_in_a_status_cannot_become_a_second_assignment(listener: tuple[str, socket.socket]) -> None:
    address, sock = listener
    SystemdNotifier(address).status("rules\nREADY=1\r\x85rejected")
    assert sock.recv(4096) == b"STATUS=rules READY=1 rejected"


def test_without_systemd_nothing_is_sent_and_nothing_fails() -> None:
    silent = notifier({})
    assert silent == notifier({"NOTIFY_SOCKET": ""})
    assert not any([silent.ready("up"), silent.reloading(), silent.status("up"), silent.beat(), silent.stopping("bye")])


def test_a_socket_that_is_gone_is_reported_not_raised(tmp_path: Path) -> None:
    assert not SystemdNotifier(str(tmp_path / "gone")).beat()


def test_a_socket_that_nobody_drains_never_holds_a_loop_for_long(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "full"))
        told = SystemdNotifier(str(tmp_path / "full"))
        began = time.monotonic()
        while told.beat():
            pass
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("address", ["vsock:2:1234", "notify", "@", "/"])
def test_an_address_of_another_kind_is_refused_with_a_remedy(address: str) -> None:
    with pytest.raises(ConfigError, match="run alertd directly under systemd"):
        notifier({"NOTIFY_SOCKET": address})


@given(microseconds=st.integers(min_value=1, max_value=2**53))
def test_the_watchdog_time_out_is_read_in_microseconds(microseconds: int) -> None:
    timeout = watchdog_timeout({"WATCHDOG_USEC": str(microseconds), "WATCHDOG_PID": "7"}, pid=7)
    assert timeout == timedelta(microseconds=microseconds)


def test_a_watchdog_without_a_pid_is_ours() -> None:
    assert watchdog_timeout({"WATCHDOG_USEC": "3000000"}, pid=7) == timedelta(seconds=3)


@pytest.mark.parametrize("environ", [{}, {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"}])
def test_no_watchdog_or_one_for_another_process_is_none_of_ours(environ: dict[str, str]) -> None:
    assert watchdog_timeout(environ, pid=7) is None


@pytest.mark.parametrize("text", ["", "0", "-1", "3s", "1.5", "³"])
def test_a_watchdog_time_that_is_no_positive_number_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="WATCHDOG_USEC"):
        watchdog_timeout({"WATCHDOG_USEC": text}, pid=7)
