"""From publishing a message to the provider's request, at a steady rate, through the whole daemon."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from alertd.service.messages import Properties
from alertd.store import SqlStore
from alertd.transport.publisher import Letter, Publisher
from tests.bench.broker_rate import endpoint, make_queues
from tests.bench.crowd import SLOW, incident, name
from tests.bench.figure import Figure, Reach, percentile
from tests.bench.installation import Daemon, Provider, install
from tests.bench.site import Site
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import FakeMessage
from tests.doubles.waiting import eventually

RATE = 100
"""Messages a second."""
_WARM_UP = 20
_PATIENCE = 300.0
_URGENT = SLOW[:3]
"""Kinds of incident whose alert is a text at any hour."""
_ACCEPT = re.compile(r"\bY(\d{6})\b", re.ASCII)
_PAUSE = threading.Event()


def publish_to_provider(site: Site) -> Iterator[Figure]:
    """Measure how long until the text of an alert is asked for, at 100 messages a second."""
    site.step("publish → provider: starting")
    url = site.new_url()
    with FakeTwilio() as twilio, site.vhost() as vhost:
        make_queues(site, vhost)
        installed = install(site, url, vhost, Provider(twilio.base_url, twilio.account_sid, twilio.auth_token))
        with installed.running() as daemon:
            daemon.wait_ready()
            _publish(site, vhost, range(_WARM_UP))
            _await_texts(twilio, _WARM_UP, daemon)
            number = int(site.sizes.at_rate.total_seconds() * RATE)
            site.step(f"publish → provider: {RATE} messages a second for {site.sizes.at_rate.total_seconds():.0f} s")
            published = _publish(site, vhost, range(_WARM_UP, _WARM_UP + number))
            site.step("publish → provider: waiting for the last text")
            _await_texts(twilio, _WARM_UP + number, daemon)
        with site.store(url) as store:
            seconds = _latencies(store, published, twilio.texts())
    yield from _figures(seconds, site.sizes.at_rate)


def _figures(seconds: list[float], span: timedelta) -> Iterator[Figure]:
    note = f"{RATE} messages/s for {span.total_seconds():.0f} s, each an urgent alert"
    for percent, reach in ((50, 25.0), (99, 100.0)):
        yield Figure(
            f"publish → provider request, p{percent}",
            "ms",
            (1000 * percentile(seconds, percent),),
            Reach(reach, at_most=True),
            note=note,
        )


def _publish(site: Site, vhost: str, numbers: range) -> Mapping[str, datetime]:
    """Publish one message every hundredth of a second, confirmed; returns when each one was handed over."""
    published: dict[str, datetime] = {}
    with Publisher(endpoint(site, vhost)) as publisher:
        began = time.monotonic()
        for place, number in enumerate(numbers):
            _PAUSE.wait(max(0.0, began + place / RATE - time.monotonic()))
            now = site.now()
            published[name(number)] = now
            failures = publisher.publish([Letter(incident(number, now, _URGENT), Properties())])
            assert not failures, failures
    late = time.monotonic() - began - len(numbers) / RATE
    assert late < 1.0 + len(numbers) / RATE / 10, f"this machine cannot publish {RATE} messages a second"
    return published


def _await_texts(twilio: FakeTwilio, number: int, daemon: Daemon) -> None:
    """Wait until somebody was told of so many cases; the code in a text tells them apart."""

    def told() -> bool:
        daemon.check()
        return len({_code(text) for text in twilio.texts()} - {""}) >= number

    eventually(told, within=_PATIENCE, every=0.2, what=f"texts about {number} cases")


def _code(text: FakeMessage) -> str:
    """The six digits by which an alert is accepted, or "" of a text without."""
    found = _ACCEPT.search(text.body)
    return found[1] if found else ""


def _latencies(store: SqlStore, published: Mapping[str, datetime], texts: list[FakeMessage]) -> list[float]:
    """Seconds from publishing to the first text about it, for every message; matched by what the store has recorded."""
    first: dict[str, datetime] = {}
    for text in texts:
        first.setdefault(_code(text), text.created_at)
    seconds: list[float] = []
    with store.read() as reading:
        for code, at in first.items():
            found = reading.alert_by_code(code)
            facts = reading.case(found[0]) if found else None
            ids = [stored.message.id for stored in facts.messages] if facts else []
            seconds += [(at - published[id_]).total_seconds() for id_ in ids if id_ in published]
    assert len(seconds) == len(published), f"{len(published)} messages, and texts about {len(seconds)}"
    return seconds
