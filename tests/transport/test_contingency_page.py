"""The page for when alertd is down holds what people need, and nothing of a child."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alertd.core.on_call import Swaps
from alertd.model.ids import PersonId, RoleId
from alertd.model.rulebook import Override
from alertd.service.contingency import AHEAD, Contingency, contingency, everyone
from alertd.transport.contingency_page import page, write_page
from tests.service.world import World, custody, new_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = new_world(tmp_path)
    made.at("11-26 14:10")
    return made


def found(world: World, swaps: Swaps | None = None) -> Contingency:
    with world.store.read() as reading:
        return contingency(reading, world.book, {"custody": "custody"}, world.now, swaps or {})


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


def test_a_stored_swap_stands_on_it(world: World) -> None:
    swap = Override(world.now, world.now + timedelta(hours=1), (PersonId("manager_birch"),))
    roster = next(r for r in found(world, {RoleId("edt"): (swap,)}).rosters if r.role.id == "edt")
    assert [person.id for person in roster.stretches[0].people] == ["manager_birch"]


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
