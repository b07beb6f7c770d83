"""A sender that has gone silent is noticed after its limit, and not before."""

from __future__ import annotations

from datetime import timedelta

from alertd.service import silence
from alertd.service.ports import Rank
from tests.service.world import MINUTE, World

LIMITS = {"police/custody": timedelta(hours=1)}


def begin(world: World) -> None:
    with world.store.write(Rank.TICK) as writing:
        silence.begin(LIMITS, writing, writing, world.now)


def silent(world: World) -> list[tuple[str, bool]]:
    with world.store.read() as reading:
        return [(each.source, each.ever) for each in silence.silences(LIMITS, reading, world.now)]


def hear(world: World) -> None:
    with world.store.write(Rank.INTAKE) as writing:
        silence.heard("police/custody", writing, world.now)


def test_a_sender_never_heard_is_silent_from_when_listening_began(world: World) -> None:
    world.at("11-26 14:10")
    assert silent(world) == []
    begin(world)
    world.at("11-26 15:09")
    begin(world)
    assert silent(world) == []
    world.at("11-26 15:10")
    assert silent(world) == [("police/custody", False)]


def test_a_sender_that_was_heard_is_silent_from_then_on(world: World) -> None:
    world.at("11-26 14:10")
    begin(world)
    world.at("11-26 15:30")
    hear(world)
    assert silent(world) == []
    world.now += timedelta(hours=1) - MINUTE
    assert silent(world) == []
    world.now += MINUTE
    assert silent(world) == [("police/custody", True)]
