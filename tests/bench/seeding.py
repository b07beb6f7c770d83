"""The big store: thousands of open cases at rest, made by intake itself, so that time and new messages can be added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter, process_time

from sqlalchemy import update

from alertd.model.case import LineState
from alertd.rulebook.reference import Reference
from alertd.service.intake import Arrival
from alertd.store import SqlStore
from alertd.store.engines import new_engine
from alertd.store.tables import obligations
from tests.bench.crowd import BATCH, CUSTODY, SLOW, accepted
from tests.bench.site import Site

FIRST_WARNING = timedelta(minutes=30)
"""How long after booking-in the shipped Golden Hour clock warns for the first time."""
CASES_A_BATCH = BATCH // 2
_NEAR = 1_000_000
"""Numbers from here on belong to the cases with a deadline that is near."""


@dataclass(frozen=True, slots=True)
class BigStore:
    """A store full of open cases whose alerts were accepted and whose messages were sent: nothing is due.

    Attributes:
        url: Where it is.
        seconds: For every batch, in order, what deciding and committing it took.
        own: Of these, the processor time of this process: what is left is waiting for the disk or a busy machine.
        running_clocks: Clocks that run.
    """

    url: str
    seconds: Sequence[float]
    own: Sequence[float]
    running_clocks: int


def seed(site: Site) -> BigStore:
    """Make the big store; every case is an incident and the acceptance of its alert."""
    url, total = site.new_url(), site.sizes.cases
    seconds: list[float] = []
    own: list[float] = []
    with site.store(url) as store:
        intake = site.intake(store, site.book, Reference(site.book))
        for start in range(0, total, CASES_A_BATCH):
            site.step(f"filling the big store: {start:,} of {total:,} cases")
            now = site.now()
            batch = accepted(range(start, min(start + CASES_A_BATCH, total)), _at(now), timedelta(0), SLOW)
            began, spent = perf_counter(), process_time()
            intake.take(batch, now)
            seconds.append(perf_counter() - began)
            own.append(process_time() - spent)
        _lay_to_rest(url)
        return BigStore(url, tuple(seconds), tuple(own), _running_clocks(site, store))


def add_warnings(site: Site, url: str, first_at: datetime) -> None:
    """Add cases in custody whose first warnings fall due one after another, from a moment on.

    Args:
        site: Says how many, and how far apart.
        url: Of the big store.
        first_at: When the first one falls due, aware UTC, a few seconds ahead.
    """
    now, every = site.now(), site.sizes.due_every
    batch: list[Arrival] = []
    for place in range(site.sizes.warnings):
        happened = FIRST_WARNING - (first_at + place * every - _at(now))
        number = _NEAR + place
        batch += accepted(range(number, number + 1), _at(now), happened, CUSTODY)
    with site.store(url) as store:
        intake = site.intake(store, site.book, Reference(site.book))
        for start in range(0, len(batch), BATCH):
            intake.take(batch[start : start + BATCH], now)
    _lay_to_rest(url)


def _at(now: datetime) -> datetime:
    """When the incidents came: early enough that their acceptance, a second later, is not in the future."""
    return now - timedelta(seconds=2)


def _lay_to_rest(url: str) -> None:
    """Mark every line as told, as if all had been sent: half a million sends are not what is measured."""
    waiting = (LineState.PENDING.value, LineState.HELD.value)
    engine = new_engine(url)
    with engine.begin() as connection:
        connection.execute(
            update(obligations).where(obligations.c.state.in_(waiting)).values(state=LineState.TOLD.value)
        )
    engine.dispose()


def _running_clocks(site: Site, store: SqlStore) -> int:
    with store.read() as reading:
        figures = reading.statistics(site.now())
    assert figures["open_cases"] == site.sizes.cases, figures
    assert figures["open_alerts"] == 0, figures
    return figures["running_clocks"]
