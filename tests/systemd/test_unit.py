"""The shipped unit file, judged by systemd's own tools."""

from __future__ import annotations

import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.systemd.supervisors import TREE

UNIT = TREE / "systemd/alertd.service"


def unit() -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign] # unit files tell capitals apart
    parser.read(UNIT)
    return parser


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    # Verification looks for the program, which is installed elsewhere.
    text, replaced = re.subn(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text())
    assert replaced == 1
    (tmp_path / "alertd.service").write_text(text.replace("file:/opt/alertd", f"file:{TREE}"))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "alertd.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verified.returncode, verified.stderr) == (0, "")


def test_its_exposure_is_at_most_one_and_a_half() -> None:
    subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", UNIT], check=True)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("Unit", "StartLimitIntervalSec", "0"),
        ("Service", "Type", "notify"),
        ("Service", "Restart", "always"),
        ("Service", "KillMode", "mixed"),
        ("Service", "TimeoutStartSec", "infinity"),
        ("Service", "StateDirectory", "alertd"),
        ("Service", "ExecStart", "/opt/alertd/.venv/bin/alertd run --config /etc/alertd/config/alertd.yaml"),
    ],
)
def test_it_keeps_its_promises(section: str, name: str, value: str) -> None:
    assert unit()[section][name] == value


def test_it_stops_later_than_alertd_needs_to_drain() -> None:
    assert int(unit()["Service"]["TimeoutStopSec"]) > 10


def test_every_credential_that_the_settings_name_is_loaded_or_listed_as_to_be_added() -> None:
    named = set(re.findall(r"\{credential: ([^}]+)\}", (TREE / "config/alertd.yaml").read_text()))
    loaded = set(re.findall(r"(?m)^LoadCredential=(\w+):", UNIT.read_text()))
    added = set(re.findall(r"(?m)^\| `(\w+)` \(add it\) \|", (TREE / "systemd/README.md").read_text()))
    named.discard("NAME")  # how the settings explain themselves
    assert named
    assert named - loaded - added == set()
    assert loaded & added == set()
