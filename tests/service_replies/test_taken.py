"""Once somebody has accepted, everybody else who was chased is told so, once, and not out of their sleep.

Source: issue "Until a human accepts", 1; protocol notes, "Who is woken".
"""

from __future__ import annotations

import pytest

from alertd.core.gsm7 import segments
from alertd.daemon.rehearsal import Sending
from alertd.model.case import AlertState, LineState
from alertd.model.delivery import Refused, Sent
from alertd.model.ids import PersonId
from alertd.model.values import Channel
from tests.service.world import at, custody
from tests.service_replies.desk import MANAGER, MASH, MASH_TWO, Desk

NAVIGATOR = "+447700900171"


def taken(sent: list[Sending]) -> list[tuple[str, Channel]]:
    return [(each.person, each.by) for each in sent if "was taken by" in each.text and "taken" in each.abouts]


def test_everybody_who_was_texted_or_rung_is_told_once_but_whoever_accepted(desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:46")
    before = len(desk.world.sent)
    desk.text(f"Y{code}", MASH_TWO)
    assert sorted(taken(desk.sent_since(before))) == [
        ("manager_ash", Channel.SMS),
        ("mash_duty_phone", Channel.SMS),
    ]
    (one, *_) = [each.text.strip() for each in desk.sent_since(before) if "was taken by" in each.text]
    ref = desk.case().row.ref
    assert one == f"{ref} was taken by MASH second desk at 14:46. Nothing more to do. 020 7946 0123"
    assert segments(one) == 1
    desk.world.at("11-26 20:00")
    assert len(taken(desk.sent_since(before))) == 2


def test_whoever_was_not_told_is_not_told_that_it_is_taken(desk: Desk) -> None:
    code = desk.alert()
    before = len(desk.world.sent)
    desk.text(f"Y{code}")
    assert taken(desk.sent_since(before)) == []


def test_whoever_could_not_be_reached_is_not_told_either(desk: Desk) -> None:
    desk.world.provider.answer = lambda out: Refused("off") if out.address == MASH else Sent(out.key)
    code = desk.alert()
    desk.world.provider.answer = lambda out: Sent(out.key)
    before = len(desk.world.sent)
    desk.text(f"Y{code}", MANAGER)
    assert taken(desk.sent_since(before)) == [("mash_second_phone", Channel.SMS)]


@pytest.mark.parametrize("how", ["reply", "command"])
def test_it_does_not_matter_how_it_was_accepted(how: str, desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:21")
    before = len(desk.world.sent)
    if how == "reply":
        desk.text(f"Y{code}")
    else:
        desk.world.accept(code)
    assert taken(desk.sent_since(before)) == [("mash_second_phone", Channel.SMS)]


def test_at_night_the_team_on_duty_is_told_at_once_and_the_others_read_it_in_the_morning(desk: Desk) -> None:
    desk.world.at("11-27 02:00")
    desk.world.told(desk.world.incident(custody(booked="11-27 01:55")))
    desk.world.at("11-27 02:21")
    before = len(desk.world.sent)
    desk.text(f"Y{desk.case().alerts[0].code}", MANAGER)
    assert taken(desk.sent_since(before)) == [("edt_duty_phone", Channel.SMS)]
    desk.world.at("11-27 07:29")
    assert len(taken(desk.sent_since(before))) == 1
    desk.world.at("11-27 07:31")
    digests = [each for each in desk.sent_since(before) if "digest" in each.templates]
    assert [each.by for each in digests if each.person == "edt_second_phone"] == [Channel.EMAIL]
    assert any("was taken by Duty manager at 02:21" in each.text for each in digests)


def test_what_waits_is_taken_back_when_the_alert_is_given_back(desk: Desk) -> None:
    desk.world.at("11-27 02:00")
    desk.world.told(desk.world.incident(custody(booked="11-27 01:55")))
    desk.world.at("11-27 02:12")
    code = desk.case().alerts[0].code
    desk.text(f"Y{code}", "+447700900111")
    desk.world.at("11-27 02:13")
    before = len(desk.world.sent)
    desk.text(f"N{code}", "+447700900111")
    assert desk.only_alert().state is AlertState.OPEN
    desk.world.at("11-27 07:31")
    assert not [each for each in desk.sent_since(before) if "was taken by" in each.text]


def test_after_a_release_the_next_acceptance_tells_those_of_its_own_round(desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:12")
    desk.text(f"Y{code}")
    desk.world.at("11-26 14:13")
    desk.text(f"N{code}")
    desk.world.at("11-26 14:14")
    before = len(desk.world.sent)
    desk.text(f"Y{code}", MANAGER)
    assert taken(desk.sent_since(before)) == [("mash_duty_phone", Channel.SMS)]


def test_an_acceptance_by_somebody_who_is_not_on_the_ladder_is_noted_for_the_manager(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}", NAVIGATOR)
    assert desk.only_alert().accepted_by == "navigator_phone"
    desk.world.at("11-27 07:31")
    told = [each for each in desk.world.sent if "not on its ladder: an informal swap?" in each.text]
    assert [(each.to, each.by) for each in told] == [("duty_manager", Channel.EMAIL)]


@pytest.mark.parametrize("number", [MASH, MASH_TWO, MANAGER])
def test_an_acceptance_from_the_ladder_is_not(number: str, desk: Desk) -> None:
    desk.text(f"Y{desk.alert()}", number)
    desk.world.at("11-27 07:31")
    assert not [each for each in desk.world.sent if "not on its ladder" in each.text]


def on_record(desk: Desk, person: str) -> list[str]:
    """What was answered to somebody about the case, as its record keeps it."""
    notes = [note for note in desk.world.notes(desk.case().row.id) if note.person == person]
    rows = desk.world.lines([note for note in notes if note.asked == f"person:{person}"])
    return [dict(row.note)["source"] for row in rows if row.key.about == "reply"]


def test_a_second_acceptance_is_on_record_with_its_answer_and_changes_nothing(desk: Desk) -> None:
    code = desk.alert()
    desk.text(f"Y{code}")
    desk.world.at("11-26 14:15")
    (answer,) = desk.answers(f"Y{code}", MANAGER)
    assert "was taken by MASH" in answer
    (kept,) = on_record(desk, "manager_ash")
    assert kept == f"{desk.case().row.ref} was taken by MASH at 14:10. Nothing more to do."
    assert (desk.only_alert().accepted_by, desk.only_alert().closed_at) == ("mash_duty_phone", at("11-26 14:10"))


def test_a_late_acceptance_of_what_was_stood_down_is_on_record_too(desk: Desk) -> None:
    code = desk.alert()
    ref = desk.case().row.ref
    desk.world.at("11-26 14:12").give(desk.world.status({"about": {"case_ref": ref}, "event": "false_alarm"}))
    (answer,) = desk.answers(f"Y{code}")
    assert "was stood down" in answer
    assert len(on_record(desk, "mash_duty_phone")) == 1
    assert desk.only_alert().state is AlertState.WITHDRAWN


def test_it_is_a_line_like_any_other(desk: Desk) -> None:
    code = desk.alert()
    desk.world.at("11-26 14:21")
    desk.world.people.accept(code, PersonId("mash_duty_phone"), desk.world.now)
    with desk.world.store.read() as reading:
        (line,) = [row for row in reading.waiting(desk.world.now, 9) if row.key.about == "taken"]
    assert (line.state, line.key.role) == (LineState.PENDING, "person:mash_second_phone")
