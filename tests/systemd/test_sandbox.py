"""The shipped unit's sandbox, seen from inside.

Only a real systemd builds one: conftest.py leaves this file out where none can be booted, and says so.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.systemd.booted import PYTHON, BootedSystemd
from tests.systemd.supervisors import PATIENCE, PROBE


def test_the_sandbox_allows_what_alertd_needs_and_no_more(tmp_path: Path) -> None:
    system = BootedSystemd(tmp_path, [PYTHON, *PROBE])
    try:
        system.start()
        found = json.loads(system.state().status)
        assert found.pop("uid") == int(system.inside("id", "-u", "alertd").stdout)
        assert found == {
            "credentials": ["amqp_password", "master_key", "smtp_password", "twilio_token"],
            "state": True,
            "etc": False,
            "tree": False,
            "child": ["durable.engine", 1 << 30],
            "reloads": 0,
        }
    finally:
        system.close()


def test_a_missing_credential_stops_the_start_and_is_named(tmp_path: Path) -> None:
    system = BootedSystemd(tmp_path, [PYTHON, *PROBE])
    try:
        assert system.inside("rm", "/etc/alertd/credentials/master_key").returncode == 0
        # Restart=always keeps trying, so the start is not waited for.
        system.systemctl("start", "--no-block", "alertd.service")
        limit = time.monotonic() + PATIENCE
        while "CREDENTIALS" not in system.journal():
            assert time.monotonic() < limit, system.journal()
    finally:
        system.close()
