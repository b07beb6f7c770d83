"""What people do from the command line: accept, release, hand on, record, join, enter."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest

from alertd.cli.opening import settings_of
from alertd.daemon.stores import open_store_alone
from alertd.service.uncounted import take
from tests.cli.installation import Installation

EDT, MANAGER = "edt_duty_phone", "manager_ash"


def alert(here: Installation) -> dict[str, str]:
    found: dict[str, str] = here.json("alerts", "--all")[0]
    return found


def states(here: Installation, case: str) -> dict[str, str]:
    return {line["clock"]: line["state"] for line in here.json("clocks", "show", case)}


@pytest.mark.parametrize("way", ["{code}", "Y{code}", "{case}"])
def test_an_alert_is_accepted_by_its_code_as_replied_or_by_its_case(here: Installation, way: str) -> None:
    case = here.incident()
    code = alert(here)["code"]
    said = here.done("accept", way.format(code=code, case=case.lower()), "--as", EDT)
    assert f"{case}: alert {code} accepted by {EDT}" in said
    assert (alert(here)["state"], alert(here)["accepted_by"]) == ("accepted", EDT)


def test_accepting_says_which_clocks_still_run(here: Installation) -> None:
    case = here.incident()
    assert "Golden Hour: due" in here.done("accept", case, "--as", EDT)
    assert states(here, case)["golden_hour"] == "running"


def test_accepting_twice_is_no_error_for_the_same_person_and_one_for_another(here: Installation) -> None:
    case = here.incident()
    here.done("accept", case, "--as", EDT)
    assert "already" in here.done("accept", case, "--as", EDT)
    assert f"{EDT} has accepted this alert already" in here.refused("accept", case, "--as", MANAGER)
    with closing(open_store_alone(settings_of(here.config))) as store:
        (left,) = take(store)
    assert left.role == "edt", "left for the daemon to count, once"
    assert timedelta(0) <= left.waited < timedelta(minutes=5)


def test_a_person_who_is_not_there_is_refused_with_who_is_meant(here: Installation) -> None:
    case = here.incident()
    assert "did you mean 'edt_duty_phone'?" in here.refused("accept", case, "--as", "edt_duty_fone")
    assert alert(here)["state"] == "open"


def test_a_role_is_no_person_and_the_text_says_who_stands_there(here: Installation) -> None:
    case = here.incident()
    assert "on call there now: edt_duty_phone" in here.refused("accept", case, "--as", "edt")


def test_the_person_may_stand_in_the_environment(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTD_AS", EDT)
    assert EDT in here.done("accept", here.incident())


@pytest.mark.parametrize("target", ["000000", "WF-UR-26-0000"])
def test_what_is_not_there_cannot_be_accepted(here: Installation, target: str) -> None:
    here.incident()
    assert target in here.refused("accept", target, "--as", EDT)


def test_release_opens_the_alert_again_and_needs_an_acceptance(here: Installation) -> None:
    case = here.incident()
    assert "nobody has accepted" in here.refused("release", case, "--as", EDT)
    here.done("accept", case, "--as", EDT)
    here.done("release", case, "--as", EDT)
    assert (alert(here)["state"], alert(here)["accepted_by"]) == ("open", "")


def test_handing_on_tells_the_next_step_at_once_and_leaves_the_alert_open(here: Installation) -> None:
    case = here.incident()
    here.done("handon", case, "--as", EDT)
    assert alert(here)["state"] == "open"
    here.done("accept", case, "--as", EDT)
    assert "release" in here.refused("handon", case, "--as", EDT)


def test_an_alert_that_was_stood_down_can_neither_be_accepted_nor_released(here: Installation) -> None:
    case = here.incident()
    here.done("record", case, "false_alarm", "--as", MANAGER)
    for command in ("accept", "release", "handon"):
        assert "stood down" in here.refused(command, case, "--as", EDT)


def test_a_recorded_call_of_the_police_meets_the_golden_hour(here: Installation) -> None:
    case = here.incident()
    said = here.done("record", case, "police_contacted_mash", "--as", EDT)
    assert "police contacted mash" in said
    assert "Golden Hour" not in said
    assert states(here, case)["golden_hour"] == "met"


def test_a_contact_in_the_past_is_understood_and_said(here: Installation) -> None:
    case = here.incident()
    contact = ["contact", "--with", "young_person", "--outcome", "contacted_young_person", "--at", "1 minute ago"]
    assert "contact at " in here.done("record", case, *contact, "--as", EDT)
    assert states(here, case)["contact_48h_young_person"] == "met"


@pytest.fixture(scope="module")
def standing(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, str]:
    """An installation with one case, shared by tests that are refused."""
    here = Installation(copytree(made, tmp_path_factory.mktemp("standing") / "installation"))
    return here, here.incident()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["contakt"], "did you mean 'contact'?"),
        (["contact"], "with whom"),
        (["contact", "--with", "familly", "--outcome", "contacted_family"], "did you mean 'family'?"),
        (["contact", "--with", "family", "--outcome", "met"], "allowed:"),
        (["contact", "--with", "family", "--outcome", "contacted_family", "--at", "tomorrow 08:00"], "still to come"),
        (["alert_accepted"], "is not one of the words"),
        (["field_answered"], "needs the field"),
        (["field_answered", "--field", "person.aeg", "--value", "15"], "did you mean 'person.age'?"),
        (["field_answered", "--field", "person.age", "--value", "about 15"], "no value of person.age"),
        (["safe_to_contact_recorded", "--value", "perhaps"], "yes, no"),
    ],
)
def test_a_fact_that_would_do_nothing_is_refused_with_what_is_missing(
    standing: tuple[Installation, str], words: list[str], text: str
) -> None:
    here, case = standing
    assert text in here.refused("record", case, *words, "--as", EDT)
    assert here.json("cases", "show", case)["messages"] == 1


def test_an_answered_time_is_typed_as_people_say_it(here: Installation) -> None:
    case = here.incident()
    assert here.json("clocks", "show", case)[0]["estimated"]
    answer = ["--field", "custody.booked_in_at", "--value", "10 minutes ago"]
    here.done("record", case, "field_answered", *answer, "--as", EDT)
    hour = next(line for line in here.json("clocks", "show", case) if line["clock"] == "golden_hour")
    assert not hour["estimated"]


def two_cases(here: Installation) -> tuple[str, str]:
    first = here.incident("setting=custody", "person.ref=P-1", "age=15", "custody.ref=C-1")
    second = here.incident("setting=hospital_ae", "person.ref=P-2", "age=15", "hospital.ref=H-1")
    return first, second


def test_two_cases_of_one_child_are_joined_after_a_yes(here: Installation) -> None:
    first, second = two_cases(here)
    assert first in here.done("same", first, second, "--as", MANAGER, typed="y\n")
    assert [line["case"] for line in here.json("cases")] == [first]
    assert here.json("cases", "show", second)["case"] == first
    assert "one case already" in here.refused("same", first, second, "--yes", "--as", MANAGER)


def test_without_a_yes_nothing_is_joined(here: Installation) -> None:
    first, second = two_cases(here)
    assert here("same", first, second, "--as", MANAGER, typed="n\n").exit_code == 1
    assert len(here.json("cases")) == 2


def test_different_children_stay_apart(here: Installation) -> None:
    first, second = two_cases(here)
    assert "different children" in here.done("same", first, second, "--not", "--as", MANAGER)
    assert len(here.json("cases")) == 2


def test_an_incident_entered_by_hand_opens_a_case_with_an_alert(here: Installation) -> None:
    fields = ["setting=custody", "age=15", "offence=bladed_article, robbery_personal", "booked_in_at=10 minutes ago"]
    said = here.done("incident", "new", *fields, "age_disputed=no", "cad_date=2026-01-02", "--as", EDT)
    shown = {line.partition("  ")[0]: line.rpartition("  ")[2] for line in said.splitlines()}
    assert shown["incident.offence"] == "bladed_article, robbery_personal"
    assert shown["person.age_disputed"] == "no"
    assert "Alert " in said
    assert here.json("cases")[0]["cohort"] == "custody"


def test_a_dry_run_of_an_incident_records_nothing(here: Installation) -> None:
    assert "Nothing was recorded" in here.done("incident", "new", "age=15", "--dry-run", "--as", EDT)
    assert here.json("cases") == []


def test_every_wrong_field_of_an_incident_is_told_at_once(here: Installation) -> None:
    fields = ["ref=1", "aeg=15", "age=fifteen", "weapon=sword", "offence=abh,fight", "booked_in_at=25:00", "cad_date=x"]
    said = here.refused("incident", "new", *fields, "--as", EDT)
    for text in ("could be", "aeg", "fifteen", "sword", "fight", "25:00", "cad_date"):
        assert text in said
    assert here.json("cases") == []
