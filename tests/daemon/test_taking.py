"""A batch is committed together; a message that cannot be processed costs only itself, and somebody hears of it."""

from __future__ import annotations

import pytest

from alertd.daemon.figures import Figures
from alertd.daemon.parts import Parts
from alertd.daemon.taking import Taking
from alertd.model.case import Tokens
from alertd.model.errors import StoreUnavailable
from alertd.model.message import Message
from alertd.service import intake
from alertd.service.messages import Properties
from alertd.service.tokens import Hashed, tokens
from alertd.transport.feed import Delivery
from tests.daemon.conftest import NOW
from tests.e2e.incidents import incident


def delivery(body: bytes, tag: int) -> Delivery:
    return Delivery(body, Properties(), tag, redelivered=False, dead_lettered=False, received_at=NOW)


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A message at which alertd itself breaks."""
    really = tokens

    def breaks(message: Message, hashed: Hashed, *, by_system: bool) -> Tokens:
        if message.id == "community-7":
            raise KeyError("a fault of alertd")
        return really(message, hashed, by_system=by_system)

    monkeypatch.setattr(intake, "tokens", breaks)
    return incident("community", 7)


def test_one_message_that_breaks_alertd_is_quarantined_and_told_and_the_others_are_acted_on(
    parts: Parts, figures: Figures, poison: bytes
) -> None:
    taken: list[int] = []
    take = Taking(parts, figures, lambda: taken.append(1))

    take((delivery(incident("custody", 1), 1), delivery(poison, 2), delivery(incident("custody", 2), 3)))

    with parts.store.read() as reading:
        totals = reading.message_totals()
        [row] = reading.quarantine(open_only=True, limit=10)
        waiting = {line.key.about for line in reading.waiting(NOW, 50)}
    assert (totals["received"], totals["acted"], totals["quarantined"]) == (3, 2, 1)
    assert (row.source, row.message_id) == ("community-feed", "community-7")
    assert "fault of alertd" in row.reason
    assert "unreadable" in waiting
    assert taken == [1]


def test_a_store_that_is_away_acknowledges_nothing(
    parts: Parts, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(intake.Intake, "take", away)
    taken: list[int] = []

    with pytest.raises(StoreUnavailable):
        Taking(parts, figures, lambda: taken.append(1))((delivery(incident("custody"), 1),))

    assert taken == []


def test_what_became_of_messages_is_counted(parts: Parts, figures: Figures) -> None:
    take = Taking(parts, figures, lambda: None)

    take((delivery(incident("custody"), 1), delivery(b"not a message", 2)))

    found = {
        result: figures.registry.get_sample_value("alertd_messages_total", {"result": result})
        for result in ("acted", "quarantined")
    }
    assert found == {"acted": 1, "quarantined": 1}
