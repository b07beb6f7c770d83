"""alertd.transport.twilio_voice against a Twilio that speaks the provider's HTTP, and phones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from alertd.model.delivery import CannotSay, Found, InDoubt, NotFound, Outgoing, Refused, RetryLater, Sent
from alertd.model.values import Channel
from alertd.service.call_words import SILENCE
from alertd.transport.engaged import EngagedPhones, OneAtATime
from alertd.transport.rate import Limiter, Rate, RateLimited
from alertd.transport.twilio_account import TwilioAccount
from alertd.transport.twilio_voice import ENGAGED_SECONDS, RING_SECONDS, TALK_SECONDS, TwilioVoice, VoiceHook
from alertd.transport.twiml import ask, say
from tests.doubles.fake_phone import Phone, PlayedCall
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import (
    ACCOUNT,
    BROKEN,
    BUSY,
    DROP_AFTER_TAKING,
    INVALID_NUMBER,
    TOKEN,
    UNAVAILABLE,
    Fault,
)
from tests.transport.conftest import now

TO, FROM = "+447700900123", "+447700900001"
TEXT = "Urgent alert from Urgent Response, reference ending 7, Q, K, 4. Press 1 to accept."
HOOK = "https://urgent.example.gov.uk/hooks/twilio/voice"


class Seconds:
    """Monotonic time of a test."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def engaged(seconds: Seconds) -> EngagedPhones:
    return EngagedPhones(ENGAGED_SECONDS, seconds)


@pytest.fixture
def caller(fake_twilio: FakeTwilio) -> Iterator[TwilioVoice]:
    account = TwilioAccount(ACCOUNT, lambda: TOKEN, fake_twilio.base_url, timedelta(seconds=5))
    made = TwilioVoice(account, FROM, VoiceHook(HOOK))
    yield made
    made.close()


@pytest.fixture
def one_by_one(caller: TwilioVoice, engaged: EngagedPhones) -> OneAtATime:
    return OneAtATime(caller, engaged)


def call(key: str = "n-1", to: str = TO, text: str = TEXT, **changes: float) -> Outgoing:
    return Outgoing(key, Channel.CALL, to, "", text, "482193", **changes)


def test_a_call_says_its_text_twice_takes_one_key_and_says_where_news_of_it_goes(
    fake_twilio: FakeTwilio, caller: TwilioVoice
) -> None:
    outcome = caller.send(call())
    made = fake_twilio.expect_call(TO)
    assert outcome == Sent(made.sid)
    assert made.form == {
        "To": TO,
        "From": FROM,
        "Twiml": ask(TEXT, f"{HOOK}?on=keys&ref=n-1", SILENCE),
        "StatusCallback": f"{HOOK}?on=status&ref=n-1",
        "StatusCallbackEvent": "initiated\nanswered\ncompleted",
        "Timeout": str(RING_SECONDS),
        "TimeLimit": str(TALK_SECONDS),
        "MachineDetection": "Enable",
        "AsyncAmd": "true",
        "AsyncAmdStatusCallback": f"{HOOK}?on=machine&ref=n-1",
    }
    fake_twilio.assert_nothing_else()


@pytest.mark.parametrize("text", [TEXT, 'A & <b> "c" </Say></Gather><Dial>+447700900999</Dial>'])
def test_whoever_presses_nothing_hears_the_text_twice_and_what_follows(
    text: str, fake_twilio: FakeTwilio, caller: TwilioVoice
) -> None:
    caller.send(call(text=text))
    made = fake_twilio.expect_call(TO)
    silent = PlayedCall(made, Phone(judged=""), lambda *_: pytest.fail("nothing was pressed"))
    silent._execute(made.form["Twiml"])
    assert silent.heard == [text, text, SILENCE]
    assert say("Bye.").endswith('<Say language="en-GB">Bye.</Say><Hangup /></Response>')


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (BUSY, RetryLater("answered 429, code 20429", 7.0)),
        (UNAVAILABLE, RetryLater("answered 503, code 20503")),
        (INVALID_NUMBER, Refused("answered 400, code 21211", bad_address=True)),
        (Fault(400, 21215), Refused("answered 400, code 21215")),
        (BROKEN, InDoubt("answered 500, code 20500")),
        (DROP_AFTER_TAKING, InDoubt("ConnectionError")),
    ],
)
def test_each_answer_is_told_apart_by_what_it_proves(
    fault: Fault, outcome: object, fake_twilio: FakeTwilio, caller: TwilioVoice
) -> None:
    fake_twilio.fault(fault)
    assert caller.send(call()) == outcome


