"""Deadlines in texts and mails: every one is named, none is swallowed, none is asked for after it was taken back."""

from __future__ import annotations

from alertd.model.case import LineState
from alertd.model.ids import PersonId
from alertd.model.values import Channel
from alertd.service.people import Fact
from tests.service.world import World, at, custody, hospital

_BOTH = ("48h professionals", "48h contact")
_CONTACT_TEXTS = {"contact_warning", "contact_missed"}


def _accepted_hospital_case(world: World) -> None:
    world.at("12-01 14:00").told(world.incident(hospital(presented="12-01 14:00")))
    world.accept(world.only_case().row.ref)


def test_two_clocks_due_together_are_named_in_one_text_and_each_in_the_mail(world: World) -> None:
    _accepted_hospital_case(world)
    world.at("12-03 13:59")
    warned = [each for each in world.sent if "contact_warning" in each.templates and each.at == at("12-03 10:00")]
    assert warned
    assert all("48h professionals + 48h contact due 14:00 Thu 3 Dec" in each.text for each in warned)
    before = len(world.sent)
    world.at("12-03 14:01")
    missed = [each for each in world.sent[before:] if each.to == "head_of_service"]
    assert {each.by for each in missed} == {Channel.SMS, Channel.EMAIL}
    assert all(word in each.text for each in missed for word in _BOTH)
    (mail,) = (each.text for each in missed if each.by is Channel.EMAIL)
    assert [f"- deadline missed, {word} due 14:00 Thu 3 Dec" in mail for word in _BOTH] == [True, True]


def test_a_held_warning_is_not_swallowed_by_an_urgent_text_at_night(world: World) -> None:
    world.told(world.incident(hospital(presented="11-26 14:00")))
    world.accept(world.only_case().row.ref)
    world.at("11-28 02:05")
    held = {row.key for row in world.only_case().obligations if row.state is LineState.HELD}
    assert {key.step for key in held} >= {"warn0"}
    world.people.release(world.only_case().row.ref, PersonId("mash_duty_phone"), world.now)
    before = len(world.sent)
    world.settle()
    world.at("11-28 02:30")
    assert "safeguarding_duty" in {each.asked for each in world.sent[before:]}, "the ladder climbs again"
    still = {row.key for row in world.only_case().obligations if row.state is LineState.HELD}
    assert {key for key in held if key.step.startswith("warn")} <= still


def test_a_warning_that_cannot_wait_goes_with_the_next_text_to_that_role_at_night(world: World) -> None:
    world.at("11-27 22:30").told(world.incident(hospital(presented="11-26 08:00")))
    world.accept(world.only_case().row.ref, by="edt_duty_phone")
    world.at("11-28 04:10")
    assert not [each for each in world.sent if "contact_warning" in each.templates], "21:00 had passed: it is held"
    sent = world.told(world.incident(custody("P2", booked="11-28 04:05")))
    warned = [(each.to, each.by) for each in sent if "contact_warning" in each.templates]
    assert warned == [("edt", Channel.SMS)], "the duty team is awake now; the manager still sleeps"
    (text,) = [each.text for each in sent if "contact_warning" in each.templates]
    assert "due 08:00 Sat 28 Nov, 3 h 50 min left" in text
    before = len(world.sent)
    world.at("11-28 07:30")
    lists = [each for each in world.sent[before:] if "contact_warning" in each.templates]
    assert {each.to for each in lists} == {"duty_manager"}, "told once"


def test_after_a_death_no_stand_down_speaks_of_contact(world: World) -> None:
    _accepted_hospital_case(world)
    world.at("12-03 11:00")
    assert [each for each in world.sent if each.templates & _CONTACT_TEXTS]
    fact = Fact("contact", world.now, contact_with="ward", outcome="deceased")
    world.people.record(world.only_case().row.ref, fact, PersonId("mash_duty_phone"), world.now)
    before = len(world.sent)
    world.settle()
    world.at("12-04 12:00")
    stood_down = [each for each in world.sent[before:] if "stand_down" in each.templates]
    assert stood_down
    assert not [each.text for each in world.sent[before:] if "contact" in each.text.casefold()]
    texts = [each.text for each in stood_down if each.by is Channel.SMS]
    assert texts
    assert all("that deadline no longer applies. Other work on the case goes on." in text for text in texts)


def test_an_alert_whose_deadline_has_passed_says_that_it_was_missed(world: World) -> None:
    sent = world.told(world.incident(custody(booked="11-26 12:00")))
    about_it = [each.text for each in sent if "urgent_response" in each.templates]
    assert about_it
    assert all("was due 13:00 Thu 26 Nov, missed" in text for text in about_it)


def test_after_acceptance_a_text_on_the_golden_hour_still_carries_the_code_but_asks_nobody_to_accept(
    world: World,
) -> None:
    world.told(world.incident(custody()))
    code = world.only_case().alerts[0].code
    world.accept(code)
    before = len(world.sent)
    world.at("11-26 15:30")
    after = world.sent[before:]
    assert {name for each in after for name in each.templates} == {"golden_hour_warning", "golden_hour_missed"}
    assert all(f"P{code} if" in each.text for each in after)
    assert not [each.text for each in after if f"Y{code}" in each.text]


def test_a_missed_golden_hour_says_whom_to_ring(world: World) -> None:
    world.told(world.incident(custody()))
    code = world.only_case().alerts[0].code
    world.at("11-26 15:01")
    missed = [each for each in world.sent if "golden_hour_missed" in each.templates and each.by is Channel.SMS]
    assert missed
    assert all(f"Ring custody. Y{code} accepts, P{code} if police rang." in each.text for each in missed)
