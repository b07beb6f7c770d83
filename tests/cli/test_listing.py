"""The lists after the sample night: what stands, in local time, without a personal value."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from alertd.cli.night import SCRIPT
from alertd.cli.opening import opened
from alertd.daemon.heartbeat import SILENT_AFTER, Heartbeat, Pulse, keep_refusal
from alertd.model.case import MessageOutcome
from alertd.shipped import shipped
from tests.cli.installation import Installation

LISTS = (["cases"], ["clocks"], ["alerts"], ["outbox"], ["quarantine"], ["status"], ["oncall"])


def personal_words() -> set[str]:
    """References of the night's people, and numbers and names of the staff."""
    script = json.loads(SCRIPT.read_text())
    blocks = [block for step in script["steps"] for block in step.get("incident", {}).values()]
    refs = {str(block["ref"]) for block in blocks if isinstance(block, dict) and "ref" in block}
    people = (shipped("config") / "people.yaml").read_text().splitlines()
    staff = {line.partition(":")[2].strip() for line in people if line.lstrip().startswith(("name:", "sms:", "email:"))}
    return refs | staff | {"Hoe Street", "Royal London", "Leyton"}


@pytest.mark.parametrize("command", LISTS, ids=lambda words: words[0])
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_no_list_shows_a_personal_value(seen: Installation, command: list[str], form: list[str]) -> None:
    everything = ["--all"] if command[0] in ("cases", "clocks", "alerts", "outbox", "quarantine") else []
    output = seen(*command, *everything, *form).output
    assert [word for word in personal_words() if word in output] == []


def test_no_case_in_full_shows_a_personal_value(seen: Installation) -> None:
    words = personal_words()
    for line in seen.json("cases", "--all"):
        for form in ([], ["--json"]):
            output = seen("cases", "show", line["case"], *form).output
            assert [word for word in words if word in output] == []


def test_cases_stand_newest_first_with_their_alert(seen: Installation) -> None:
    found = seen.json("cases")
    assert [line["cohort"] for line in found] == ["custody", "hospital_ae", "custody", "community", "custody"]
    assert {line["alert"] for line in found} == {"accepted", "withdrawn"}
    opened = [datetime.fromisoformat(line["opened_at"]) for line in found]
    assert opened == sorted(opened, reverse=True)


def test_a_list_is_cut_to_the_limit_and_named_by_either_spelling(seen: Installation) -> None:
    assert len(seen.json("cases", "--limit", "2")) == 2
    assert seen.done("cases") == seen.done("cases", "list")


def test_clocks_run_in_order_of_due_time_and_all_shows_what_ended(seen: Installation) -> None:
    running = seen.json("clocks")
    assert {line["state"] for line in running} <= {"running", "warned", "breached"}
    due = [line["due_at"] for line in running]
    assert due == sorted(due)
    assert {"met", "withdrawn"} & {line["state"] for line in seen.json("clocks", "--all")}


def test_the_golden_hours_of_the_night_were_missed(seen: Installation) -> None:
    hours = [line for line in seen.json("clocks", "--all") if line["clock"] == "golden_hour"]
    assert [line["state"] for line in hours] == ["breached", "breached"]


def test_no_alert_waits_after_the_night_and_all_shows_five(seen: Installation) -> None:
    assert seen.json("alerts") == []
    assert "No alert waits" in seen.done("alerts")
    assert len(seen.json("alerts", "--all")) == 5
    assert "Young person in custody" in seen.done("alerts", "--all")


def test_an_alert_is_shown_by_its_code(seen: Installation) -> None:
    line = seen.json("alerts", "--all")[0]
    assert seen.json("alerts", "show", line["code"])["case"] == line["case"]
    assert "000000" in seen.refused("alerts", "show", "000000")


def test_a_case_in_full_says_who_was_told_and_why(seen: Installation) -> None:
    (case,) = [line["case"] for line in seen.json("cases") if line["alert"] == "withdrawn"]
    said = seen.done("cases", "show", case.lower())
    assert "stand_down" in said
    data = seen.json("cases", "show", case)
    assert {told["template"] for told in data["told"]} == {"urgent_response", "stand_down"}
    assert data["alerts"][0]["reasons"] == ["Serious violent incident"]


def test_a_case_that_is_not_there_is_refused(seen: Installation) -> None:
    assert "WF-UR-26-0000" in seen.refused("cases", "show", "WF-UR-26-0000")


def test_empty_lists_say_so(here: Installation) -> None:
    said = ("No open cases", "No clock runs", "No alert waits", "Nothing waits", "Every message could be read")
    for command, text in zip(LISTS, said, strict=False):
        assert text in here.done(*command)
        found = here.json(*command)
        assert (found if isinstance(found, list) else found["messages"]) == []


def test_status_adds_up_and_says_what_a_person_must_look_at(seen: Installation) -> None:
    data = seen.json("status")
    totals = data["messages"]
    assert totals["adds_up"]
    assert totals["received"] == sum(totals[outcome.value] for outcome in MessageOutcome) == 16
    assert "1 unreadable, nobody has settled: `alertd quarantine`" in data["look_at"]
    assert "`alertd quarantine`" in seen.refused("status")


def test_status_of_a_quiet_installation_is_exit_0(here: Installation) -> None:
    with opened(here.config) as parts:
        Pulse(parts.store).beat(Heartbeat(parts.now(), "rules 1; messages come in", {"tick": 0.2}, 3))
    said = here.done("status")
    assert "Nothing waits for a person" in said
    assert "rules 1; messages come in" in said
    assert "tick 0 s ago" in said


def test_status_says_when_the_daemon_does_not_run(here: Installation) -> None:
    assert "the daemon does not run: `alertd run`" in here.refused("status")
    with opened(here.config) as parts:
        Pulse(parts.store).beat(Heartbeat(parts.now() - 2 * SILENT_AFTER, "", {}, 0))
    assert "the daemon does not run, last heard of at" in here.refused("status")


def test_status_shows_why_changed_rules_were_refused_until_a_load_is_taken(here: Installation) -> None:
    with opened(here.config) as parts:
        keep_refusal(parts.store, "clocks.yaml:12: E014 no unit of time.", parts.now())
        assert "changed rules are refused: clocks.yaml:12: E014" in here.refused("status")
        keep_refusal(parts.store, "", parts.now())
    assert "changed rules" not in here.refused("status")


def test_an_alert_that_nobody_has_accepted_makes_status_exit_1(here: Installation) -> None:
    here.incident()
    assert "nobody has accepted" in here.refused("status")


def test_status_says_how_many_messages_each_role_got_by_day_and_by_night_and_what_was_held(here: Installation) -> None:
    here.incident()
    with opened(here.config) as parts:
        now = parts.now()
        for _ in range(3):
            parts.tick.run(now)
            parts.planner.plan(now)
            parts.deliver.send_due(now, lambda: now)
    found = here.json("status")["messages_out"]
    told = {each["role"]: each for each in found["roles"]}
    (desk,) = set(told) & {"mash", "edt"}
    assert sum(told[desk][part][channel] for part in ("day", "night") for channel in ("sms", "email")) == 2
    held = {(each["role"], each["what"], each["reason"]) for each in found["kept_quiet"]}
    assert ("community_safety", "held", "digest") in held
    assert "1 community_safety" in here.refused("status", "--days", "1")
