"""Messages on record, as feeds bring them: most concern nobody of the cohort, some are cases that people worked on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from alertd.model.ids import PersonId
from alertd.model.values import Kind
from alertd.rulebook.reference import Reference
from alertd.service.intake import Arrival
from alertd.service.messages import Properties, encode_status, write_event
from alertd.store import SqlStore
from tests.bench.crowd import BATCH, incident
from tests.bench.site import Site

SPAN = timedelta(days=60)
ONE_IN = 50
"""Of so many records one is a case of the cohort, with what people did about it."""
_DONE: tuple[tuple[timedelta, Mapping[str, str]], ...] = (
    (timedelta(minutes=6), {"event": "alert_accepted"}),
    (timedelta(minutes=20), {"event": "police_contacted_mash"}),
    (
        timedelta(hours=2),
        {"event": "contact", "contact.with": "young_person", "contact.outcome": "contacted_young_person"},
    ),
    (timedelta(hours=3), {"event": "mash_referred", "reference": "REF-1"}),
)


def fill(site: Site, url: str, messages: int, until: datetime) -> None:
    """Put messages on record by intake itself, received one after another over `SPAN`.

    Args:
        site: Has the rules, and is told how far it is.
        url: Of an empty store.
        messages: How many.
        until: When the last comes in, aware UTC.
    """
    with site.store(url) as store:
        arrivals = sorted(_arrivals(messages, until - SPAN), key=lambda each: each.received_at)
        _take(site, store, arrivals[:messages])


def _take(site: Site, store: SqlStore, arrivals: list[Arrival]) -> None:
    intake = site.intake(store, site.book, Reference(site.book))
    for start in range(0, len(arrivals), BATCH):
        site.step(f"filling a store with the past: {start:,} of {len(arrivals):,} messages")
        batch = arrivals[start : start + BATCH]
        intake.take(batch, batch[-1].received_at)


def _arrivals(messages: int, since: datetime) -> Iterator[Arrival]:
    records = messages * ONE_IN // (ONE_IN + len(_DONE)) + 1
    for number in range(records):
        at = since + (SPAN - _DONE[-1][0]) * number / records
        if number % ONE_IN:
            yield Arrival(_of_an_adult(number, at), Properties(), at)
        else:
            yield from _case(number, at)


def _case(number: int, at: datetime) -> Iterator[Arrival]:
    yield Arrival(incident(number // ONE_IN, at), Properties(), at)
    for after, fields in _DONE:
        told = encode_status(
            {"at": at + after, **fields},
            {"person.ref": f"P{number // ONE_IN}"},
            person=PersonId("mash_duty_phone"),
            sent_at=at + after,
        )
        yield Arrival(told, Properties(), at + after, by_person=True)


def _of_an_adult(number: int, at: datetime) -> bytes:
    data = {
        "setting": "custody",
        "person": {"ref": f"A{number}", "age": 41, "part_played": "suspect_arrested", "home_borough": "Waltham Forest"},
        "custody": {"ref": f"AC{number}", "booked_in_at": at.isoformat()},
        "incident": {"ref": f"AI{number}", "offence": ["other"]},
        "record": {"system": "bench", "ref": f"AR{number}", "version": 1},
    }
    return write_event(Kind.INCIDENT, data, source="bench", sent_at=at, message_id=f"a{number}")
