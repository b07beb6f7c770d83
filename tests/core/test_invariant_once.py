"""Invariants 1, 2 and 4: nothing is lost, nothing is asked for twice, and a clock fires once whenever one looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.case import LineState, MessageOutcome, ObligationKey
from tests.core.nightly import examples
from tests.core.stories import histories
from tests.core.world import Input, World, live

pytestmark = pytest.mark.unmeasured

_TOLD = (LineState.TOLD, LineState.PENDING)


@examples(25)
@given(inputs=histories(), seed=st.integers(0, 2**16))
def test_every_message_ends_in_exactly_one_outcome_and_the_totals_add_up(inputs: tuple[Input, ...], seed: int) -> None:
    random = Random(seed)
    world = World()
    deliveries = [*inputs, *random.choices(inputs, k=random.randint(0, 4))]
    random.shuffle(deliveries)
    now = inputs[-1].received_at
    for each in deliveries:
        found = world.take([each], now)
        assert sum(found.values()) == 1
    world.run_to(now)
    outcomes = world.outcomes()
    assert outcomes["received"] == len(deliveries) == world.delivered
    assert sum(outcomes[each.value] for each in MessageOutcome) == len(deliveries)
    assert outcomes["duplicate"] == len(deliveries) - len(inputs)
    assert outcomes["orphan"] == len(world.orphans())
    held = {m.message.id for facts in world.cases() for m in facts.messages} | world.orphans()
    assert held == {each.id for each in inputs}


@examples(25)
@given(inputs=histories(longest=7), later=st.sampled_from((1, 90, 4000)))
def test_keys_are_unique_deciding_twice_adds_nothing_and_what_stands_is_what_is_wanted(
    inputs: tuple[Input, ...], later: int
) -> None:
    world = World()
    for each in inputs:
        world.run_to(each.received_at - timedelta(seconds=30))
        world.tell(each.received_at)
        world.take([each])
    now = inputs[-1].received_at + timedelta(minutes=later)
    world.run_to(now)
    before = world.ledger()
    shared = [row for row in before if row.key.scope == "*"]
    own = [row for row in before if row.key.scope != "*"]
    assert max(Counter(row.key for row in own).values(), default=1) == 1
    with world.store.read() as reading:
        again = world.casework().decide_again([facts.row.id for facts in world.cases()], now, reading)
    assert [row.key for each in again.decided for row in each.decision.new] == []
    assert [row.key for each in again.decided for row in each.decision.changed] == []
    wanted = {row.key for rows in world.wanted(now).values() for row in rows}
    standing = {row.key for row in live(own)}
    assert {key for key in standing - wanted if not _stays(key)} == set()
    assert wanted - {row.key for row in (*own, *shared)} == set()


def _stays(key: ObligationKey) -> bool:
    """What is told stays told: the breach of a clock that was met late, with its repeats, and a note on data since
    corrected.
    """
    is_breach = key.about.startswith("clock:") and key.step.startswith("breach")
    return key.about == "quality" or is_breach or (key.about == "alert" and key.step.startswith("golden_hour."))


def _fired(inputs: Sequence[Input], looks: Sequence[datetime], now: datetime) -> dict[ObligationKey, bool]:
    """Keys that were told or passed over, true where told, when one looks at these moments only."""
    world = World()
    for each in inputs:
        world.take([each], each.received_at)
    for look in [*looks, now]:
        world.run_to(look)
    return {row.key: row.state in _TOLD for row in world.ledger() if not row.key.step.endswith("!")}


@examples(25)
@given(inputs=histories(longest=4), minutes=st.lists(st.integers(1, 5000), max_size=6, unique=True))
def test_a_clock_fires_once_whatever_moments_one_looks_at(inputs: tuple[Input, ...], minutes: list[int]) -> None:
    last = inputs[-1].received_at
    now = last + timedelta(minutes=5001)
    often = _fired(inputs, [last + timedelta(minutes=each, seconds=17) for each in sorted(minutes)], now)
    once = _fired(inputs, [], now)
    assert often.keys() == once.keys()
    assert {key for key, told in once.items() if told} <= {key for key, told in often.items() if told}


@examples(20)
@given(inputs=histories(longest=6), minutes=st.integers(1, 60_000))
def test_time_alone_never_changes_a_match(inputs: tuple[Input, ...], minutes: int) -> None:
    world = World()
    for each in inputs:
        world.take([each])
    now = inputs[-1].received_at
    world.run_to(now)
    before = _matching(world)
    world.run_to(now + timedelta(minutes=minutes))
    assert before <= _matching(world)
    assert {rule for rule, _ in _matching(world) - before} <= {"missed_contact"}


def _matching(world: World) -> set[tuple[str, str]]:
    return {(run.rule, f"{run.key}{run.asks}") for facts in world.cases() for run in facts.runs if run.ended_at is None}
