"""`oncall`: who answers, swaps at 22:00, and where nobody would."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alertd.cli.opening import opened
from alertd.core.calendar import local
from alertd.daemon.clock import utc_now
from alertd.daemon.reload import record_version
from tests.cli.installation import Installation

BY = ("--as", "edt_duty_phone")


def _calendar(here: Installation, text: str = "BEGIN:VCALENDAR\nEND:VCALENDAR\n") -> None:
    """Let the managers on duty be those of a calendar, with nobody behind them."""
    rotas, roles = here.root / "config/rotas.yaml", here.root / "config/roles.yaml"
    before, _, after = rotas.read_text().partition("- rota: managers_on_duty\n")
    rest = after.partition("- rota: mash_management\n")[2]
    rotas.write_text(f"{before}- rota: managers_on_duty\n  ical: managers.ics\n\n- rota: mash_management\n{rest}")
    alone = "  rota: managers_on_duty\n"
    roles.write_text(roles.read_text().replace(f"{alone}  backup: mash_manager\n", alone))
    (here.root / "config/managers.ics").write_text(text)


def test_a_swap_is_recorded_shown_and_taken_back(here: Installation) -> None:
    said = here.done("oncall", "set", "duty_manager", "mash_service_manager", "--until", "in 8 hours", *BY)
    assert said.startswith("Swap 1: mash_service_manager answers for duty_manager from ")
    assert "alertd oncall undo 1" in said
    shown = here.done("oncall", "--role", "duty_manager")
    assert "duty_manager: swapped to mash_service_manager" in shown
    assert "swap 1: mash_service_manager answers for duty_manager until " in shown
    assert "recorded by edt_duty_phone" in shown
    (line,) = here.json("oncall", "--role", "duty_manager")["roles"]
    assert [person["person"] for person in line["people"]] == ["mash_service_manager"]
    assert [(swap["swap"], swap["by"]) for swap in line["swaps"]] == [(1, "edt_duty_phone")]
    assert [swap["swap"] for swap in here.json("oncall", "swaps")["swaps"]] == [1]
    assert "undone by edt_duty_phone" in here.done("oncall", "undo", "1", *BY)
    assert "swapped" not in here.done("oncall", "--role", "duty_manager")
    assert here.json("oncall", "swaps")["swaps"] == []
    (kept,) = here.json("oncall", "swaps", "--all")["swaps"]
    assert kept["undone_by"] == "edt_duty_phone"
    assert "edt_duty_phone" in here.done("oncall", "swaps", "--all")


def test_both_people_wait_to_be_told_of_a_swap(here: Installation) -> None:
    before = here.json("status")
    here.done("oncall", "set", "duty_manager", "mash_service_manager", "--until", "in 8 hours", *BY)
    assert here.json("status") != before
    assert "There are no swaps" not in here.done("oncall", "swaps")


def test_a_swap_counts_for_the_time_asked_about(here: Installation) -> None:
    tomorrow = local(utc_now()).date() + timedelta(days=1)
    times = ("--from", f"{tomorrow} 09:00", "--until", f"{tomorrow} 12:00")
    here.done("oncall", "set", "mash_manager", "violence_reduction_head", *times, *BY)
    answers = [
        here.json("oncall", "--role", "mash_manager", "--at", f"{tomorrow} {clock}")["roles"][0]["people"][0]["person"]
        for clock in ("08:59", "09:00", "11:59", "12:00")
    ]
    head, own = "violence_reduction_head", "mash_service_manager"
    assert answers == [own, head, head, own]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("duty_manger", "manager_ash", "--until", "in 1 hour", *BY), "did you mean 'duty_manager'?"),
        (("duty_manager", "manager_asch", "--until", "in 1 hour", *BY), "did you mean 'manager_ash'?"),
        (("duty_manager", "manager_ash", "--until", "in 1 hour", "--as", "edt"), "'edt' is a role, not a person"),
        (("duty_manager", "manager_ash", "--until", "2020-01-01 10:00", *BY), "before it begins"),
        (("duty_manager", "manager_ash", "--until", "soon", *BY), "a time may be 14:40"),
        (("duty_manager", "rules_admin_desk", "--until", "in 9 weeks", *BY), "8 weeks at most"),
    ],
)
def test_what_cannot_be_is_refused_in_plain_words(here: Installation, words: tuple[str, ...], told: str) -> None:
    assert told in here.refused("oncall", "set", *words)


def test_the_rota_is_told_even_when_swaps_cannot_be_looked_up(here: Installation) -> None:
    (here.root / "var/alertd.db").unlink()
    result = here("oncall")
    assert result.exit_code == 0
    assert "duty_manager" in result.stdout
    assert "swaps could not be looked up" in result.output
    assert "alertd migrate" in here.json("oncall")["swaps_unknown"]


def test_changed_files_that_are_not_in_force_change_nobody_who_is_on_call(here: Installation) -> None:
    def roles() -> object:
        return here.json("oncall", "--at", "2026-12-01 10:00")["roles"]

    rotas = here.root / "config" / "rotas.yaml"
    shipped = rotas.read_text()
    changed = shipped.replace(
        "[manager_ash, manager_birch, manager_cedar]", "[manager_cedar, manager_ash, manager_birch]"
    )
    before = roles()
    rotas.write_text(changed)
    assert roles() != before, "no set is on record yet, so the files count"
    rotas.write_text(shipped)
    with opened(here.config) as parts:
        record_version(parts, parts.rules.present)
    rotas.write_text(changed)
    assert "rules that are not in force, and are not used" in here("oncall").output
    assert roles() == before


def test_cover_without_a_gap_is_said_and_is_exit_0(here: Installation) -> None:
    assert "at every minute until" in here.done("oncall", "gaps")
    assert here.json("oncall", "gaps")["gaps"] == []


def test_gaps_are_listed_with_why_and_are_exit_1_until_a_swap_fills_them(here: Installation) -> None:
    _calendar(here)
    said = here.refused("oncall", "gaps", "--weeks", "1")
    assert "duty_manager: nobody from " in said
    assert "rota managers_on_duty: nobody" in said
    (gap, *_) = [each for each in here.json("oncall", "gaps", "--weeks", "1")["gaps"] if each["role"] == "duty_manager"]
    begins = datetime.fromisoformat(gap["from"])
    assert datetime.fromisoformat(gap["to"]) - begins == timedelta(weeks=1)
    here.done("oncall", "set", "duty_manager", "manager_ash", "--until", "in 8 days", *BY)
    assert here.done("oncall", "gaps", "--weeks", "1")


def test_check_tells_of_a_gap_at_its_role_and_the_set_still_loads(here: Installation) -> None:
    _calendar(here)
    said = here.refused("check")
    line = (here.root / "config/roles.yaml").read_text().splitlines().index("- role: duty_manager") + 1
    assert f"roles.yaml:{line}:9: error E034: nobody can be reached for 'duty_manager' from " in said
    assert "it loads, and an alert at those times finds nobody" in said
    assert here("cases").exit_code == 0


def test_a_calendar_is_checked_with_the_rest_and_says_who_is_on_call(here: Installation) -> None:
    shift = "BEGIN:VEVENT\nDTSTART:20260101T000000Z\nDTEND:20300101T000000Z\nSUMMARY:Jo Cedar\nEND:VEVENT"
    _calendar(here, f"BEGIN:VCALENDAR\n{shift}\nEND:VCALENDAR\n")
    assert here.json("check")["errors"] == 0
    assert "manager_cedar" in here.done("oncall", "--role", "duty_manager")
    assert here("cases").exit_code == 0
    (here.root / "config/managers.ics").write_text("not a calendar")
    said = here.refused("check")
    assert "managers.ics:1:1: error E038: this is no calendar file" in said


def test_times_of_the_hour_that_comes_twice_are_told_apart(here: Installation) -> None:
    assert "01:30 GMT" in here.refused("oncall", "--at", "2027-10-31 01:30")
    first, second = (here.json("oncall", "--at", f"2027-10-31 01:30 {zone}")["at"] for zone in ("BST", "GMT"))
    assert datetime.fromisoformat(second) - datetime.fromisoformat(first) == timedelta(hours=1)
    assert "(GMT)" in here.done("oncall", "--at", "2027-10-31 01:30 GMT")
    assert "show no BST" in here.refused("oncall", "--at", "2027-01-31 01:30 BST")
