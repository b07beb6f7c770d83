"""What two loops do at the same moment about one case: neither undoes what the other has just written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import pytest

from alertd.daemon.parts import Parts
from alertd.daemon.verb_settings import voice_of
from alertd.model.case import NotificationState
from alertd.model.delivery import CannotSay, LookUp, Outcome, Outgoing, Sent
from alertd.model.errors import StaleWrite, StoreUnavailable
from alertd.model.ids import CaseId
from alertd.rulebook.settings import Settings
from alertd.service.casework import Batch, Casework
from alertd.service.composing import Composer
from alertd.service.deliver import Deliver
from alertd.service.intake import Arrival
from alertd.service.means import LEASE, Means
from alertd.service.messages import Properties
from alertd.service.ports import Rank
from alertd.service.settling import Settling
from tests.daemon.conftest import NOW, now
from tests.e2e.incidents import incident


def take(parts: Parts, number: int = 1) -> None:
    parts.intake.take([Arrival(incident("custody", number), Properties(), NOW)], NOW)


def work(parts: Parts) -> Casework:
    return Casework(parts.rules.ruling(), "WF-UR", parts.new_id)


def only_case(parts: Parts) -> CaseId:
    with parts.store.read() as reading:
        [row] = reading.list_cases(10)
    return row.id


def write_and_clear(parts: Parts, batch: Batch, case: CaseId) -> None:
    with parts.store.write(Rank.TICK) as writing:
        work(parts).write(batch, writing, NOW)
        writing.clear_rechecks([case])


def test_a_decision_made_before_a_line_was_told_is_made_again(parts: Parts) -> None:
    take(parts)
    case = only_case(parts)
    with parts.store.read() as reading:
        batch = work(parts).decide_again([case], NOW, reading)

    assert parts.planner.plan(NOW) > 0

    with pytest.raises(StaleWrite), parts.store.write(Rank.TICK) as writing:
        work(parts).write(batch, writing, NOW)


def test_a_decision_never_clears_a_recheck_that_it_has_not_seen(parts: Parts) -> None:
    take(parts)
    case = only_case(parts)
    with parts.store.read() as reading:
        batch = work(parts).decide_again([case], NOW, reading)
    with parts.store.write(Rank.DELIVER) as other:
        other.enqueue_rechecks([case], NOW)

    with pytest.raises(StaleWrite):
        write_and_clear(parts, batch, case)

    with parts.store.read() as reading:
        assert list(reading.rechecks(10)) == [case]


class Provider:
    """Takes everything, and remembers it."""

    name = "provider"

    def __init__(self) -> None:
        self.taken: list[Outgoing] = []

    def send(self, outgoing: Outgoing) -> Outcome:
        self.taken.append(outgoing)
        return Sent(f"id-{len(self.taken)}")

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:
        return CannotSay(f"{outgoing.key} since {since}")


class Inline:
    """A lane on the caller's thread, with a lane's patience."""

    def free(self) -> int:
        return 8

    def start(self, job: Callable[[], None]) -> None:
        with suppress(StoreUnavailable):
            job()


def test_answers_that_the_store_could_not_take_are_settled_later_and_never_doubted(
    parts: Parts, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(parts)
    parts.planner.plan(NOW)
    provider = Provider()
    composer = Composer(parts.rules.book, parts.rules.texts, voice_of(settings))
    means = Means(
        dict.fromkeys(parts.senders, (provider,)), parts.new_id, lambda: 0.0, parts.keyring.token, lanes=Inline()
    )
    deliver = Deliver(parts.store, composer, parts.desk, means)

    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as broken:
        broken.setattr(Settling, "_record", away)
        assert deliver.send_due(NOW, now) == 2
    after_the_leases = NOW + LEASE * 2
    deliver.resolve_doubts(after_the_leases)
    deliver.send_due(after_the_leases, lambda: after_the_leases)

    with parts.store.read() as reading:
        notes = reading.list_notifications((), 10)
    assert {note.state for note in notes} == {NotificationState.SENT}
    assert not any(note.repeat for note in notes)
    assert len(provider.taken) == len(notes) == 2
