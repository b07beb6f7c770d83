"""Rate limits, captured messages, back-off and the hard deadline."""

from __future__ import annotations

import json
import mailbox
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.delivery import CannotSay, Found, NotFound, Outgoing, RetryLater, Sent
from alertd.model.values import Channel
from alertd.transport.backoff import Backoff
from alertd.transport.capture import CaptureSender
from alertd.transport.hard_deadline import Overdue, within
from alertd.transport.rate import Limiter, Rate, RateLimited

MOMENT = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)
A, B = "+447700900001", "+447700900002"


class Clock:
    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


def sms(key: str = "n-1", to: str = A) -> Outgoing:
    return Outgoing(key, Channel.SMS, to, "", "Reply Y482193", "482193")


def email(key: str = "n-1") -> Outgoing:
    return Outgoing(key, Channel.EMAIL, "duty@example.gov.uk", "Line\none", "Please accept.\n", "482193")


# --- rates ---


def test_a_burst_goes_at_once_and_then_the_rate_holds(clock: Clock) -> None:
    limiter = Limiter(Rate(2, 3), Rate(100, 100), clock)
    assert [limiter.admit(A) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert limiter.admit(A) == pytest.approx(0.5)
    clock.moment += 0.5
    assert limiter.admit(A) == 0.0
    assert limiter.admit(A) > 0


def test_a_busy_address_uses_up_nothing_of_the_others(clock: Clock) -> None:
    limiter = Limiter(Rate(10, 10), Rate(1, 2), clock)
    assert [limiter.admit(A) for _ in range(50)].count(0.0) == 2
    assert [limiter.admit(B) for _ in range(50)].count(0.0) == 2
    assert [limiter.admit(f"+44770090{n:04d}") for n in range(50)].count(0.0) == 6


def test_a_full_sender_uses_up_nothing_of_an_address(clock: Clock) -> None:
    limiter = Limiter(Rate(1, 1), Rate(1, 1), clock)
    assert limiter.admit(B) == 0.0
    assert limiter.admit(A) > 0
    clock.moment += 1.0
    assert limiter.admit(A) == 0.0


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from([A, B])), max_size=100))
def test_no_pattern_of_asking_gets_more_than_rate_and_burst(asked: list[tuple[float, str]]) -> None:
    clock = Clock()
    limiter = Limiter(Rate(2, 4), Rate(1, 2), clock)
    admitted = {A: 0, B: 0}
    for pause, address in asked:
        clock.moment += pause
        admitted[address] += limiter.admit(address) == 0.0
    passed = clock.moment - 1000
    assert sum(admitted.values()) <= 4 + 2 * passed + 0.01
    assert all(number <= 2 + passed + 0.01 for number in admitted.values())


def test_waiting_as_long_as_told_is_long_enough(clock: Clock) -> None:
    limiter = Limiter(Rate(7, 1), Rate(3, 1), clock)
    for _ in range(100):
        clock.moment += limiter.admit(A)
        assert limiter.admit(A) in (0.0, pytest.approx(1 / 3))


def test_addresses_are_forgotten_when_they_are_fresh_again(clock: Clock) -> None:
    limiter = Limiter(Rate(1e6, 10_000), Rate(1, 1), clock)
    for n in range(1001):
        limiter.admit(str(n))
    clock.moment += 10
    limiter.admit("one more")
    assert len(limiter._addresses) == 1


def test_a_limited_sender_says_when_instead_of_waiting(clock: Clock, tmp_path: Path) -> None:
    sender = RateLimited(CaptureSender(tmp_path, lambda: MOMENT), Limiter(Rate(1, 1), Rate(1, 1), clock))
    assert sender.name == "capture"
    assert isinstance(sender.send(sms()), Sent)
    later = sender.send(sms("n-2"))
    assert isinstance(later, RetryLater)
    assert later.after == pytest.approx(1.0)
    assert isinstance(sender.look_up(sms(), MOMENT), Found)
    assert sender.look_up(sms("n-2"), MOMENT) == NotFound()


# --- capture ---


def test_texts_and_calls_are_kept_as_json_lines(tmp_path: Path) -> None:
    shown: list[Outgoing] = []
    sender = CaptureSender(tmp_path, lambda: MOMENT, shown.append)
    outcome = sender.send(sms())
    sender.send(Outgoing("n-2", Channel.CALL, B, "", "Press 1"))
    first, second = map(json.loads, (tmp_path / "messages.jsonl").read_text().splitlines())
    assert outcome == Sent(first["id"])
    assert first["at"] == "2026-11-26T14:10:00+00:00"
    assert (first["channel"], first["to"], first["text"]) == ("sms", A, "Reply Y482193")
    assert second["channel"] == "call"
    assert [one.key for one in shown] == ["n-1", "n-2"]


def test_mail_is_kept_in_a_maildir(tmp_path: Path) -> None:
    CaptureSender(tmp_path, lambda: MOMENT).send(email())
    ((_, kept),) = mailbox.Maildir(tmp_path / "Maildir").items()
    assert kept["Subject"] == "Line one"
    assert kept["To"] == "duty@example.gov.uk"
    assert kept["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("make", [sms, email])
def test_a_repeat_is_kept_again_under_the_same_id_even_after_a_restart(tmp_path: Path, make: type) -> None:
    first = CaptureSender(tmp_path, lambda: MOMENT).send(make())
    assert CaptureSender(tmp_path, lambda: MOMENT).send(make()) == first
    assert CaptureSender(tmp_path, lambda: MOMENT).send(make("n-2")) != first
    lines = tmp_path / "messages.jsonl"
    kept = len(lines.read_text().splitlines()) if lines.exists() else len(mailbox.Maildir(tmp_path / "Maildir"))
    assert kept == 3


@pytest.mark.parametrize("make", [sms, email])
def test_what_was_kept_is_found(tmp_path: Path, make: type) -> None:
    sender = CaptureSender(tmp_path, lambda: MOMENT)
    assert sender.look_up(make(), MOMENT) == NotFound()
    outcome = sender.send(make())
    assert isinstance(outcome, Sent)
    assert sender.look_up(make(), MOMENT) == Found(outcome.provider_id)
    assert sender.look_up(make("n-2"), MOMENT) == NotFound()


def test_a_broken_disk_takes_nothing_and_cannot_say(tmp_path: Path) -> None:
    shown: list[Outgoing] = []
    sender = CaptureSender(tmp_path, lambda: MOMENT, shown.append)
    (tmp_path / "messages.jsonl").mkdir()
    assert isinstance(sender.send(sms()), RetryLater)
    assert isinstance(sender.look_up(sms(), MOMENT), CannotSay)
    assert shown == []


# --- patience ---


def test_waits_double_up_to_the_most_and_begin_again_after_a_success() -> None:
    backoff = Backoff(timedelta(seconds=1), timedelta(seconds=10), random=Random(1))
    waits = [backoff.failed().total_seconds() for _ in range(8)]
    for wait, whole in zip(waits, [1, 2, 4, 8, 10, 10, 10, 10], strict=True):
        assert whole / 2 <= wait <= whole
    backoff.succeeded()
    assert backoff.failed() <= timedelta(seconds=1)


def test_a_call_in_time_gives_its_result_or_its_error() -> None:
    assert within(5, lambda: 42) == 42
    with pytest.raises(ValueError, match="invalid literal"):
        within(5, lambda: int("x"))


def test_a_late_call_is_left_behind() -> None:
    go_on = threading.Event()
    with pytest.raises(Overdue):
        within(0.05, lambda: go_on.wait(10))
    go_on.set()
