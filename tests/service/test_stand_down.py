"""What is no longer true is taken back, from whoever heard it, without waking anybody for it.

Source: RULES, "Corrections"; protocol notes, "Who is woken".
"""

from __future__ import annotations

from alertd.model.case import LineState
from alertd.model.values import Channel
from tests.service.world import World, at, told


def _report(world: World, version: int, offence: str, happened: str) -> bytes:
    record = {"system": "police", "ref": "R1", "version": version}
    data = {"record": record, "setting": "community", "occurred_at": at(happened).isoformat()}
    return world.incident({**data, "person": {"ref": "P1", "age": 16}, "incident": {"offence": [offence]}})


def _stood_down(world: World) -> set[tuple[str, str]]:
    return {(each.person, each.by.value) for each in world.sent if "stand_down" in each.templates}


def test_the_team_on_duty_now_hears_of_it_although_another_was_told(world: World) -> None:
    world.told(_report(world, 1, "gbh_intent", "11-26 13:50"))
    world.accept(world.only_case().row.ref)
    world.at("11-26 19:00").told(_report(world, 2, "common_assault", "11-26 13:50"))
    assert {person for person, _ in _stood_down(world)} == {"mash_duty_phone", "edt_duty_phone"}


def test_at_night_only_the_team_on_duty_is_disturbed_and_the_others_read_it_in_the_morning(world: World) -> None:
    world.told(_report(world, 1, "gbh_intent", "11-26 13:50"))
    world.at("11-26 14:31")
    heard = {each.person for each in world.sent}
    assert len(heard) == 3, "the desk, the second desk, the manager on duty"
    world.accept(world.only_case().row.ref)
    world.at("11-26 23:00").told(_report(world, 2, "common_assault", "11-26 13:50"))
    world.at("11-27 07:29")
    assert {person for person, _ in _stood_down(world)} == {"edt_duty_phone"}
    before = len(world.sent)
    world.at("11-27 10:00")
    morning = [each for each in world.sent[before:] if "stand_down" in each.templates]
    assert {each.person for each in morning} == heard, "everybody who was told"
    assert {each.by for each in morning if each.person != "mash_duty_phone"} == {Channel.EMAIL}
    assert len(morning) == len({(each.person, each.by) for each in morning})


def test_what_reached_nobody_is_not_taken_back_from_anybody(world: World) -> None:
    world.told(_report(world, 1, "gbh_intent", "11-26 13:50"))
    world.accept(world.only_case().row.ref)
    world.told(_report(world, 2, "common_assault", "11-26 13:50"))
    gone = [row for row in world.only_case().obligations if row.state is LineState.WITHDRAWN]
    assert {row.key.role for row in gone} >= {"community_safety", "drm_coordinator"}, "held for the morning"
    world.at("11-27 12:00")
    assert {role for role, _, _ in told(world.sent)} == {"mash"}


def test_a_clock_that_is_withdrawn_stays_on_record(world: World) -> None:
    world.told(_report(world, 1, "gbh_intent", "11-26 13:50"))
    world.at("11-26 14:12").told(_report(world, 2, "common_assault", "11-26 13:50"))
    assert {state for state, _ in world.clock_states(world.only_case()).values()} == {"withdrawn"}


def test_what_matches_again_opens_a_new_alert_and_is_told_again(world: World) -> None:
    world.told(_report(world, 1, "gbh_intent", "11-26 13:50"))
    world.at("11-26 14:12").told(_report(world, 2, "common_assault", "11-26 13:50"))
    sent = world.at("11-26 14:20").told(_report(world, 3, "gbh_intent", "11-26 13:50"))
    assert ("mash", "sms", "urgent_response") in told(sent)
    assert [alert.state.value for alert in world.only_case().alerts] == ["withdrawn", "open"]
