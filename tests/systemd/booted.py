"""A real systemd in namespaces, running the shipped unit."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.systemd.supervisors import PATIENCE, TREE, WATCHDOG_SECONDS, State

BOOT = Path(__file__).with_name("boot.sh")

_TARGET = """[Unit]
Description=what a test boots
Requires=sysinit.target systemd-journald.service
After=sysinit.target systemd-journald.service
AllowIsolate=yes
"""


def can_boot() -> bool:
    """Whether this machine lets us boot a systemd in namespaces: root, and no container that forbids it."""
    if os.geteuid() != 0 or shutil.which("nsenter") is None:
        return False
    return subprocess.run([BOOT, "--probe"], capture_output=True, check=False, timeout=PATIENCE).returncode == 0


PYTHON = "/opt/alertd/.venv/bin/python"
"""The interpreter of the tree's venv, as seen inside."""


class BootedSystemd:
    """A real systemd in namespaces, with the shipped unit, its account and its credentials.

    Args:
        work: An empty folder.
        command: Replaces ExecStart (the tree is at /opt/alertd); None runs the unit's own.
        files: Further files of the system, by absolute path, such as /etc/alertd/alertd.yaml.
    """

    def __init__(self, work: Path, command: Sequence[str] | None, files: Mapping[str, str] | None = None) -> None:
        self.work = work
        self._lay_out(command, files or {})
        with (work / "boot.log").open("wb") as log:
            self._boot = subprocess.Popen([BOOT, work, TREE, sys.base_prefix], stdout=log, stderr=log)
        try:
            self._wait_until_up()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        started = self.systemctl("start", "alertd.service")
        assert started.returncode == 0, started.stderr + self.journal()

    def stop(self) -> None:
        assert self.systemctl("stop", "alertd.service").returncode == 0, self.journal()

    def reload(self) -> None:
        assert self.systemctl("reload", "alertd.service").returncode == 0, self.journal()

    def kill(self, number: signal.Signals) -> None:
        assert self.systemctl("kill", "--kill-who=main", f"--signal={number.name}", "alertd.service").returncode == 0

    def state(self) -> State:
        names = "ActiveState,MainPID,StatusText,NRestarts"
        lines = self.systemctl("show", f"--property={names}", "alertd.service").stdout.splitlines()
        shown = dict(line.split("=", 1) for line in lines)
        return State(shown["ActiveState"], int(shown["MainPID"]), shown.get("StatusText", ""), int(shown["NRestarts"]))

    def systemctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run systemctl inside."""
        return self.inside("systemctl", *arguments)

    def journal(self) -> str:
        """Everything that the service and systemd about it wrote so far."""
        return self.inside("journalctl", "--no-pager", "--output=cat", "--unit=alertd.service").stdout

    def inside(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the booted system, as root."""
        spaces = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--root", "--wdns=/"]
        path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        entered = ["nsenter", f"--target={self._pid_1}", *spaces, *command]
        return subprocess.run(entered, capture_output=True, text=True, check=False, env=path, timeout=PATIENCE)

    def close(self) -> None:
        """Switch it off: PID 1 of the namespace dies, and everything in it."""
        self._boot.kill()
        self._boot.wait(PATIENCE)
        marker = self.work / "cgroup"
        if marker.exists():
            _remove_cgroup(Path(marker.read_text().strip()))

    def _lay_out(self, command: Sequence[str] | None, files: Mapping[str, str]) -> None:
        root = self.work / "files"
        units = root / "etc/systemd/system"
        drop_in = units / "alertd.service.d"
        credentials = root / "etc/alertd/credentials"
        accounts = root / "usr/lib/sysusers.d"
        for folder in (drop_in, credentials, accounts):
            folder.mkdir(parents=True)
        shutil.copy(TREE / "systemd/alertd.service", units)
        shutil.copy(TREE / "systemd/alertd.sysusers.conf", accounts / "alertd.conf")
        (units / "alertd-test.target").write_text(_TARGET)
        (drop_in / "test.conf").write_text(_drop_in(command))
        for path, text in files.items():
            place = root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        for name in ("master_key", "twilio_token", "smtp_password", "amqp_password"):
            (credentials / name).write_text(f"invented {name}")
            (credentials / name).chmod(0o640)

    def _wait_until_up(self) -> None:
        limit = time.monotonic() + PATIENCE
        look = threading.Event()
        while not self._is_up():
            alive = self._boot.poll() is None and time.monotonic() < limit
            assert alive, "systemd did not boot:\n" + (self.work / "boot.log").read_text()
            look.wait(0.05)

    def _is_up(self) -> bool:
        children = Path(f"/proc/{self._boot.pid}/task/{self._boot.pid}/children").read_text().split()
        # The child is unshare's own until it has become systemd, and `children` may show boot.sh's passing commands.
        if not children or Path(f"/proc/{children[0]}/comm").read_text().strip() != "systemd":
            return False
        self._pid_1 = int(children[0])
        return self.systemctl("is-active", "alertd-test.target").stdout.strip() == "active"


def _drop_in(command: Sequence[str] | None) -> str:
    # The editable install and the interpreter's rpath point to places that the service may not be allowed to see.
    lines = ["[Service]", "Environment=PYTHONPATH=/opt/alertd LD_LIBRARY_PATH=/opt/python/lib"]
    lines += [f"WatchdogSec={WATCHDOG_SECONDS}", "RestartSec=100ms"]
    if command is not None:
        lines += ["ExecStart=", "ExecStart=" + " ".join(command)]
    return "\n".join(lines) + "\n"


def _remove_cgroup(top: Path) -> None:
    # Deepest first; the kernel empties a dead namespace's cgroups a moment after its last process.
    limit = time.monotonic() + PATIENCE
    look = threading.Event()
    while top.exists():
        for folder in sorted(top.rglob("*/"), key=lambda path: -len(path.parts)):
            _try_rmdir(folder)
        _try_rmdir(top)
        assert time.monotonic() < limit, f"{top} stays in use"
        look.wait(0.02)


def _try_rmdir(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
