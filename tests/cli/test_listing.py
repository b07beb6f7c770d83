"""The lists after the sample night: what stands, in local time, without a personal value."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from alertd.cli.night import SCRIPT
from alertd.model.case import MessageOutcome
from alertd.shipped import shipped
from tests.cli.installation import Installation

LISTS = (["cases"], ["clocks"], ["alerts"], ["outbox"], ["quarantine"], ["status"], ["oncall"])


def personal_words() -> set[str]:
    """References of the night's people, and numbers and names of the staff."""
    script = json.loads(SCRIPT.read_text())
    blocks = [
        block for step in script["steps"] for block in step.get("incident", {}).values() if isinstance(block, dict)
    ]
    refs = {str(block["ref"]) for block in blocks if "ref" in block}
    people = (shipped("config") / "people.yaml").read_text().splitlines()
    staff = {line.partition(":")[2].strip() for line in people if line.lstrip().startswith(("name:", "sms:", "email:"))}
    return refs | staff | {"Hoe Street", "Royal London", "Leyton"}


@pytest.mark.parametrize("command", LISTS, ids=lambda words: words[0])
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_no_list_shows_a_personal_value(night: Installation, command: list[str], form: list[str]) -> None:
    everything = ["--all"] if command[0] in ("cases", "clocks", "alerts", "outbox", "quarantine") else []
    output = night(*command, *everything, *form).output
    assert [word for word in personal_words() if word in output] == []


def test_no_case_in_full_shows_a_personal_value(night: Installation) -> None:
    words = personal_words()
    for line in night.json("cases", "--all"):
        for form in ([], ["--json"]):
            output = night("cases", "show", line["case"], *form).output
            assert [word for word in words if word in output] == []


def test_cases_stand_newest_first_with_their_alert(night: Installation) -> None:
    found = night.json("cases")
    assert [line["cohort"] for line in found] == ["custody", "hospital_ae", "custody", "community", "custody"]
    assert {line["alert"] for line in found} == {"accepted", "withdrawn"}
    opened = [datetime.fromisoformat(line["opened_at"]) for line in found]
    assert opened == sorted(opened, reverse=True)


def test_a_list_is_cut_to_the_limit_and_named_by_either_spelling(night: Installation) -> None:
    assert len(night.json("cases", "--limit", "2")) == 2
    assert night.done("cases") == night.done("cases", "list")


def test_clocks_run_in_order_of_due_time_and_all_shows_what_ended(night: Installation) -> None:
    running = night.json("clocks")
    assert {line["state"] for line in running} <= {"running", "warned", "breached"}
    due = [line["due_at"] for line in running]
    assert due == sorted(due)
    assert {"met", "withdrawn"} & {line["state"] for line in night.json("clocks", "--all")}


def test_the_golden_hours_of_the_night_were_missed(night: Installation) -> None:
    hours = [line for line in night.json("clocks", "--all") if line["clock"] == "golden_hour"]
    assert [line["state"] for line in hours] == ["breached", "breached"]


def test_no_alert_waits_after_the_night_and_all_shows_five(night: Installation) -> None:
    assert night.json("alerts") == []
    assert "No alert waits" in night.done("alerts")
    assert len(night.json("alerts", "--all")) == 5
    assert "Young person in custody" in night.done("alerts", "--all")


def test_an_alert_is_shown_by_its_code(night: Installation) -> None:
    line = night.json("alerts", "--all")[0]
    assert night.json("alerts", "show", line["code"])["case"] == line["case"]
    assert "000000" in night.refused("alerts", "show", "000000")


def test_a_case_in_full_says_who_was_told_and_why(night: Installation) -> None:
    (case,) = [line["case"] for line in night.json("cases") if line["alert"] == "withdrawn"]
    said = night.done("cases", "show", case.lower())
    assert "stand_down" in said
    data = night.json("cases", "show", case)
    assert {told["template"] for told in data["told"]} == {"urgent_response", "stand_down"}
    assert data["alerts"][0]["reasons"] == ["Serious violent incident"]


def test_a_case_that_is_not_there_is_refused(night: Installation) -> None:
    assert "WF-UR-26-0000" in night.refused("cases", "show", "WF-UR-26-0000")


def test_empty_lists_say_so(here: Installation) -> None:
    said = ("No open cases", "No clock runs", "No alert waits", "Nothing waits", "Every message could be read")
    for command, text in zip(LISTS, said, strict=False):
        assert text in here.done(*command)
        assert here.json(*command) in ([], {"stuck": {}, "messages": []}) or not here.json(*command)["messages"]


def test_status_adds_up_and_says_what_a_person_must_look_at(night: Installation) -> None:
    data = night.json("status")
    totals = data["messages"]
    assert totals["adds_up"]
    assert totals["received"] == sum(totals[outcome.value] for outcome in MessageOutcome) == 16
    assert data["look_at"] == ["1 unreadable, nobody has settled: `alertd quarantine`"]
    assert "`alertd quarantine`" in night.refused("status")


def test_status_of_a_quiet_installation_is_exit_0(here: Installation) -> None:
    assert "Nothing waits for a person" in here.done("status")


def test_an_alert_that_nobody_has_accepted_makes_status_exit_1(here: Installation) -> None:
    here.incident()
    assert "nobody has accepted" in here.refused("status")
