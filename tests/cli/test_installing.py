"""`init`, `migrate` and what a fresh installation can do."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from alertd.cli import installing
from alertd.cli.installing import data_folder
from alertd.shipped import NAMES, shipped
from alertd.store import load_master
from tests.cli.installation import Installation, alertd


def test_init_writes_every_shipped_file_and_says_what_comes_next(tmp_path: Path) -> None:
    result = alertd("init", tmp_path / "x")
    assert result.exit_code == 0
    for name in NAMES:
        for path in shipped(name).rglob("*"):
            assert (tmp_path / "x" / name / path.relative_to(shipped(name))).exists()
    assert "alertd migrate" in result.stdout
    assert "copy of it away from this machine" in result.stdout


def test_the_key_is_a_good_one_that_only_its_owner_reads(made: Path) -> None:
    key = made / "credentials/master_key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(load_master(key.read_text())) == 32


def test_people_are_closed_to_others(made: Path) -> None:
    assert stat.S_IMODE((made / "config/people.yaml").stat().st_mode) & stat.S_IROTH == 0


def test_two_installations_have_different_keys(made: Path, tmp_path: Path) -> None:
    alertd("init", tmp_path / "x")
    assert (tmp_path / "x/credentials/master_key").read_text() != (made / "credentials/master_key").read_text()


def test_a_fresh_installation_checks_without_an_error_or_a_missing_secret(here: Installation) -> None:
    found = here.json("check")
    assert (found["errors"], found["secrets"]) == (0, [])


def test_the_unit_runs_this_installation(here: Installation, made: Path) -> None:
    assert f"run --config {made}/config/alertd.yaml" in (here.root / "systemd/alertd.service").read_text()


def test_what_somebody_has_changed_is_never_written_over_unasked(here: Installation) -> None:
    people = here.root / "config/people.yaml"
    people.write_text("mine")
    result = alertd("init", here.root)
    assert result.exit_code == 1
    assert "config/people.yaml" in result.output
    assert "--force" in result.output
    assert people.read_text() == "mine"


def test_force_keeps_what_was_there_beside_the_new_file_and_the_key(here: Installation) -> None:
    people, key = here.root / "config/people.yaml", (here.root / "credentials/master_key").read_text()
    people.write_text("mine")
    assert alertd("init", here.root, "--force").exit_code == 0
    kept = [path for path in people.parent.glob("people.yaml.*") if path.read_text() == "mine"]
    assert len(kept) == 1
    assert people.read_text() == (shipped("config") / "people.yaml").read_text()
    assert (here.root / "credentials/master_key").read_text() == key


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    result = alertd("init", tmp_path / "x", "--dry-run")
    assert result.exit_code == 0
    assert "config/alertd.yaml" in result.stdout
    assert not (tmp_path / "x").exists()


def test_data_may_lie_elsewhere(tmp_path: Path) -> None:
    alertd("init", tmp_path / "x", "--data", tmp_path / "data")
    one = Installation(tmp_path / "x")
    one.done("migrate")
    assert (tmp_path / "data/alertd.db").exists()
    assert not (tmp_path / "x/var").exists()


@pytest.mark.parametrize(("root", "data"), [("/etc/alertd", "/var/lib/alertd"), ("/srv/alertd", "/srv/alertd/var")])
def test_an_installation_in_etc_keeps_its_data_in_var_lib(root: str, data: str) -> None:
    assert data_folder(Path(root)) == Path(data)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ("/var/lib/alertd", "StateDirectory=alertd\nStateDirectoryMode=0700\nWorkingDirectory=/var/lib/alertd\n"),
        ("/var/lib/trial", "StateDirectory=trial\nStateDirectoryMode=0700\nWorkingDirectory=/var/lib/trial\n"),
        ("/srv/data", "ReadWritePaths=/srv/data\nWorkingDirectory=/srv/data\n"),
    ],
)
def test_the_unit_may_write_where_the_data_goes_and_nowhere_else(tmp_path: Path, data: str, lines: str) -> None:
    copies = installing._copies(tmp_path / "x", Path(data))
    [unit] = [copy.text for copy in copies if copy.place == Path("systemd/alertd.service")]
    assert f"\n{lines}" in unit
    assert unit.count("StateDirectory=") + unit.count("ReadWritePaths=") == 1


def test_a_folder_that_the_unit_hides_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "A service cannot see" not in alertd("init", tmp_path / "x").output
    monkeypatch.setattr(installing, "_CLOSED_TO_SERVICES", (tmp_path,))
    assert "A service cannot see" in alertd("init", tmp_path / "y").output


def test_a_folder_that_cannot_be_made_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = alertd("init", tmp_path / "file" / "x")
    assert result.exit_code == 1
    assert "the system refused" in result.output
    assert "Remedy" in result.output


def test_a_key_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    assert installing.make_key(tmp_path / "c/key")
    before = (tmp_path / "c/key").read_text()
    assert not installing.make_key(tmp_path / "c/key")
    assert (tmp_path / "c/key").read_text() == before


def test_migrate_check_tells_a_store_that_is_not_made_yet(tmp_path: Path) -> None:
    alertd("init", tmp_path / "x")
    one = Installation(tmp_path / "x")
    assert "alertd migrate" in one.refused("migrate", "--check")
    assert "schema of this program" in one.done("migrate")
    assert "schema of this program" in one.done("migrate", "--check")


def test_commands_before_the_first_migration_say_what_to_do(tmp_path: Path) -> None:
    alertd("init", tmp_path / "x")
    assert "alertd migrate" in Installation(tmp_path / "x").refused("status")
