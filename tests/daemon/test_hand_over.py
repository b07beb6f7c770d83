"""The tick loop makes hand-overs; one that cannot be made holds nothing up, and the administrators hear of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alertd.cli.opening import people
from alertd.daemon.parts import Parts
from alertd.daemon.troubles import Troubles
from alertd.daemon.turns import DeliverTurn, PlanTurn, TickTurn
from alertd.model.ids import PersonId
from alertd.service.intake import Arrival
from alertd.service.messages import Properties
from tests.daemon.conftest import NOW
from tests.e2e.incidents import incident

CLOSES = NOW.replace(hour=17, minute=15)


@dataclass
class Time:
    """A clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def turned(parts: Parts, troubles: Troubles, time: Time) -> Callable[[datetime], None]:
    """Take turns at a moment until nothing is left to do."""
    timed = replace(parts, now=time)
    tick = TickTurn(timed, troubles, lambda: None)
    plan, deliver = PlanTurn(timed, troubles, lambda: None), DeliverTurn(timed, troubles)

    def turn(at: datetime) -> None:
        time.now = at
        while tick() == 0.0 or plan() == 0.0 or deliver() == 0.0:
            pass

    return turn


def accepted(parts: Parts) -> None:
    parts.intake.take([Arrival(incident("custody"), Properties(), NOW)], NOW)
    with parts.store.read() as reading:
        ((row, _),) = reading.list_alerts(open_only=True, limit=2)
    people(parts).accept(row.ref, PersonId("mash_duty_phone"), NOW)


def test_the_loop_makes_the_list_at_the_moment_of_hand_over(
    parts: Parts, folder: Path, turned: Callable[[datetime], None]
) -> None:
    turned(NOW - timedelta(seconds=1))
    accepted(parts)
    outbox = folder / "var" / "outbox" / "messages.jsonl"
    turned(CLOSES - timedelta(seconds=1))
    assert "Hand-over" not in outbox.read_text()
    turned(CLOSES)
    assert outbox.read_text().count("Hand-over: 1 case, list in your mail. EDT: reply Y") == 1
    turned(CLOSES + timedelta(seconds=1))
    assert outbox.read_text().count("Hand-over: 1 case, list in your mail. EDT: reply Y") == 1


def test_a_hand_over_that_cannot_be_made_is_told_and_deadlines_go_on(
    parts: Parts, folder: Path, turned: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    turned(NOW - timedelta(seconds=1))
    parts.intake.take([Arrival(incident("custody"), Properties(), NOW)], NOW)

    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("alertd.service.handover.hand_over_list", broken)
    turned(CLOSES)
    with parts.store.read() as reading:
        notes = reading.list_notifications((), 100)
        told = [dict(row.note)["source"] for note in notes for row in reading.obligations(note.lines) if row.note]
    assert any("cannot work hand-over to edt (RuntimeError)" in text for text in told)
    assert "+447700900111" in (folder / "var" / "outbox" / "messages.jsonl").read_text()
