"""Many alerts at once: how soon a reply ends a ladder, and whether a provider's limit is used to the full, in order."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from alertd.model.case import AlertState
from alertd.rulebook.reference import Reference
from alertd.rulebook.settings_file import load_settings
from tests.bench.broker_rate import make_queues
from tests.bench.crowd import SLOW, arrivals, batches
from tests.bench.figure import Figure, Reach, percentile
from tests.bench.installation import Daemon, Installation, Provider, install
from tests.bench.site import Site
from tests.doubles.fake_twilio import FakeTwilio
from tests.doubles.fake_twilio_state import FakeMessage
from tests.doubles.waiting import eventually

LIMIT = 200
"""Texts a second that the provider takes."""
_PATIENCE = 600.0
_CODE = re.compile(r"\bY(\d{6})\b", re.ASCII)
_DUTY = {"+447700900101", "+447700900111"}
"""The duty phones of the shipped people: who is told first, by day and by night."""
_OURS = "+447700900001"


def many_alerts(site: Site) -> Iterator[Figure]:
    """Measure a crowd of alerts that opened in one moment: first all their texts, then replies to them."""
    number = site.sizes.alerts
    url = site.new_url()
    with FakeTwilio() as twilio, site.vhost() as vhost:
        make_queues(site, vhost)
        provider = Provider(twilio.base_url, twilio.account_sid, twilio.auth_token, rate=f"{LIMIT}/s")
        installed = install(site, url, vhost, provider)
        _open_alerts(site, url, number)
        with installed.running() as daemon:
            site.step(f"{number} alerts at once: waiting for their texts")
            began = site.now()
            texts = _first_texts(twilio, number, daemon)
            yield from _drained(texts, began)
            yield from _replied(site, url, installed, twilio, texts)


def _open_alerts(site: Site, url: str, number: int) -> None:
    with site.store(url) as store:
        intake = site.intake(store, site.book, Reference(site.book))
        now = site.now()
        for batch in batches(arrivals(range(number), now, SLOW[:3])):
            intake.take(batch, now)


def _first_texts(twilio: FakeTwilio, number: int, daemon: Daemon) -> Sequence[FakeMessage]:
    """The first text about each alert, in the order in which they came."""
    first: dict[str, FakeMessage] = {}

    def told() -> bool:
        daemon.check()
        for text in twilio.texts():
            if (code := _CODE.search(text.body)) and text.to in _DUTY:
                first.setdefault(code[1], text)
        return len(first) >= number

    eventually(told, within=_PATIENCE, every=0.5, what=f"first texts about {number} alerts")
    return sorted(first.values(), key=lambda text: text.created_at)


def _drained(texts: Sequence[FakeMessage], began: datetime) -> Iterator[Figure]:
    """How the texts came, against one every 1/200 s from the first on, which is the provider's limit."""
    first = texts[0].created_at
    span = (texts[-1].created_at - first).total_seconds()
    turns = [
        (text.created_at - first - timedelta(seconds=place / LIMIT)).total_seconds() for place, text in enumerate(texts)
    ]
    begun = f"first text {_ms(first - began):,.0f} ms after the start"
    note = f"{len(texts):,} alerts in one moment, provider's limit {LIMIT}/s; {begun}"
    yield Figure("alerts at once: texts", "per s", ((len(texts) - 1) / span,), Reach(LIMIT * 0.95), note=note)
    late = (max(0.0, percentile(turns, 99)),)
    yield Figure(
        "alerts at once: late for their turn, p99", "s", late, Reach(1.0, at_most=True), note="against the limit"
    )


def _ms(length: timedelta) -> float:
    return length.total_seconds() * 1000


def _replied(
    site: Site, url: str, installed: Installation, twilio: FakeTwilio, texts: Sequence[FakeMessage]
) -> Iterator[Figure]:
    """From handing in a reply to its alert standing as accepted, which is when its ladder has ended."""
    listen = load_settings(installed.config).settings
    assert listen is not None
    twilio.hooks = f"http://{listen.web.listen}"
    seconds: list[float] = []
    replies = texts[: site.sizes.replies]
    site.step(f"replying to {len(replies)} alerts")
    with site.store(url) as store:
        for text in replies:
            found = _CODE.search(text.body)
            assert found is not None
            began = time.perf_counter()
            answer = twilio.reply("https://urgent.example.gov.uk/hooks/twilio/inbound", text.to, _OURS, f"Y{found[1]}")
            assert answer.status_code == 200, answer.text
            with store.read() as reading:
                alert = reading.alert_by_code(found[1])
            seconds.append(time.perf_counter() - began)
            assert alert is not None
            assert alert[1].state is AlertState.ACCEPTED
    for percent, reach in ((50, None), (99, Reach(1000.0, at_most=True))):
        value = (1000 * percentile(seconds, percent),)
        yield Figure(f"reply → ladder stopped, p{percent}", "ms", value, reach, note=f"{len(seconds)} replies in a row")
