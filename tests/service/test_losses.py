"""Why alerts may be lost is answered once for a rule set, by somebody, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alertd.model.errors import NotPossible
from alertd.model.ids import PersonId, Version
from alertd.service.losses import Answer, answer, answered, answers
from alertd.service.ports import Rank
from tests.service.world import World


def _given(world: World, version: str, because: str, minutes: int = 0) -> Answer:
    given = Answer(Version(version), because, PersonId("a_admin"), world.now + timedelta(minutes=minutes), 3)
    with world.store.write(Rank.PEOPLE) as writing:
        answer(given, writing)
    return given


def test_a_set_is_not_answered_for_before_somebody_gives_a_reason_and_no_other_set_is(world: World) -> None:
    with world.store.read() as reading:
        assert answered(reading, Version("abc")) is None
    _given(world, "abc", "The panel\nagreed  it.")
    with world.store.read() as reading:
        assert answered(reading, Version("abc")) == "The panel agreed it."
        assert answered(reading, Version("abd")) is None


def test_a_later_answer_takes_the_place_of_the_one_before_and_the_newest_comes_first(world: World) -> None:
    _given(world, "abc", "One.")
    other = _given(world, "abd", "Two.", minutes=1)
    newest = _given(world, "abc", "Three.", minutes=2)
    with world.store.read() as reading:
        assert answers(reading) == (newest, other)


def test_no_reason_is_no_answer(world: World) -> None:
    with pytest.raises(NotPossible, match="say why"):
        _given(world, "abc", " \n")
    with world.store.read() as reading:
        assert answers(reading) == ()
