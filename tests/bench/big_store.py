"""The daemon on a big store: what a message costs, how late deadlines are, how long a start takes, how much memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import Engine, select

from alertd.model.ids import CaseId
from alertd.store import SqlStore
from alertd.store.codec import micros
from alertd.store.engines import new_engine
from alertd.store.tables import cases
from tests.bench.broker_rate import make_queues, publish
from tests.bench.crowd import SLOW, incident
from tests.bench.figure import Figure, Reach, percentile
from tests.bench.installation import Daemon, Installation, Provider, install
from tests.bench.seeding import CASES_A_BATCH, BigStore, add_warnings, seed
from tests.bench.site import Site
from tests.doubles.waiting import eventually

_MIB = 1 << 20
_LEAD = timedelta(seconds=20)
"""From adding deadlines to the first of them: time for the daemon to start and come to rest."""
_LOOK = 0.01
_PAUSE = threading.Event()
_NEWEST = 2_000_000
"""Numbers from here on belong to the messages that a started daemon decides first."""


def on_a_big_store(site: Site) -> Iterator[Figure]:
    """Measure cost a message, restart, lateness of deadlines and memory with very many open cases."""
    big = seed(site)
    held = f"{site.sizes.cases:,} open cases, {big.running_clocks:,} running clocks"
    yield from _growth(site, big)
    with site.vhost() as vhost:
        make_queues(site, vhost)
        installed = install(site, big.url, vhost, Provider())
        starts = [_restart(site, big.url, vhost, installed, number) for number in range(site.sizes.restarts)]
        yield Figure("start → first decision committed", "s", tuple(starts), Reach(2.0, at_most=True), note=held)
        first_at = site.now() + _LEAD
        add_warnings(site, big.url, first_at)
        with installed.running() as daemon:
            daemon.wait_ready()
            seconds = _watched(site, big.url, first_at, daemon)
            own, others = daemon.memory()
    for percent, reach in ((50, None), (99, Reach(1.0, at_most=True))):
        late = (percentile(seconds, percent),)
        note = f"{len(seconds)} deadlines, {1 / site.sizes.due_every.total_seconds():.0f} a second; {held}"
        yield Figure(f"deadline → warning committed, p{percent}", "s", late, reach, note=note)
    yield Figure("memory, daemon and engine", "MiB", ((own + others) / _MIB,), Reach(200, at_most=True), note=held)
    yield Figure("memory, daemon alone", "MiB", (own / _MIB,), note="without the engine's process")


def _growth(site: Site, big: BigStore) -> Iterator[Figure]:
    """What a case costs early and late in filling the store, by the clock and in processor time."""
    few = site.sizes.few // CASES_A_BATCH
    for what, spent in (("", big.seconds), (", processor time", big.own)):
        early = f"a case among {site.sizes.few:,}{what}"
        note = "incident and acceptance, reference alone; flat is 100 %"
        yield Figure(early, "ms", _milliseconds(spent[few - 5 : few + 5]), note=note)
        late = f"a case among {site.sizes.cases:,}{what}"
        yield Figure(late, "ms", _milliseconds(spent[-10:]), beside=early, note=note)


def _milliseconds(batches: Sequence[float]) -> tuple[float, ...]:
    return tuple(1000 * seconds / CASES_A_BATCH for seconds in batches)


# --- start


def _restart(site: Site, url: str, vhost: str, installed: Installation, number: int) -> float:
    """Seconds from starting the process until a message that waited in the queue is decided and committed."""
    site.step(f"starting the daemon on the big store, {number + 1} of {site.sizes.restarts}")
    publish(site, vhost, [incident(_NEWEST + number, site.now(), SLOW)])
    with site.store(url) as store:
        before = _received(store)
        began = monotonic()
        with installed.running() as daemon:
            eventually(lambda: _arrived(store, before, daemon), within=120, every=0.005, what="the first decision")
            return monotonic() - began


def _arrived(store: SqlStore, before: int, daemon: Daemon) -> bool:
    daemon.check()
    return _received(store) > before


def _received(store: SqlStore) -> int:
    with store.read() as reading:
        return reading.message_totals()["received"]


# --- deadlines


def _watched(site: Site, url: str, first_at: datetime, daemon: Daemon) -> list[float]:
    """Seconds by which each deadline's decision was committed after it fell due, seen to within a look."""
    site.step("deadlines fall due")
    last_at = first_at + site.sizes.warnings * site.sizes.due_every
    engine = new_engine(url)
    open_ones = _waiting(engine, first_at, last_at)
    assert len(open_ones) == site.sizes.warnings, f"{len(open_ones)} deadlines lie ahead"
    due, seconds = dict(open_ones), []
    end = monotonic() + 120 + (last_at - site.now()).total_seconds()
    while open_ones:
        assert monotonic() < end, f"{len(open_ones)} deadlines were passed over"
        daemon.check()
        _PAUSE.wait(_LOOK)
        left = _waiting(engine, first_at, last_at)
        now = site.now()
        seconds += [(now - due[case]).total_seconds() for case in open_ones.keys() - left.keys()]
        open_ones = left
    engine.dispose()
    _check_warned(site, url, due)
    return seconds


def _waiting(engine: Engine, first_at: datetime, last_at: datetime) -> Mapping[CaseId, datetime]:
    """Cases that next wake within a span, and when."""
    span = cases.c.wake_at.between(micros(first_at), micros(last_at))
    with engine.connect() as connection:
        found = connection.execute(select(cases.c.id, cases.c.wake_at).where(span)).all()
    return {CaseId(id_): first_at + timedelta(microseconds=at - micros(first_at)) for id_, at in found}


def _check_warned(site: Site, url: str, due: Mapping[CaseId, datetime]) -> None:
    """Make sure that each deadline made its warning."""
    with site.store(url) as store, store.read() as reading:
        for case, at in due.items():
            facts = reading.case(case)
            lines = [row for row in facts.obligations if row.at == at] if facts else []
            assert any(row.key.step == "warn0" for row in lines), f"no warning of the deadline at {at}"
