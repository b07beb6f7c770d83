"""The page for when alertd is down holds what people need, and nothing of a child."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alertd.core.on_call import Swaps, on_call
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import Override
from alertd.service.contingency import AHEAD, Contingency, contingency, everyone
from alertd.transport.contingency_page import page, write_page
from tests.service.world import LONDON, World, custody, new_world

_WORDS = {"custody": "custody"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = new_world(tmp_path)
    made.at("11-26 14:10")
    return made


def found(world: World, swaps: Swaps | None = None) -> Contingency:
    with world.store.read() as reading:
        return contingency(reading, replace(world.desk(world.now), swaps=dict(swaps or {})), _WORDS, world.now)


def test_open_clocks_and_alerts_stand_on_it_by_reference_alone(world: World) -> None:
    world.told(world.incident(custody("P-4711")))
    ref = world.only_case().row.ref
    text = page(found(world), "Urgent Response")
    assert text.count(ref) == 1 + len(world.only_case().clocks)
    assert "Golden Hour" in text
    assert "15:00 Thu 26 Nov" in text
    assert "4711" not in text
    assert "bladed" not in text


def test_a_clock_that_was_missed_is_said_to_be(world: World) -> None:
    world.told(world.incident(custody()))
    world.at("11-26 15:00")
    assert ">MISSED<" in page(found(world), "Urgent Response")


def test_the_team_that_closes_hands_over_on_it_to_the_minute(world: World) -> None:
    duty = next(each for each in found(world).rosters if each.role.id == "safeguarding_duty")
    first, second = duty.stretches[:2]
    assert [person.id for person in first.people] == ["mash_duty_phone"]
    assert first.end.isoformat() == "2026-11-26T17:15:00+00:00"
    assert [person.id for person in second.people] == ["edt_duty_phone"]
    assert duty.stretches[-1].end - duty.stretches[0].start == AHEAD


def test_a_stored_swap_stands_on_it_to_the_minute(world: World) -> None:
    begins, ends = world.now + timedelta(minutes=3), world.now + timedelta(minutes=64)
    swap = Override(begins, ends, (PersonId("manager_birch"),))
    roster = next(r for r in found(world, {RoleId("edt"): (swap,)}).rosters if r.role.id == "edt")
    assert [(each.end, [person.id for person in each.people]) for each in roster.stretches] == [
        (begins, ["edt_duty_phone"]),
        (ends, ["manager_birch"]),
        (world.now + AHEAD, ["edt_duty_phone"]),
    ]


@pytest.mark.parametrize("day", ["2026-10-24", "2026-12-24", "2027-03-26", "2027-03-27", "2027-10-30"])
def test_across_clock_changes_christmas_and_easter_it_says_who_is_on_call_at_every_minute(
    day: str, world: World
) -> None:
    world.now = datetime.fromisoformat(f"{day}T12:01").replace(tzinfo=LONDON).astimezone(UTC)
    for roster in found(world).rosters:
        assert [each.end for each in roster.stretches[:-1]] == [each.start for each in roster.stretches[1:]]
        for each in roster.stretches:
            minutes = {each.start, each.start + (each.end - each.start) / 2, each.end - timedelta(minutes=1)}
            said = {on_call(world.book, roster.role.id, at).people for at in minutes}
            assert said == {each.people}


def test_everybody_on_it_stands_once_with_their_numbers(world: World) -> None:
    people = everyone(found(world).rosters)
    assert len({person.id for person in people}) == len(people)
    text = page(found(world), "Urgent Response")
    assert all(text.count(person.call) >= 1 for person in people if person.call)


def test_words_of_the_files_cannot_break_out_of_it(world: World) -> None:
    text = page(found(world), "<script>alert(1)</script>")
    assert "<script>" not in text


def test_a_page_takes_the_place_of_the_one_before_whole(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "contingency.html"
    write_page(file, "one")
    write_page(file, "two")
    assert file.read_text() == "two"
    assert list(file.parent.iterdir()) == [file]
