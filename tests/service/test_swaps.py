"""Swaps: recorded by whoever is awake, counted at once, told to both people, taken back as easily.

Source: CONTRACT, `alertd oncall set`; DOMAIN, "Who is woken".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alertd.core.gsm7 import gsm7_septets
from alertd.core.on_call import on_call
from alertd.daemon.rehearsal import Sending
from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, RoleId
from alertd.model.shifts import Swap
from alertd.model.values import Channel
from alertd.service.ports import Rank
from alertd.service.swaps import Swapping, Wanted
from tests.service.world import World, at, hospital

MANAGER, ASH, BIRCH, CEDAR = RoleId("duty_manager"), *map(PersonId, ("manager_ash", "manager_birch", "manager_cedar"))
EDT = PersonId("edt_duty_phone")
ON_DUTY = ASH
"""By the shipped rota, in the last week of November 2026."""


def swap(world: World, person: PersonId, until: str, start: str = "", by: PersonId = EDT) -> Swap:
    begins = at(start) if start else world.now
    return Swapping(world.store, world.desk).set(Wanted(MANAGER, person, begins, at(until)), by, world.now)


def undo(world: World, number: int) -> Swap:
    return Swapping(world.store, world.desk).undo(number, EDT, world.now)


def notes(world: World) -> list[Sending]:
    world.settle()
    return [each for each in world.sent if "swap_note" in each.templates]


def who(world: World, moment: datetime | None = None) -> list[str]:
    world.settle()
    desk = world.desk(world.now)
    return [person.id for person in on_call(desk.book, MANAGER, moment or world.now, desk.swaps).people]


def test_the_shipped_rota_is_as_these_tests_take_it(world: World) -> None:
    assert who(world.at("11-25 22:00")) == [ON_DUTY]


def test_a_swap_counts_at_once_and_until_its_end(world: World) -> None:
    made = swap(world.at("11-25 22:00"), CEDAR, "11-26 07:30")
    assert who(world) == [CEDAR]
    assert who(world, made.to - timedelta(minutes=1)) == [CEDAR]
    assert who(world, made.to) == [ON_DUTY]


def test_an_alert_climbs_to_whoever_was_swapped_in(world: World) -> None:
    world.at("11-25 22:00")
    swap(world, CEDAR, "11-26 07:30")
    world.told(world.incident(hospital(presented="11-25 22:00")))
    world.at("11-25 22:25")
    assert {each.person for each in world.sent if each.to == MANAGER and "escalation" in each.templates} == {CEDAR}


def test_both_people_are_told_at_night_when_it_begins_before_the_morning(world: World) -> None:
    swap(world.at("11-25 22:00"), CEDAR, "11-26 07:30")
    told = {(each.person, each.by): each.text for each in notes(world)}
    assert set(told) == {(person, by) for person in (CEDAR, ON_DUTY) for by in (Channel.SMS, Channel.EMAIL)}
    comes, goes = told[CEDAR, Channel.SMS].strip(), told[ON_DUTY, Channel.SMS].strip()
    assert comes.startswith("Duty manager: you are on call from now to 07:30 Thu 26 Nov, by a swap. Not right? Ring ")
    assert goes.startswith("Duty manager: you are not on call from now to 07:30 Thu 26 Nov, by a swap.")
    assert "alertd oncall undo" in told[CEDAR, Channel.EMAIL]


def test_at_night_nobody_is_woken_for_a_swap_of_another_day(world: World) -> None:
    swap(world.at("11-25 22:30"), CEDAR, "11-29 07:30", start="11-28 07:30")
    assert notes(world) == []
    world.at("11-26 07:30")
    morning = [each for each in world.sent if each.to == f"person:{CEDAR}"]
    assert [each.by for each in morning] == [Channel.EMAIL]
    assert "you are on call from 07:30 Sat 28 Nov to 07:30 Sun 29 Nov, by a swap." in morning[0].text


def test_by_day_a_swap_of_another_day_is_told_at_once(world: World) -> None:
    swap(world.at("11-25 14:00"), CEDAR, "11-29 07:30", start="11-28 07:30")
    assert {each.by for each in notes(world)} == {Channel.SMS, Channel.EMAIL}


def test_the_longest_note_fits_one_text(world: World) -> None:
    world.at("11-25 14:00")
    undo(world, swap(world, CEDAR, "12-24 20:00", start="12-23 20:00").number)
    texts = [each.text.strip() for each in notes(world) if each.by is Channel.SMS]
    longest = max(len(role.title) for role in world.book.roles.values()) - len("Duty manager")
    assert max((gsm7_septets(f"Repeat. {text}") or 999) + longest for text in texts) <= 160


def test_who_is_on_call_already_is_not_told_of_what_changes_nothing(world: World) -> None:
    swap(world.at("11-25 14:00"), ON_DUTY, "11-25 20:00")
    assert notes(world) == []


def test_a_later_swap_goes_before_an_earlier_one_and_tells_whom_it_concerns(world: World) -> None:
    swap(world.at("11-25 14:00"), CEDAR, "11-26 07:30")
    world.now += timedelta(minutes=5)
    before = len(notes(world))
    swap(world, BIRCH, "11-25 20:00")
    assert who(world) == [BIRCH]
    assert {each.person for each in notes(world)[before:]} == {CEDAR, BIRCH}
    assert who(world, at("11-25 20:00")) == [CEDAR]


def test_a_swap_is_taken_back_and_both_are_told_again(world: World) -> None:
    made = swap(world.at("11-25 14:00"), CEDAR, "11-26 07:30")
    before = len(notes(world))
    world.now += timedelta(minutes=5)
    gone = undo(world, made.number)
    assert (gone.undone_by, gone.undone_at, gone.stands) == (EDT, world.now, False)
    assert who(world) == [ON_DUTY]
    texts = {each.person: each.text for each in notes(world)[before:] if each.by is Channel.SMS}
    assert "you are not on call from now to 07:30 Thu 26 Nov, a swap was undone." in texts[CEDAR]
    assert "you are on call from now to 07:30 Thu 26 Nov, a swap was undone." in texts[ON_DUTY]


@pytest.mark.parametrize(
    ("until", "start", "words"),
    [
        ("11-26 07:30", "11-25 21:00", "cannot begin in the past"),
        ("11-25 21:00", "", "before it begins"),
        ("11-25 22:00", "", "before it begins"),
        ("11-26 07:30", "11-26 07:30", "before it begins"),
        ("12-31 07:30", "11-01 07:30", "in the past"),
    ],
)
def test_times_that_make_no_sense_are_refused_and_leave_nothing(
    world: World, until: str, start: str, words: str
) -> None:
    world.at("11-25 22:00")
    with pytest.raises(NotPossible, match=words):
        swap(world, CEDAR, until, start)
    with world.store.read() as reading:
        assert reading.swaps() == ()
    assert notes(world) == []


def test_what_lasts_for_months_is_another_rota(world: World) -> None:
    world.at("11-25 22:00")
    wanted = Wanted(MANAGER, CEDAR, world.now, world.now + timedelta(weeks=8, minutes=1))
    with pytest.raises(NotPossible, match="8 weeks at most"):
        Swapping(world.store, world.desk).set(wanted, EDT, world.now)


def test_a_time_of_this_very_minute_is_now(world: World) -> None:
    world.at("11-25 22:00").now += timedelta(seconds=40)
    made = swap(world, CEDAR, "11-26 07:30", start="11-25 22:00")
    assert made.from_ == world.now


def test_nobody_is_put_on_call_who_could_not_be_told(world: World) -> None:
    world.at("11-25 22:00")
    desk = world.desk(world.now)
    mute = replace(desk.book.people[CEDAR], sms=None, call=None)
    bare = replace(desk, book=replace(desk.book, people={**desk.book.people, CEDAR: mute}))
    wanted = Wanted(MANAGER, CEDAR, world.now, at("11-26 07:30"))
    with pytest.raises(NotPossible, match="manager_cedar has no sms and no call"):
        Swapping(world.store, lambda _: bare).set(wanted, EDT, world.now)
    only_texts = replace(desk, usable=frozenset({Channel.SMS}), silent=frozenset({CEDAR}))
    with pytest.raises(NotPossible, match="asked for no texts"):
        Swapping(world.store, lambda _: only_texts).set(wanted, EDT, world.now)
    for strange, words in (
        (replace(wanted, role=RoleId("x")), "no role 'x'"),
        (replace(wanted, person=PersonId("x")), "no person"),
    ):
        with pytest.raises(NotPossible, match=words):
            Swapping(world.store, lambda _: desk).set(strange, EDT, world.now)


def test_what_is_over_undone_or_was_never_there_cannot_be_taken_back(world: World) -> None:
    made = swap(world.at("11-25 22:00"), CEDAR, "11-26 07:30")
    with pytest.raises(NotPossible, match="alertd oncall swaps"):
        undo(world, made.number + 1)
    other = swap(world, BIRCH, "11-26 07:30")
    undo(world, other.number)
    with pytest.raises(NotPossible, match="undone by edt_duty_phone at 22:00 Wed 25 Nov already"):
        undo(world, other.number)
    world.now = made.to
    with pytest.raises(NotPossible, match="ended at 07:30"):
        undo(world, made.number)


def test_a_swap_that_somebody_else_recorded_is_learned(world: World) -> None:
    world.at("11-25 22:00")
    with world.store.write(Rank.PEOPLE) as writing:
        writing.add_swap(Swap(0, MANAGER, CEDAR, world.now, at("11-26 07:30"), EDT, world.now))
    assert who(world) == [CEDAR]
