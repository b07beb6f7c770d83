"""Exit codes and texts when a command line or the settings are wrong."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.installation import Installation, alertd

COMMANDS = (
    "accept alerts cases check clocks demo handon handover incident init migrate oncall outbox publish quarantine "
    "record release run same schema status test"
).split()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command: str) -> None:
    result = alertd(command, "--help")
    assert result.exit_code == 0
    assert command in result.stdout


@pytest.mark.parametrize("words", [["nonsense"], ["accept"], ["cases", "--limit", "x"], ["schema", "nonsense"]])
def test_wrong_usage_is_exit_2(words: list[str]) -> None:
    assert alertd(*words).exit_code == 2


def test_the_version_is_told() -> None:
    assert version("alertd") in alertd("--version").stdout


@pytest.mark.parametrize("command", [["status"], ["cases"], ["oncall"], ["check"], ["test"], ["run"], ["migrate"]])
def test_missing_settings_are_told_with_the_path_and_no_traceback(command: list[str], tmp_path: Path) -> None:
    result = alertd(*command, "--config", tmp_path / "none.yaml")
    assert result.exit_code == 1
    assert "none.yaml" in result.output
    assert "check the path" in result.output


def test_settings_are_found_by_the_environment(
    here: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALERTD_CONFIG", str(here.config))
    assert alertd("cases").exit_code == 0


def test_settings_are_found_beside_where_one_stands(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALERTD_CONFIG", raising=False)
    monkeypatch.chdir(here.root)
    assert alertd("cases").exit_code == 0


def test_a_broken_setting_is_told_with_its_line(here: Installation) -> None:
    here.config.write_text(here.config.read_text().replace("borough: WF", "borough: walthamstow"))
    assert "alertd.yaml:7:12: error E014" in here.refused("status")


def test_a_lost_key_is_told_with_its_place(here: Installation) -> None:
    (here.root / "credentials/master_key").unlink()
    assert "master_key" in here.refused("cases")


def test_another_key_is_told_plainly(here: Installation, tmp_path: Path) -> None:
    alertd("init", tmp_path / "other")
    (here.root / "credentials/master_key").write_text((tmp_path / "other/credentials/master_key").read_text())
    assert "another encryption key" in here.refused("cases")


def test_broken_rules_stop_a_command_that_needs_them(here: Installation) -> None:
    (here.root / "rules/broken.yaml").write_text("- rule: x\n  titel: y\n")
    assert "broken.yaml:" in here.refused("cases")


def test_colours_are_for_terminals_only(here: Installation) -> None:
    here.incident()
    for words in (["cases"], ["clocks"], ["status"], ["check"], ["accept", "000000", "--as", "edt_duty_phone"]):
        assert "\x1b" not in here(*words).output
