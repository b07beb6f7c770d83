"""A slip in a rule file stops nobody from accepting an alert: commands go on with the last good set."""

from __future__ import annotations

from alertd.cli.opening import opened
from alertd.daemon.reload import record_version
from tests.cli.installation import Installation

EDT = "edt_duty_phone"


def _spoil(here: Installation) -> None:
    custody = here.root / "rules" / "custody.yaml"
    custody.write_text(custody.read_text().replace("severity: urgent", "severity: urgnt"))


def test_commands_work_by_the_last_good_set_and_say_so(here: Installation) -> None:
    with opened(here.config) as parts:
        record_version(parts, parts.rules.present)
    ref = here.incident()
    _spoil(here)
    result = here("accept", ref, "--as", EDT)
    assert result.exit_code == 0, result.output
    assert "the last good set is used" in result.output
    assert "custody.yaml:9: E012" in result.output
    assert f"{ref}: alert" in result.output


def test_the_recalled_set_is_the_very_one_that_was_in_force(here: Installation) -> None:
    with opened(here.config) as parts:
        record_version(parts, parts.rules.present)
        version = parts.rules.book().version
    _spoil(here)
    with opened(here.config) as parts:
        assert parts.rules.book().version == version
        assert parts.rules.present.refused


def test_without_a_set_on_record_the_errors_are_shown(here: Installation) -> None:
    _spoil(here)
    said = here.refused("cases")
    assert "error E012: 'urgnt' is not one of the words allowed here" in said


def test_mended_files_are_in_force_again(here: Installation) -> None:
    with opened(here.config) as parts:
        record_version(parts, parts.rules.present)
    good = (here.root / "rules" / "custody.yaml").read_text()
    _spoil(here)
    (here.root / "rules" / "custody.yaml").write_text(good)
    with opened(here.config) as parts:
        assert not parts.rules.present.refused
