"""When texts are slow: never by a few, never by those just sent, and over again as soon as one is quick."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alertd.core.pace import ENOUGH, RECEIPT_WITHIN, WINDOW, is_slow
from alertd.model.delivery import Awaited

NOW = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def sent(ago: float, took: float | None = None) -> Awaited:
    """A text sent so many minutes ago, and confirmed after so many."""
    at = NOW - ago * MINUTE
    return Awaited(at, None if took is None else at + took * MINUTE)


def _text(ago: int, took: int | None) -> Awaited:
    return sent(ago / 60, None if took is None else min(took, ago) / 60)


TEXTS = st.lists(st.builds(_text, st.integers(0, 1200), st.none() | st.integers(0, 1200)), max_size=12)


def test_three_texts_without_a_receipt_after_five_minutes_are_slow() -> None:
    late = [sent(5.1), sent(9), sent(14)]
    assert is_slow(late, NOW, was=False)
    assert not is_slow(late[1:], NOW, was=False), "one phone that is off looks slow too"


def test_exactly_five_minutes_are_in_time() -> None:
    assert not is_slow([sent(14, 5)] * ENOUGH, NOW, was=False)
    assert is_slow([sent(14, 5.1)] * ENOUGH, NOW, was=False)
    assert not is_slow([sent(5)] * ENOUGH, NOW, was=False)


def test_a_text_that_has_just_left_says_nothing() -> None:
    assert is_slow([sent(12), sent(13), sent(14), *[sent(0.1)] * 20], NOW, was=False)


def test_it_is_over_as_soon_as_the_median_is_quick_again_and_stays_without_evidence() -> None:
    assert is_slow([], NOW, was=True)
    assert is_slow([sent(1)], NOW, was=True)
    assert is_slow([sent(14), sent(13), sent(2, 0.1)], NOW, was=True)
    assert not is_slow([sent(2, 0.1)], NOW, was=True)


@given(texts=TEXTS, was=st.booleans(), seed=st.randoms())
def test_order_does_not_matter_nor_does_what_was_sent_before_the_window(
    texts: list[Awaited], was: bool, seed: object
) -> None:
    judged = is_slow(texts, NOW, was=was)
    shuffled = list(texts)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert is_slow(shuffled, NOW, was=was) is judged
    old = [Awaited(NOW - WINDOW - MINUTE, None)] * 5
    assert is_slow([*texts, *old], NOW, was=was) is judged


@given(texts=TEXTS, was=st.booleans(), which=st.integers(0, 11), more=st.integers(0, 900))
def test_a_receipt_that_came_later_never_makes_texts_quick(
    texts: list[Awaited], was: bool, which: int, more: int
) -> None:
    confirmed = [each for each in texts if each.receipt_at is not None]
    if confirmed and is_slow(texts, NOW, was=was):
        one = confirmed[which % len(confirmed)]
        assert one.receipt_at is not None
        later = min(NOW, one.receipt_at + timedelta(seconds=more))
        assert is_slow([replace(one, receipt_at=later) if each is one else each for each in texts], NOW, was=was)


@given(texts=TEXTS, was=st.booleans())
def test_nothing_in_time_is_slow_and_fewer_than_three_never_begin(texts: list[Awaited], was: bool) -> None:
    quick = [replace(each, receipt_at=min(NOW, each.sent_at + RECEIPT_WITHIN)) for each in texts]
    assert not is_slow(quick, NOW, was=False)
    assert not is_slow(texts[: ENOUGH - 1], NOW, was=False)
    assert is_slow(texts, NOW, was=was) in (True, False)
    if is_slow(texts, NOW, was=False):
        assert is_slow(texts, NOW, was=True), "it takes more to begin than to go on"
