"""What the administrators must know reaches the store once a key, whenever the store can be written."""

from __future__ import annotations

from datetime import timedelta

import pytest
import structlog

from alertd.daemon.parts import Parts
from alertd.daemon.troubles import Troubles
from alertd.daemon.watch_feed import PATIENCE, FeedWatch
from alertd.model.errors import StoreUnavailable
from alertd.transport.feed import Alarm, FeedState, FeedStatus
from tests.daemon.conftest import NOW


def lines(parts: Parts) -> list[str]:
    """Texts that wait to be sent to the administrators."""
    with parts.store.read() as reading:
        waiting = reading.waiting(NOW, 100)
    assert {row.key.role for row in waiting} <= {"rules_admin"}
    return [dict(row.note)["source"] for row in waiting]


def test_the_same_trouble_is_told_once_also_after_it_was_written(parts: Parts, troubles: Troubles) -> None:
    for _ in range(2):
        for _ in range(3):
            troubles.tell("engine", "2026112614", "no answer")
        troubles.write(parts.store)

    assert lines(parts) == ["no answer"]


def test_troubles_wait_for_a_store_that_is_away(
    parts: Parts, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    troubles.tell("engine", "1", "no answer")
    with monkeypatch.context() as broken:
        broken.setattr(type(parts.store), "write", away)
        with pytest.raises(StoreUnavailable):
            troubles.write(parts.store)

    assert troubles.write(parts.store) == 1
    assert lines(parts) == ["no answer"]


def test_a_feed_that_is_down_for_a_minute_is_told_once_a_day(parts: Parts, troubles: Troubles) -> None:
    watch = FeedWatch(troubles)
    down = FeedStatus(FeedState.RETRYING, NOW, "connection refused", failures=9)

    watch.look(down, NOW + PATIENCE - timedelta(seconds=1))
    troubles.write(parts.store)
    assert lines(parts) == []

    for later in (PATIENCE, PATIENCE * 2, timedelta(days=1)):
        watch.look(down, NOW + later)
        troubles.write(parts.store)
    assert len(lines(parts)) == 2
    assert all("connection refused" in text and "since 14:10 Thu 26 Nov" in text for text in lines(parts))


def test_a_feed_that_is_up_is_no_trouble(parts: Parts, troubles: Troubles) -> None:
    watch = FeedWatch(troubles)
    for state in (FeedState.CONSUMING, FeedState.CONNECTING, FeedState.STOPPED):
        watch.look(FeedStatus(state, NOW), NOW + timedelta(days=2))
    assert troubles.write(parts.store) == 0


def test_what_a_feed_asks_to_be_mended_is_passed_on(parts: Parts, troubles: Troubles) -> None:
    watch = FeedWatch(troubles)
    for _ in range(3):
        watch.alarm(Alarm("queue_unserved", "The queue cannot be served."), NOW)
    troubles.write(parts.store)
    assert lines(parts) == ["The queue cannot be served."]


def test_troubles_are_logged_even_when_the_store_never_comes_back(troubles: Troubles) -> None:
    with structlog.testing.capture_logs() as logged:
        troubles.tell("feed", "1", "No messages.")
    assert [event["event"] for event in logged] == ["trouble_told"]