def test_a_call_whose_time_is_over_is_not_made(fake_twilio: FakeTwilio, caller: TwilioVoice) -> None:
    assert isinstance(caller.send(call(deadline=0.0)), RetryLater)
    assert fake_twilio.calls() == []


# --- one call at a time


def test_a_phone_is_not_called_while_a_call_to_it_may_be_going_on(
    fake_twilio: FakeTwilio, one_by_one: OneAtATime, seconds: Seconds
) -> None:
    assert isinstance(one_by_one.send(call("n-1")), Sent)
    waits = RetryLater("the phone is being called already", 15.0)
    assert one_by_one.send(call("n-2")) == waits
    assert isinstance(one_by_one.send(call("n-3", to="+447700900124")), Sent)
    seconds.at += ENGAGED_SECONDS - 5
    assert one_by_one.send(call("n-2")) == RetryLater("the phone is being called already", 5.0)
    seconds.at += 5
    assert isinstance(one_by_one.send(call("n-2")), Sent)
    assert len(fake_twilio.calls()) == 3
    assert ENGAGED_SECONDS > RING_SECONDS + 5 + TALK_SECONDS


def test_a_call_that_has_ended_frees_its_phone_and_no_other(one_by_one: OneAtATime, engaged: EngagedPhones) -> None:
    one_by_one.send(call("n-1"))
    engaged.ended("n-9")
    assert isinstance(one_by_one.send(call("n-2")), RetryLater)
    engaged.ended("n-1")
    assert isinstance(one_by_one.send(call("n-2")), Sent)
    engaged.ended("n-1")  # reported twice
    assert isinstance(one_by_one.send(call("n-3")), RetryLater)


@pytest.mark.parametrize(("fault", "is_free"), [(BUSY, True), (INVALID_NUMBER, True), (DROP_AFTER_TAKING, False)])
def test_a_call_that_was_certainly_not_made_engages_nobody(
    fault: Fault, is_free: bool, fake_twilio: FakeTwilio, one_by_one: OneAtATime
) -> None:
    fake_twilio.fault(fault)
    one_by_one.send(call("n-1"))
    assert isinstance(one_by_one.send(call("n-2")), Sent if is_free else RetryLater)


def test_calls_that_wait_for_one_phone_use_up_nothing_of_anothers_rate(
    caller: TwilioVoice, engaged: EngagedPhones, seconds: Seconds
) -> None:
    slow = RateLimited(caller, Limiter(Rate(1.0, 2), Rate(1.0, 10), seconds))
    sender = OneAtATime(slow, engaged)
    assert isinstance(sender.send(call("n-1")), Sent)
    for number in range(2, 12):
        assert sender.send(call(f"n-{number}")) == RetryLater("the phone is being called already", 15.0)
    assert isinstance(sender.send(call("n-12", to="+447700900124")), Sent)
    limited = sender.send(call("n-13", to="+447700900125"))
    assert isinstance(limited, RetryLater)
    assert limited.reason == "rate limit"
    seconds.at += 1.0
    assert isinstance(sender.send(call("n-13", to="+447700900125")), Sent)


# --- in doubt


def test_a_call_in_doubt_is_found_again_by_number_and_time(fake_twilio: FakeTwilio, caller: TwilioVoice) -> None:
    begun = now()
    fake_twilio.fault(DROP_AFTER_TAKING)
    assert isinstance(caller.send(call()), InDoubt)
    assert caller.look_up(call(text=""), begun) == Found(fake_twilio.expect_call(TO).sid)
    assert caller.look_up(call(text=""), begun - timedelta(minutes=5)) == NotFound()
    assert caller.look_up(call(text=""), begun + timedelta(minutes=5)) == NotFound()
    assert caller.look_up(call(to="+447700900124"), begun) == NotFound()


def test_a_call_that_was_never_taken_is_not_found(fake_twilio: FakeTwilio, caller: TwilioVoice) -> None:
    fake_twilio.fault(BROKEN)
    begun = now()
    assert isinstance(caller.send(call()), InDoubt)
    assert caller.look_up(call(), begun) == NotFound()


def test_a_provider_that_cannot_be_asked_proves_nothing(fake_twilio: FakeTwilio, caller: TwilioVoice) -> None:
    caller.close()
    account = TwilioAccount(ACCOUNT, lambda: "no such secret", fake_twilio.base_url, timedelta(seconds=5))
    stranger = TwilioVoice(account, FROM, VoiceHook(HOOK))
    assert stranger.look_up(call(), now()) == CannotSay("answered 401")
    stranger.close()
