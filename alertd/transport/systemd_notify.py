"""The words of sd_notify(3), spoken to systemd without a library.

The daemon says READY once its loops run, beats the watchdog while they do, announces a reload and a stop, and keeps
`systemctl status` telling what it is doing. Started without systemd, everything here is silent.

Source: systemd's sd_notify(3) and sd_watchdog_enabled(3), which hold this protocol stable.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from alertd.model.errors import ConfigError

_SEND_LIMIT_SECONDS = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SystemdNotifier:
    """Tells systemd how the service fares; safe to use from any thread.

    Every method returns whether the message was handed over: False without systemd, or when its socket does not take
    it. Nothing is raised for that: a lost READY or beat ends in systemd's own time-out, which restarts the service.

    Attributes:
        address: Socket path, or "@name" for an abstract socket; None when nobody listens.
    """

    address: str | None

    def ready(self, status: str) -> bool:
        """Say that the service is up, or that a reload has ended."""
        return self._send("READY=1", _status(status))

    def reloading(self) -> bool:
        """Say that a reload has begun; `ready` ends it.

        Carries CLOCK_MONOTONIC in microseconds, by which systemd tells this reload from an earlier one.
        """
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        return self._send("RELOADING=1", f"MONOTONIC_USEC={microseconds}")

    def stopping(self, status: str) -> bool:
        """Say that the service is draining and will leave by itself."""
        return self._send("STOPPING=1", _status(status))

    def status(self, text: str) -> bool:
        """Set the line that `systemctl status` shows; never anything personal."""
        return self._send(_status(text))

    def beat(self) -> bool:
        """Tell the watchdog that the loops are alive; only ever called because they are."""
        return self._send("WATCHDOG=1")

    def _send(self, *assignments: str) -> bool:
        if self.address is None:
            return False
        datagram = "\n".join(assignments).encode()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.settimeout(_SEND_LIMIT_SECONDS)
                sock.connect(_socket_name(self.address))
                sock.sendall(datagram)
        except OSError as error:
            _log.warning("systemd_not_notified", reason=str(error))
            return False
        return True


def notifier(environ: Mapping[str, str]) -> SystemdNotifier:
    """Make the notifier that `NOTIFY_SOCKET` asks for, or a silent one.

    Args:
        environ: The process's environment.

    Raises:
        ConfigError: The address is of a kind not spoken here (only paths and abstract sockets are).
    """
    address = environ.get("NOTIFY_SOCKET") or None
    if address is not None and (address[0] not in "/@" or len(address) == 1):
        raise ConfigError(
            f"NOTIFY_SOCKET={address} is neither a path nor an abstract socket: run alertd directly under systemd"
        )
    return SystemdNotifier(address)


def watchdog_timeout(environ: Mapping[str, str], pid: int) -> timedelta | None:
    """Tell after how long without a beat systemd kills this process; beat at half of it or oftener.

    Args:
        environ: The process's environment.
        pid: This process's id: a watchdog set for another one (a parent that was wrapped) is not ours.

    Returns:
        The positive time-out, or None when no watchdog waits for this process.

    Raises:
        ConfigError: `WATCHDOG_USEC` or `WATCHDOG_PID` is not a number, or the time-out is not positive.

    Source: sd_watchdog_enabled(3).
    """
    if "WATCHDOG_USEC" not in environ:
        return None
    if "WATCHDOG_PID" in environ and _whole_number(environ, "WATCHDOG_PID") != pid:
        return None
    microseconds = _whole_number(environ, "WATCHDOG_USEC")
    if microseconds == 0:
        raise ConfigError("WATCHDOG_USEC=0 would kill at once: set WatchdogSec= in the unit, or remove it")
    return timedelta(microseconds=microseconds)


def _status(text: str) -> str:
    # A line break would start an assignment of its own.
    return "STATUS=" + " ".join(text.split())


def _socket_name(address: str) -> str:
    # Linux spells the abstract name space with a leading zero byte; systemd prints it as "@".
    return "\0" + address[1:] if address.startswith("@") else address


def _whole_number(environ: Mapping[str, str], name: str) -> int:
    text = environ[name]
    if not (text.isascii() and text.isdigit()):
        raise ConfigError(f"{name}={text} is not a whole number: it is set by systemd, remove it from the environment")
    return int(text)
