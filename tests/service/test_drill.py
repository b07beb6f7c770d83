"""An exercise goes the way of a real alert and is marked in every text; nobody else can make an alert look like one."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from alertd.model.case import MessageOutcome
from alertd.model.exercise import SOURCE
from alertd.model.ids import PersonId
from alertd.model.message import Message
from alertd.model.values import Channel
from alertd.service.drill import VALID_FOR, Drill, begin, course, is_forged
from alertd.service.messages import Properties, decode
from alertd.service.people import Fact
from alertd.service.tokens import tokens
from tests.service.world import MINUTE, World, custody


def begun(world: World) -> Drill:
    return begin(world.now, world.rules.ruling.terms.hashed, lambda: "exercise-1")


def read(world: World, body: bytes) -> Message:
    found = decode(body, Properties(), world.now, keyed_hash=world.rules.ruling.terms.hashed)
    assert isinstance(found, Message)
    return found


@pytest.fixture
def drill(world: World) -> Drill:
    world.at("11-26 14:10")
    return begun(world)


def test_an_exercise_alerts_the_team_on_duty_and_every_text_says_so(world: World, drill: Drill) -> None:
    sent = world.told(drill.body)
    assert {each.by for each in sent if each.to == "mash"} == {Channel.SMS, Channel.EMAIL}
    for each in sent:
        assert "EXERCISE" in each.text, each


def test_the_call_of_an_exercise_says_that_it_is_one(world: World, drill: Drill) -> None:
    world.told(drill.body)
    world.at("11-26 14:15")
    (call,) = [each for each in world.sent if each.by is Channel.CALL]
    assert call.text.strip().startswith("Exercise only, not a real alert. Urgent alert from ")


def test_an_exercise_climbs_the_ladder_and_its_acceptance_is_measured(world: World, drill: Drill) -> None:
    world.told(drill.body)
    record = tokens(read(world, drill.body), world.rules.ruling.terms.hashed).record
    world.now += 3 * MINUTE
    with world.store.read() as reading:
        found = course(reading, record)
    assert found is not None
    assert found.waited(drill.begun_at) is None
    assert found.sent
    world.accept(world.only_case().row.ref)
    with world.store.read() as reading:
        found = course(reading, record)
    assert found is not None
    assert found.waited(drill.begun_at) == 3 * MINUTE


def test_before_its_message_is_taken_in_an_exercise_has_no_course(world: World, drill: Drill) -> None:
    record = tokens(read(world, drill.body), world.rules.ruling.terms.hashed).record
    with world.store.read() as reading:
        assert course(reading, record) is None


def test_when_an_exercise_ends_everybody_told_is_stood_down_and_no_clock_runs(world: World, drill: Drill) -> None:
    world.told(drill.body)
    ref = world.only_case().row.ref
    before = len(world.sent)
    world.people.record(ref, Fact("false_alarm", world.now), PersonId("mash_duty_phone"), world.now)
    world.settle()
    assert "stand_down" in {name for each in world.sent[before:] for name in each.templates}
    assert all(clock.withdrawn_at is not None for clock in world.only_case().clocks)


def test_once_something_real_joins_it_no_text_says_exercise(world: World, drill: Drill) -> None:
    world.told(drill.body)
    data = json.loads(drill.body)["data"]
    real = {**custody(), "person": data["person"], "custody": data["custody"]}
    before = len(world.sent)
    world.told(world.incident({**real, "incident": {"offence": ["wounding_gbh"]}}))
    assert world.only_case().row.cohort == "custody"
    assert all("EXERCISE" not in each.text for each in world.sent[before:])


def forged(drill: Drill, id_: str) -> bytes:
    return json.dumps({**json.loads(drill.body), "id": id_}).encode()


@pytest.mark.parametrize(
    "id_",
    ["", "exercise-1", "exercise-1.1795000000", "exercise-1.now.0000", "exercise-1.99999999999999999999.00", "a.²."],
)
def test_a_message_that_only_claims_to_be_an_exercise_is_quarantined_and_wakes_the_team(
    world: World, drill: Drill, id_: str
) -> None:
    body = forged(drill, id_ or "x" + json.loads(drill.body)["id"])
    assert world.give(body) == {MessageOutcome.QUARANTINED: 1}
    world.settle()
    assert ("mash", "sms") in {
        (each.to, each.by.value) for each in world.sent if "unreadable_message" in each.templates
    }


def test_an_exercise_of_long_ago_is_not_taken_again(world: World, drill: Drill) -> None:
    world.now += VALID_FOR
    assert not is_forged(read(world, drill.body), world.rules.ruling.terms.hashed)
    world.now += timedelta(seconds=1)
    assert is_forged(read(world, drill.body), world.rules.ruling.terms.hashed)


def test_no_other_sender_is_taken_for_an_exercise(world: World) -> None:
    world.at("11-26 14:10")
    message = read(world, world.incident(custody(), source=SOURCE + "s"))
    assert not is_forged(message, world.rules.ruling.terms.hashed)
