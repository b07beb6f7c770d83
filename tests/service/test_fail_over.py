"""Which provider takes the next message: pure values first, then any history of answers.

Source: issue 3, item 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.delivery import InDoubt, Outcome, Refused, RetryLater, Sent
from alertd.model.values import Channel
from alertd.service.fail_over import FIRST_REST, MOST_REST, PATIENCE, TRIAL, FailOver, Health, first_well

AWAY, SILENT, TAKEN = RetryLater("answered 503"), InDoubt("no answer in time"), Sent("1")
ACCOUNT = Refused("answered 401", account="our secret is wrong. Remedy: write it anew")
WELL = Health()


def after(*outcomes: Outcome, moment: float = 100.0, health: Health = WELL) -> Health:
    """How a provider stands after answers that all came at one moment."""
    for outcome in outcomes:
        health = health.began(moment).ended(moment, outcome, moment)
    return health


@pytest.mark.parametrize(
    ("outcomes", "is_open"),
    [
        ((), False),
        ((AWAY,), False),
        ((AWAY, AWAY), True),
        ((SILENT, SILENT), True),
        ((AWAY, SILENT), True),
        ((AWAY, TAKEN, AWAY), False),
        ((AWAY, Refused("bad", bad_address=True), AWAY), False),
        ((ACCOUNT,), True),
        ((RetryLater("rate limit", 1.0, held_back=True),) * 5, False),
        ((None,) * 5, False),
    ],
)
def test_two_failures_in_a_row_or_a_refused_account_and_it_is_passed_over(
    outcomes: tuple[Outcome, ...], is_open: bool
) -> None:
    assert after(*outcomes).is_open is is_open


def test_it_rests_then_one_message_tries_it_and_its_rest_doubles_up_to_five_minutes() -> None:
    health, moment = after(AWAY, AWAY), 100.0
    rests: list[float] = []
    while len(rests) < 7:
        rests.append(health.rest)
        assert not health.takes(moment + health.rest - 0.1)
        moment += health.rest
        assert health.takes(moment)
        health = health.chosen(moment)
        assert not health.takes(moment), "one message at a time"
        health = after(AWAY, moment=moment, health=health)
    assert rests[:3] == [FIRST_REST, FIRST_REST * 2, FIRST_REST * 4]
    assert rests[-1] == MOST_REST
    assert after(TAKEN, moment=moment, health=health) == WELL, "well again, whatever was before"


def test_a_trial_that_never_left_does_not_shut_it_out() -> None:
    health = after(AWAY, AWAY).chosen(200.0)
    assert not health.takes(200.0 + TRIAL - 0.1)
    assert health.takes(200.0 + TRIAL)


def test_answers_to_requests_from_before_do_not_lengthen_its_rest() -> None:
    health = after(AWAY, AWAY)
    assert after(SILENT, AWAY, moment=105.0, health=health).until == health.until


def test_one_that_is_silent_gets_nothing_more_until_it_answers() -> None:
    health = WELL.began(100.0)
    assert health.takes(100.0 + PATIENCE)
    assert not health.takes(100.1 + PATIENCE)
    assert health.ended(100.0, TAKEN, 104.0).takes(104.0)
    assert health.takes(200.0), "a request that never ended is forgotten"


@pytest.mark.parametrize(
    ("first", "second", "not_this", "chosen"),
    [
        (WELL, WELL, None, 0),
        (after(ACCOUNT), WELL, None, 1),
        (WELL, WELL, 0, 1),
        (after(ACCOUNT), after(ACCOUNT, moment=101.0), None, 0),
        (after(ACCOUNT, moment=101.0), after(ACCOUNT), None, 1),
        (WELL, after(ACCOUNT), 0, 1),
    ],
)
def test_the_first_that_is_well_takes_it_and_with_none_well_it_waits_for_nobody(
    first: Health, second: Health, not_this: int | None, chosen: int
) -> None:
    assert first_well([first, second], 102.0, not_this) == chosen


def test_an_only_provider_takes_everything() -> None:
    assert first_well([after(ACCOUNT)], 100.0, 0) == 0


@dataclass(frozen=True)
class _Named:
    name: str


PAIR = (_Named("twilio"), _Named("notify"))
outcomes = st.sampled_from([TAKEN, AWAY, SILENT, ACCOUNT, Refused("bad", bad_address=True)])


@given(st.lists(st.tuples(outcomes, st.floats(0.0, 400.0)), max_size=60))
def test_whatever_happened_a_provider_that_is_well_again_is_used_again(history: list[tuple[Outcome, float]]) -> None:
    """Fail-back: the first one has nothing but good answers from here on, and soon takes everything."""
    fail_over, moment = FailOver(), 0.0
    for outcome, pause in history:
        moment += pause
        place = fail_over.choose(Channel.SMS, PAIR, moment)
        fail_over.began(Channel.SMS, PAIR[place].name, moment)
        fail_over.ended(Channel.SMS, PAIR[place].name, moment, outcome, moment)
    moment += MOST_REST + TRIAL
    for _ in range(3):
        place = fail_over.choose(Channel.SMS, PAIR, moment)
        fail_over.ended(Channel.SMS, PAIR[place].name, moment, TAKEN, moment)
        moment += 1.0
    assert fail_over.choose(Channel.SMS, PAIR, moment) == 0
    assert fail_over.standing()["sms twilio"] == "" if history else True


@given(st.integers(1, 200), st.floats(0.1, 20.0))
def test_a_dead_first_provider_is_asked_ever_less_and_the_second_one_takes_all_else(number: int, every: float) -> None:
    fail_over, asked = FailOver(), []
    for message in range(number):
        moment = message * every
        place = fail_over.choose(Channel.SMS, PAIR, moment)
        if place == 0:
            asked.append(moment)
        fail_over.ended(Channel.SMS, PAIR[place].name, moment, TAKEN if place else AWAY, moment)
    trials = asked[1:]
    assert all(later - earlier >= FIRST_REST for earlier, later in pairwise(trials))
    assert len(asked) <= 2 + 5 + number * every / MOST_REST


def test_it_says_who_is_passed_over_and_tells_providers_of_two_channels_apart() -> None:
    fail_over = FailOver()
    assert fail_over.ended(Channel.SMS, "notify", 0.0, ACCOUNT, 0.0)
    assert not fail_over.ended(Channel.SMS, "notify", 0.0, ACCOUNT, 0.0), "said once"
    assert fail_over.choose(Channel.EMAIL, [_Named("notify")], 0.0) == 0
    assert fail_over.standing() == {"email notify": "", "sms notify": "answered 401"}
