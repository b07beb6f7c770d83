"""Waking is rationed: what may disturb at night, and how much one well-kept case costs in messages.

Source: DOMAIN, "Who is woken"; protocol scenario 25.
"""

from __future__ import annotations

from alertd.core.calendar import local
from alertd.model.ids import PersonId
from alertd.model.values import Channel
from alertd.service.people import Fact
from tests.service.world import MINUTE, World, at, hospital

_EDT, _MASH = PersonId("edt_duty_phone"), PersonId("mash_duty_phone")


def _record(world: World, event: str, by: PersonId = _MASH, **more: str) -> None:
    world.people.record(world.only_case().row.ref, Fact(event, world.now, **more), by, world.now)
    world.settle()


def _contact(world: World, with_: str, outcome: str) -> None:
    _record(world, "contact", contact_with=with_, outcome=outcome)


def test_a_case_that_is_kept_well_wakes_nobody_and_costs_seven_messages(world: World) -> None:
    world.at("11-27 02:00").told(world.incident(hospital(presented="11-27 02:00")))
    world.now += 4 * MINUTE
    world.accept(world.only_case().row.ref, by=_EDT)
    accepted = len(world.sent)
    world.at("11-27 07:29")
    assert world.sent[accepted:] == [], "between, nobody is woken"
    world.at("11-27 09:20")
    _record(world, "drm_listed")
    world.at("11-27 10:00")
    _contact(world, "ward", "contacted_professional")
    _contact(world, "young_person", "contacted_young_person")
    _record(world, "mash_referred", reference="REF-1")
    _record(world, "contact_decided", by=PersonId("manager_birch"))
    world.at("11-30 10:00")
    _record(world, "plan_agreed")
    world.at("12-11 12:00")
    lists = {"digest", "handover"}
    about_it = [each for each in world.sent if not each.templates & lists]
    assert len(about_it) <= 7, [(each.at, each.to, each.by, each.templates) for each in about_it]


def test_at_night_an_accepted_case_speaks_to_nobody_by_phone(world: World) -> None:
    world.at("11-26 21:00").told(world.incident(hospital(presented="11-26 20:50")))
    world.accept(world.only_case().row.ref, by=_EDT)
    world.at("11-29 12:00")
    for each in world.sent:
        hour = local(each.at).hour + local(each.at).minute / 60
        if (hour >= 22 or hour < 7.5) and each.at > at("11-26 21:01"):
            raise AssertionError((each.at, each.to, each.by, each.templates))


def test_an_unaccepted_alert_climbs_at_night_too(world: World) -> None:
    world.at("11-27 02:00").told(world.incident(hospital(presented="11-27 02:00")))
    world.at("11-27 03:00")
    called = {each.to for each in world.sent if each.by is Channel.CALL}
    assert {"edt", "duty_manager", "mash_manager", "head_of_service"} <= called


def test_routine_mail_of_a_day_goes_as_one_list_in_the_morning_each_case_on_its_own_line(world: World) -> None:
    for person in ("P1", "P2"):
        world.told(world.incident(hospital(person)))
    for facts in world.all_facts():
        world.accept(facts.row.ref)
    world.at("11-27 07:29")
    assert "community_safety" not in {each.to for each in world.sent}
    world.at("11-27 07:30")
    (mail,) = [each for each in world.sent if each.to == "community_safety"]
    assert all(mail.text.count(facts.row.ref) == 1 for facts in world.all_facts())


def test_a_role_with_hours_gets_its_list_on_its_next_working_day(world: World) -> None:
    world.at("11-27 18:00").told(world.incident(hospital(presented="11-27 17:50")))
    world.accept(world.only_case().row.ref, by=_EDT)
    world.at("11-29 20:00")
    weekend = {each.to for each in world.sent if local(each.at).weekday() >= 5}
    assert "mash" not in weekend


def test_a_missed_48_hours_at_night_is_in_the_morning_list_and_one_text_to_the_head_of_service(world: World) -> None:
    world.at("11-26 23:50").told(world.incident(hospital(presented="11-26 23:40")))
    world.accept(world.only_case().row.ref, by=_EDT)
    world.at("11-28 23:40")
    before = len(world.sent)
    world.at("11-29 07:30")
    heard = [each for each in world.sent[before:] if each.to == "head_of_service"]
    assert sorted(each.by.value for each in heard) == ["email", "sms"]
    assert all(each.at == world.now for each in heard)
    (text,) = [each.text for each in heard if each.by is Channel.SMS]
    assert "missed overnight" in text
