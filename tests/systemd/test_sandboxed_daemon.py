"""The real daemon in the real unit: ready, alerting from inside the sandbox, and restarted when it hangs.

Only a real systemd builds the sandbox: conftest.py leaves this file out where none can be booted, and says so.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alertd.cli.installing import working_set
from alertd.model.values import Kind
from alertd.service.messages import write_event
from alertd.store import new_master
from tests.doubles.waiting import eventually
from tests.systemd.booted import PYTHON, BootedSystemd
from tests.systemd.supervisors import PATIENCE

CONFIG = "/etc/alertd/config/alertd.yaml"
DATA = "/var/lib/alertd"
NOW = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)


def _files() -> dict[str, str]:
    """What `alertd init /etc/alertd` writes, with a key of its own."""
    files = {f"/etc/alertd/{copy.place}": copy.text for copy in working_set(Path("/etc/alertd"))}
    files[CONFIG] = files[CONFIG].replace("../var/", f"{DATA}/").replace("../credentials/master_key", "../key")
    return files | {"/etc/alertd/key": new_master(), "/message.json": _message()}


def _message() -> str:
    data = {
        "setting": "custody",
        "person": {"ref": "P-1", "age": 15},
        "custody": {"ref": "C-1"},
        "incident": {"offence": ["bladed_article"]},
    }
    return write_event(Kind.INCIDENT, data, source="police/custody", sent_at=NOW, message_id="1").decode()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[BootedSystemd]:
    command = [PYTHON, "-m", "alertd.cli", "run", "--config", CONFIG]
    booted = BootedSystemd(tmp_path, command, _files())
    try:
        assert booted.inside("install", "-d", "-o", "alertd", "-m", "0700", DATA).returncode == 0
        _alertd(booted, "migrate")
        yield booted
    finally:
        booted.close()


def _alertd(system: BootedSystemd, *words: str) -> subprocess.CompletedProcess[str]:
    environment = ("env", "PYTHONPATH=/opt/alertd", "LD_LIBRARY_PATH=/opt/python/lib")
    as_service = ("setpriv", "--reuid=alertd", "--regid=alertd", "--clear-groups")
    done = system.inside(*as_service, *environment, PYTHON, "-m", "alertd.cli", *words, "--config", CONFIG)
    assert done.returncode == 0, done.stdout + done.stderr + system.journal()
    return done


def _texts(system: BootedSystemd) -> list[str]:
    kept = system.inside("cat", f"{DATA}/outbox/messages.jsonl").stdout
    return [json.loads(line)["text"] for line in kept.splitlines()]


def test_the_daemon_alerts_from_inside_the_sandbox_and_is_restarted_when_it_hangs(system: BootedSystemd) -> None:
    system.start()
    before = system.state()
    assert before.active == "active"
    eventually(lambda: "messages come in" in system.state().status, within=PATIENCE)

    _alertd(system, "publish", "/message.json")
    (text,) = eventually(lambda: _texts(system), within=PATIENCE)
    assert "Golden Hour" in text

    system.kill(signal.SIGSTOP)
    eventually(lambda: system.state().restarts > before.restarts, within=2 * PATIENCE)
    eventually(lambda: "messages come in" in system.state().status, within=PATIENCE)
    assert len(_texts(system)) == 1
