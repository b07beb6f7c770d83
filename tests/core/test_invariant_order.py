"""Invariant 3: order does not matter. And: stepping through messages gives what judging all of them at once gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.nightly import examples
from tests.core.stories import histories
from tests.core.world import Input, Picture, World

pytestmark = pytest.mark.unmeasured


def _as_they_come(inputs: Sequence[Input], now: datetime) -> Picture:
    """Each message at its own moment, time running on between them."""
    world = World()
    for each in inputs:
        world.run_to(each.received_at - timedelta(seconds=30))
        world.take([each])
    world.run_to(now)
    return world.picture(now)


def _shuffled(inputs: Sequence[Input], now: datetime, seed: int) -> Picture:
    """After an outage: any order, any batches, with duplicates, all at one moment."""
    random = Random(seed)
    deliveries = [*inputs, *random.sample(inputs, random.randint(0, len(inputs)))]
    random.shuffle(deliveries)
    world = World()
    while deliveries:
        size = random.choice((1, 1, 2, len(deliveries)))
        world.take(deliveries[:size], now)
        del deliveries[:size]
        if random.random() < 0.3:
            world.run_to(now)
    world.run_to(now)
    return world.picture(now)


@examples(60)
@given(inputs=histories(), seed=st.integers(0, 2**16), later=st.sampled_from((1, 30, 90, 600, 4000)))
def test_any_order_of_processing_ends_in_the_same_cases_labels_clocks_and_obligations(
    inputs: tuple[Input, ...], seed: int, later: int
) -> None:
    now = inputs[-1].received_at + timedelta(minutes=later)
    live = _as_they_come(inputs, now)
    assert _shuffled(inputs, now, seed) == live
    assert _shuffled(inputs, now, seed + 1) == live


@examples(40)
@given(inputs=histories(), later=st.sampled_from((1, 90, 4000)))
def test_one_step_from_what_is_recorded_equals_judging_the_whole_history_again(
    inputs: tuple[Input, ...], later: int
) -> None:
    now = inputs[-1].received_at + timedelta(minutes=later)
    whole = World(keep_order=False)
    for each in inputs:
        whole.run_to(each.received_at - timedelta(seconds=30))
        whole.take([each])
    whole.run_to(now)
    expected = whole.picture(now)
    assert _as_they_come(inputs, now) == expected
