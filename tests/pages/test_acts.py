"""Each act: a form becomes an ordinary status message, and that moves the clock or the alert that it should.

Source: issue 3, item 2; MESSAGES, "What people record".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

import pytest

from alertd.model.case import AlertState
from tests.pages.desk import EDT, MANAGER, MASH, Desk, seen
from tests.service.world import at, hospital

CHILD: Mapping[str, object] = {"person": {"ref": "P1", "age": 15, "safe_to_contact": "yes"}}


def last(desk: Desk) -> Mapping[str, object]:
    """The newest status that a person recorded."""
    return desk.statuses()[-1]


# --- the alert


def test_accept_in_one_press_ends_the_ladder_and_no_clock(desk: Desk) -> None:
    ref = desk.alert()
    page = desk.staff().ask(f"/a/case/{ref}")
    answer = desk.staff().post(f"/a/case/{ref}/accept", form="form-of-mine")
    assert (page.status_code, answer.status_code) == (200, 303)
    assert answer.headers["location"] == f"/a/case/{ref}?done=form-of-mine"
    assert (desk.only_alert().state, desk.only_alert().accepted_by) == (AlertState.ACCEPTED, MASH)
    assert desk.clocks()["golden_hour"] == "running"
    shown = seen(desk.staff().ask(answer.headers["location"]).text)
    assert "Accepted at 14:10." in shown
    assert "Have the police spoken to you?" in shown


def test_accept_with_the_polices_call_is_one_press(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff().post(f"/a/case/{ref}/accept-police", form="form-of-mine")
    assert desk.only_alert().accepted_by == MASH
    assert desk.clocks()["golden_hour"] == "met"
    shown = seen(desk.staff().ask(f"/a/case/{ref}?done=form-of-mine").text)
    assert "Recorded: Police have spoken to us, 14:10. Accepted at 14:10." in shown


def test_handing_on_tells_the_next_person_at_once(desk: Desk) -> None:
    ref = desk.alert()
    before = len(desk.world.sent)
    desk.staff().post(f"/a/case/{ref}/hand-on", form="form-of-mine")
    assert [each.by.value for each in desk.world.sent[before:]] == ["call"]
    assert desk.only_alert().state is AlertState.OPEN


def test_giving_back_begins_the_ladder_anew(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff().post(f"/a/case/{ref}/accept", form="form-of-mine")
    shown = seen(desk.staff().ask(f"/a/case/{ref}/release").text)
    assert "The team now on duty is told again" in shown
    desk.world.at("11-26 14:20")
    desk.staff().fill(f"/a/case/{ref}/release")
    assert (desk.only_alert().state, len(desk.only_alert().rounds)) == (AlertState.OPEN, 2)


def test_who_comes_second_is_told_politely_who_was_faster_and_when(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff().post(f"/a/case/{ref}/accept", form="form-of-mine")
    desk.world.at("11-26 14:12")
    late = desk.staff(MANAGER).post(f"/a/case/{ref}/accept", form="form-of-theirs")
    assert late.status_code == 409
    assert "Not possible any more: MASH duty phone accepted at 14:10." in seen(late.text)
    assert desk.only_alert().accepted_by == MASH


def test_the_polices_call_counts_whoever_has_the_alert(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff().post(f"/a/case/{ref}/accept", form="form-of-mine")
    late = desk.staff(MANAGER).post(f"/a/case/{ref}/accept-police", form="form-of-theirs")
    assert "The police’s call is recorded. Not possible any more: MASH duty phone accepted at 14:10." in seen(late.text)
    assert (desk.clocks()["golden_hour"], desk.only_alert().accepted_by) == ("met", MASH)


def test_an_alert_that_was_stood_down_is_not_accepted(desk: Desk) -> None:
    ref = desk.alert()
    desk.world.at("11-26 14:20")
    desk.staff().fill(f"/a/case/{ref}/false-alarm")
    answer = desk.staff().post(f"/a/case/{ref}/accept", form="form-of-mine")
    assert (answer.status_code, desk.only_alert().state) == (409, AlertState.WITHDRAWN)
    assert "This alert was stood down." in seen(answer.text)


# --- the police's call, with its time


@pytest.mark.parametrize(
    ("time", "recorded"),
    [("now", "14:40"), ("14:35", "14:35"), ("1435", "14:35"), ("14.35", "14:35"), ("10 minutes ago", "14:30")],
)
def test_the_polices_call_is_recorded_at_the_time_given(time: str, recorded: str, desk: Desk) -> None:
    ref = desk.alert()
    desk.world.at("11-26 14:40")
    shown = desk.staff().fill(f"/a/case/{ref}/police", time=time, day="2026-11-26")
    assert last(desk)["event"] == "police_contacted_mash"
    assert last(desk)["at"] == at(f"11-26 {recorded}")
    assert desk.clocks()["golden_hour"] == "met"
    assert f"Recorded: Police have spoken to us, {recorded}." in seen(shown.text)


def test_yesterday_is_a_day_to_choose(desk: Desk) -> None:
    ref = desk.alert()
    desk.world.at("11-27 00:30")
    desk.staff().fill(f"/a/case/{ref}/police", time="14:50", day="2026-11-26")
    assert last(desk)["at"] == at("11-26 14:50")
    assert desk.clocks()["golden_hour"] == "met_late"


@pytest.mark.parametrize(
    ("time", "day", "why"),
    [
        ("14:50", "2026-11-26", "still to come"),
        ("now", "2026-11-25", "Give the time as well"),
        ("25:10", "2026-11-26", "a time may be"),
        ("ten past", "2026-11-26", "a time may be"),
        ("01:30", "2026-10-25", "twice"),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_words_and_kept_as_typed(time: str, day: str, why: str, desk: Desk) -> None:
    ref = desk.alert()
    answer = desk.staff().fill(f"/a/case/{ref}/police", time=time, day=day)
    assert answer.status_code == 409
    assert why in seen(answer.text)
    assert f'value="{time}"' in answer.text
    assert desk.statuses() == []


def test_the_polices_call_at_its_time_and_acceptance_are_one_press_too(desk: Desk) -> None:
    ref = desk.alert()
    desk.world.at("11-26 14:40")
    desk.staff().fill(f"/a/case/{ref}/police", time="14:30", day="2026-11-26", button="accept")
    assert (desk.clocks()["golden_hour"], desk.only_alert().accepted_by) == ("met", MASH)
    assert {fields["event"] for fields in desk.statuses()} == {"police_contacted_mash", "alert_accepted"}


# --- contact


ATTEMPTS = ["young_person/attempted_no_answer", "young_person/attempted_declined", "family/attempted_no_answer",
            "family/attempted_declined"]  # fmt: skip


@pytest.mark.parametrize("choice", ATTEMPTS)
def test_an_attempt_stops_the_clock_of_attempts_and_no_other(choice: str, desk: Desk) -> None:
    ref = desk.alert("P1", **CHILD)
    desk.staff().fill(f"/a/case/{ref}/attempted", choice=choice)
    assert [last(desk)["contact.with"], last(desk)["contact.outcome"]] == choice.split("/")
    clocks = desk.clocks()
    assert clocks["contact_24h"] == "met"
    assert clocks["contact_48h_young_person"] == clocks["contact_48h_professionals"] == "running"


def test_what_was_put_off_as_unsafe_stops_nothing(desk: Desk) -> None:
    ref = desk.alert("P1", **CHILD)
    desk.staff().fill(f"/a/case/{ref}/attempted", choice="young_person/unsafe_deferred")
    assert last(desk)["contact.outcome"] == "unsafe_deferred"
    assert desk.clocks()["contact_24h"] == "running"


@pytest.mark.parametrize(
    ("choice", "stopped"),
    [
        ("young_person/contacted_young_person", {"contact_24h", "contact_48h_young_person"}),
        ("family/contacted_family", {"contact_24h", "contact_48h_young_person"}),
        ("custody/contacted_professional", {"contact_48h_professionals"}),
        ("ward/contacted_professional", {"contact_48h_professionals"}),
        ("other_professional/contacted_professional", {"contact_48h_professionals"}),
    ],
)
def test_a_contact_stops_the_clocks_that_wait_for_it(choice: str, stopped: set[str], desk: Desk) -> None:
    ref = desk.alert("P1", **CHILD)
    desk.staff().fill(f"/a/case/{ref}/contacted", choice=choice)
    met = {clock for clock, state in desk.clocks().items() if state == "met" and clock.startswith("contact_")}
    assert met == stopped


def test_the_page_says_what_is_on_record_about_the_family_before_anybody_rings(desk: Desk) -> None:
    ref = desk.alert()
    assert "Nobody has recorded that speaking to the family is safe." in seen(
        desk.staff().ask(f"/a/case/{ref}/contacted").text
    )
    desk.staff().fill(f"/a/case/{ref}/safe", choice="no")
    assert "speaking to the family is not safe" in seen(desk.staff().ask(f"/a/case/{ref}/attempted").text)
    desk.staff().fill(f"/a/case/{ref}/safe", choice="yes")
    assert "safe" not in seen(desk.staff().ask(f"/a/case/{ref}/contacted").text)


@pytest.mark.parametrize("choice", [[], ["family/contacted_professional_x"], ["<script>"]])
def test_a_contact_without_an_answer_of_the_list_is_refused_beside_the_form(choice: list[str], desk: Desk) -> None:
    ref = desk.alert()
    answer = desk.staff().fill(f"/a/case/{ref}/contacted", choice=choice, time="14:05", day="2026-11-26")
    assert (answer.status_code, desk.statuses()) == (409, [])
    assert "Choose one of the answers." in seen(answer.text)
    assert 'value="14:05"' in answer.text
    assert "<script>" not in answer.text.replace('<script src="/a/file', "")


# --- what else is recorded


@pytest.mark.parametrize(
    ("act", "fields", "event", "recorded", "clock"),
    [
        ("safe", {"choice": "yes"}, "safe_to_contact_recorded", {"value": "yes"}, "contact_decision=withdrawn"),
        ("consent", {"choice": "pending"}, "consent_recorded", {"value": "pending"}, ""),
        ("decision", {"text": "D-7"}, "contact_decided", {"reference": "D-7"}, "contact_decision=met"),
        ("decision", {}, "contact_decided", {}, "contact_decision=met"),
        ("mash-referred", {"text": "M-12"}, "mash_referred", {"reference": "M-12"}, "mash_referral=met"),
        ("drm-listed", {}, "drm_listed", {}, "drm_listing=met"),
        ("panel-listed", {"text": "P-3"}, "panel_listed", {"reference": "P-3"}, ""),
        ("plan-agreed", {}, "plan_agreed", {}, ""),
        ("return-interview", {}, "return_interview_held", {}, ""),
        ("close", {}, "closed", {}, ""),
    ],
)
def test_each_of_the_other_acts_becomes_its_status(
    act: str, fields: dict[str, str], event: str, recorded: dict[str, str], clock: str, desk: Desk
) -> None:
    ref = desk.alert()
    desk.world.at("11-26 14:30")
    answer = desk.staff().fill(f"/a/case/{ref}/{act}", time="14:20", day="2026-11-26", **fields)
    assert answer.status_code == 200
    status = last(desk)
    assert (status["event"], status["by"]) == (event, MASH)
    assert status["at"] == at("11-26 14:30" if act == "close" else "11-26 14:20")
    assert {name: status[name] for name in ("value", "reference") if name in status} == recorded
    name, _, state = clock.partition("=")
    assert not name or desk.clocks()[name] == state


def test_a_referral_without_its_reference_would_not_stop_the_clock_and_is_refused(desk: Desk) -> None:
    ref = desk.alert()
    answer = desk.staff().fill(f"/a/case/{ref}/mash-referred", text="  ")
    assert (answer.status_code, desk.statuses()) == (409, [])
    assert "without it the clock runs on" in seen(answer.text)


def test_a_false_alarm_says_first_what_it_does_and_stands_everybody_down(desk: Desk) -> None:
    ref = desk.alert()
    assert "Everybody who was told is stood down" in seen(desk.staff().ask(f"/a/case/{ref}/false-alarm").text)
    desk.world.at("11-26 14:20")
    before = len(desk.world.sent)
    shown = desk.staff().fill(f"/a/case/{ref}/false-alarm")
    assert "False alarm. Everybody was stood down." in seen(shown.text)
    assert set(desk.clocks().values()) == {"withdrawn"}
    assert {name for each in desk.world.sent[before:] for name in each.templates} == {"stand_down"}
    desk.world.at("11-26 14:25")
    desk.staff().fill(f"/a/case/{ref}/reopen")
    assert desk.clocks()["drm_listing"] == "running"


def test_after_a_death_no_page_asks_for_contact(desk: Desk) -> None:
    ref = desk.alert()
    assert "The duty manager is told." in seen(desk.staff().ask(f"/a/case/{ref}/died").text)
    desk.world.at("11-26 14:20")
    shown = seen(desk.staff().fill(f"/a/case/{ref}/died").text)
    assert desk.clocks()["contact_48h_young_person"] == "withdrawn"
    asked = shown.partition("Record what happened")[2].partition("Clocks")[0]
    assert "contact" not in asked.casefold()
    assert "Spoke to family or professionals" in asked
    desk.staff().fill(f"/a/case/{ref}/family", choice="other_professional/contacted_professional")
    assert last(desk)["contact.outcome"] == "contacted_professional"


# --- same child


def test_two_cases_of_one_child_become_one(desk: Desk) -> None:
    first = desk.alert()
    desk.world.told(desk.world.incident(hospital("P2")))
    second = desk.case("P2").row.ref
    asked = desk.staff().fill(f"/a/case/{second}/same", text=first.lower(), button="ask")
    assert f"Make {second} and {first} one case?" in seen(asked.text)
    assert desk.case("P2").row.ref == second
    shown = desk.staff().fill(f"/a/case/{second}/same", text=first.lower(), button="same")
    assert desk.case("P2").row.ref == desk.case("P1").row.ref == first
    assert first in seen(shown.text)
    assert "Recorded: Same child as another case" in seen(shown.text)


def test_two_cases_of_different_children_stay_two(desk: Desk) -> None:
    first = desk.alert()
    desk.world.told(desk.world.incident(hospital("P2")))
    second = desk.case("P2").row.ref
    desk.staff().fill(f"/a/case/{second}/same", text=first, button="different")
    assert desk.statuses("P2")[-1]["event"] == "not_same_child_as"
    assert desk.case("P2").row.ref == second


@pytest.mark.parametrize("button", ["", "ask", "same", "different"])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Give the reference of the other case."),
        ("WF-UR-26-ZZZZ", "There is no case WF-UR-26-ZZZZ."),
        ("self", "is this case"),
    ],
)
def test_a_case_that_cannot_be_joined_is_refused_in_words(text: str, why: str, button: str, desk: Desk) -> None:
    ref = desk.alert()
    answer = desk.staff().fill(f"/a/case/{ref}/same", text=ref if text == "self" else text, button=button)
    assert (answer.status_code, desk.statuses()) == (409, [])
    assert why in seen(answer.text)


def test_a_possible_duplicate_is_offered_with_its_reference_filled_in(desk: Desk) -> None:
    named = {"name": "Invented Child", "date_of_birth": "2011-05-05"}
    desk.alert("P1", person={"ref": "P1", **named})
    first = desk.case("P1").row.ref
    desk.world.told(desk.world.incident({**hospital("P2"), "person": {"ref": "P2", **named}}))
    shown = desk.staff().ask(f"/a/case/{desk.case('P2').row.ref}").text
    link = re.search(r'href="(/a/case/[^"]+/same\?with=[^"]+)"', shown)
    assert link is not None
    assert f'value="{first}"' in desk.staff().ask(link[1]).text
    desk.staff().fill(link[1].partition("?")[0], text=first, button="different")
    assert "/same?with=" not in desk.staff().ask(f"/a/case/{desk.case('P2').row.ref}").text
    assert "/same?with=" not in desk.staff().ask(f"/a/case/{first}").text


# --- what is missing


@pytest.mark.parametrize(
    ("field", "fields", "value"),
    [
        ("person.age", {"text": "15"}, "15"),
        ("person.age_disputed", {"choice": "no"}, "no"),
        ("setting", {"choice": "custody"}, "custody"),
        ("incident.offence", {"choice": ["bladed_article", "pwits"]}, "bladed_article, pwits"),
        ("incident.ward", {"text": "Higham Hill"}, "Higham Hill"),
        ("incident.cad_date", {"text": "2026-11-26"}, "2026-11-26"),
        ("missing.indicators", {"text": "county_lines, travel"}, "county_lines, travel"),
        ("person.associates", {"text": "P-8, P-9"}, "P-8, P-9"),
        ("custody.booked_in_at", {"time": "14:05", "day": "2026-11-26"}, at("11-26 14:05").isoformat()),
    ],
)
def test_what_is_missing_is_answered_by_the_input_of_its_type(
    field: str, fields: dict[str, str | list[str]], value: str, desk: Desk
) -> None:
    ref = desk.alert()
    answer = desk.staff().fill(f"/a/case/{ref}/answer/{field}", **fields)
    assert answer.status_code == 200, seen(answer.text)
    assert (last(desk)["event"], last(desk)["field"], last(desk)["value"]) == ("field_answered", field, value)


def test_an_answer_takes_its_field_off_the_list_and_moves_the_clock(desk: Desk) -> None:
    ref = desk.alert(custody={"ref": "C-P1"}, person={"ref": "P1"})
    before = seen(desk.staff().ask(f"/a/case/{ref}").text)
    assert "start estimated" in before
    desk.staff().fill(f"/a/case/{ref}/answer/custody.booked_in_at", time="14:05", day="2026-11-26")
    assert "start estimated" not in seen(desk.staff().ask(f"/a/case/{ref}").text)
    (golden,) = [c for c in desk.case().clocks if c.clock == "golden_hour"]
    assert golden.due_at == at("11-26 15:05")


def test_what_is_to_be_checked_is_offered_until_it_is_known(desk: Desk) -> None:
    ref = desk.alert(person={"ref": "P1", "age": "about 15"})
    assert f'href="/a/case/{ref}/answer/person.age"' in desk.staff().ask(f"/a/case/{ref}").text
    shown = desk.staff().fill(f"/a/case/{ref}/answer/person.age", text="15")
    assert f"/a/case/{ref}/answer/person.age" not in shown.text
    assert "Recorded: Answered what was missing: age 15" in seen(shown.text)


@pytest.mark.parametrize(
    ("field", "fields", "why"),
    [
        ("person.age", {"text": "fifteen"}, "Give a whole number."),
        ("person.age", {"text": ""}, "Give a whole number."),
        ("person.associates", {"text": " , "}, "Give an answer."),
        ("incident.offence", {}, "Choose one of the answers."),
        ("custody.booked_in_at", {"time": "23:00", "day": "2026-11-26"}, "still to come"),
    ],
)
def test_an_answer_that_is_none_is_refused_and_kept(field: str, fields: dict[str, str], why: str, desk: Desk) -> None:
    ref = desk.alert()
    answer = desk.staff().fill(f"/a/case/{ref}/answer/{field}", **fields)
    assert (answer.status_code, desk.statuses()) == (409, [])
    assert why in seen(answer.text)
    assert all(f'value="{typed.strip()}"' in answer.text for typed in fields.values())


@pytest.mark.parametrize("field", ["case.labels", "record.ref", "person.name", "no.such", "received_at"])
def test_what_no_person_can_answer_has_no_page(field: str, desk: Desk) -> None:
    ref = desk.alert()
    assert desk.staff().ask(f"/a/case/{ref}/answer/{field}").status_code == 404
    assert desk.staff().post(f"/a/case/{ref}/answer/{field}", form="form-of-mine", text="x").status_code == 404
    assert desk.statuses() == []


# --- who did it


def test_an_act_carries_the_name_of_whoever_is_at_the_page_and_no_other(desk: Desk) -> None:
    ref = desk.alert()
    desk.staff(EDT).post(f"/a/case/{ref}/accept", form="form-of-mine", by=MANAGER, person=MANAGER)
    assert (last(desk)["by"], desk.only_alert().accepted_by) == (EDT, EDT)


def test_the_time_to_acceptance_is_counted_by_role_once(desk: Desk) -> None:
    ref = desk.alert()
    desk.world.at("11-26 14:13")
    for _ in range(2):
        desk.staff().post(f"/a/case/{ref}/accept", form="form-of-mine")
    assert desk.accepted == [("mash", timedelta(minutes=3))]
