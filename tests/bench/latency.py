"""From publishing a message to the provider's request, at a steady rate, through the whole daemon."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

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

_WARM_UP = 20
_PATIENCE = 300.0
_URGENT = SLOW[:3]
"""Kinds of incident whose alert is a text at any hour."""
_ACCEPT = re.compile(r"\bY(\d{6})\b", re.ASCII)
_PAUSE = threading.Event()


def publish_to_provider(site: Site) -> Iterator[Figure]:
    """Measure how long until the text of an alert is asked for, at an ordinary and at the named rate."""
    yield from _at(10, site, Reach(25.0, at_most=True), Reach(100.0, at_most=True))
    yield from _at(100, site, Reach(25.0, at_most=True), Reach(100.0, at_most=True))


def _at(rate: int, site: Site, half: Reach, most: Reach) -> Iterator[Figure]:
    """Measure at so many messages a second, on an installation of its own."""
    span = site.sizes.at_rate.total_seconds()
    published, told = _told(site, rate, int(span * rate))
    seconds = [(told[id_] - at).total_seconds() for id_, at in published.items()]
    served = len(published) / (max(told.values()) - min(published.values())).total_seconds()
    note = f"for {span:.0f} s, each message an urgent alert; {served:.0f} a second served"
    for percent, reach in ((50, half), (99, most)):
        value = (1000 * percentile(seconds, percent),)
        yield Figure(f"publish → provider request at {rate}/s, p{percent}", "ms", value, reach, note=note)


def _told(site: Site, rate: int, number: int) -> tuple[Mapping[str, datetime], Mapping[str, datetime]]:
    """By message id: when each was published, and when the provider was first asked for a text about it."""
    site.step(f"publish → provider at {rate}/s: starting")
    url = site.new_url()
    with FakeTwilio() as twilio, site.vhost() as vhost:
        make_queues(site, vhost)
        installed = install(site, url, vhost, Provider(twilio.base_url, twilio.account_sid, twilio.auth_token))
        with installed.running() as daemon:
            daemon.wait_ready()
            _publish(site, vhost, range(_WARM_UP), _WARM_UP)
            _await_texts(twilio, _WARM_UP, daemon)
            site.step(f"publish → provider: {number} messages at {rate}/s")
            published = _publish(site, vhost, range(_WARM_UP, _WARM_UP + number), rate)
            site.step(f"publish → provider at {rate}/s: waiting for the last text")
            _await_texts(twilio, _WARM_UP + number, daemon)
        with site.store(url) as store:
            return published, _first_texts(store, published, twilio.texts())


def _publish(site: Site, vhost: str, numbers: range, rate: int) -> Mapping[str, datetime]:
    """Publish messages evenly, so many a second, each confirmed; returns when each one was handed over."""
    published: dict[str, datetime] = {}
    with Publisher(endpoint(site, vhost)) as publisher:
        began = time.monotonic()
        for place, number in enumerate(numbers):
            _PAUSE.wait(max(0.0, began + place / rate - time.monotonic()))
            now = site.now()
            published[name(number)] = now
            failures = publisher.publish([Letter(incident(number, now, _URGENT), Properties())])
            assert not failures, failures
        late = time.monotonic() - began - len(numbers) / rate
    assert late < 1.0 + len(numbers) / rate / 10, f"this machine cannot publish {rate} messages a second"
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


def _first_texts(
    store: SqlStore, published: Mapping[str, datetime], texts: Sequence[FakeMessage]
) -> Mapping[str, datetime]:
    """When the first text about each message came; the store knows which alert each message made."""
    first: dict[str, datetime] = {}
    for text in texts:
        first.setdefault(_code(text), text.created_at)
    told: dict[str, datetime] = {}
    with store.read() as reading:
        for code, at in first.items():
            found = reading.alert_by_code(code)
            facts = reading.case(found[0]) if found else None
            told |= {each.message.id: at for each in (facts.messages if facts else ()) if each.message.id in published}
    assert told.keys() == published.keys(), f"{len(published)} messages, and texts about {len(told)}"
    return told
