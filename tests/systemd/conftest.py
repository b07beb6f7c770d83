"""A service under supervision, by a real systemd wherever one can be booted, and by the stand-in everywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systemd.booted import PYTHON, BootedSystemd, can_boot
from tests.systemd.stand_in import StandIn
from tests.systemd.supervisors import PROBE, Supervisor

SUPERVISORS = ["stand-in", "systemd"] if can_boot() else ["stand-in"]
collect_ignore = [] if "systemd" in SUPERVISORS else ["test_sandbox.py", "test_sandboxed_daemon.py"]


def pytest_report_header() -> str | None:
    if "systemd" in SUPERVISORS:
        return None
    return (
        "systemd: cannot be booted here (needs root and namespaces); the stand-in alone judges supervision,\n"
        "systemd: and of the sandbox only what systemd-analyze says"
    )


@pytest.fixture(params=SUPERVISORS)
def probe(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Supervisor]:
    """The probe, not yet started."""
    supervisor: BootedSystemd | StandIn
    if request.param == "systemd":
        supervisor = BootedSystemd(tmp_path, [PYTHON, *PROBE])
    else:
        state = {"STATE_DIRECTORY": str(tmp_path)}
        supervisor = StandIn(tmp_path, [sys.executable, *PROBE], state)
    yield supervisor
    supervisor.close()
