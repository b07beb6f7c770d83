"""Intake: bytes in, one transaction, then the acknowledgement. Nothing is lost, nothing is acted on twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertd.model.case import MessageOutcome, StoredMessage, Tokens
from alertd.model.errors import StaleWrite, StoreUnavailable
from alertd.model.ids import Token
from alertd.model.message import Message, Unreadable
from alertd.service import drill, silence
from alertd.service.casework import Casework, IntakeSettings, Ruling
from alertd.service.messages import PERSON_SOURCE, Properties, decode, sender_of
from alertd.service.ports import Rank, Reading, Store, Writing
from alertd.service.system_lines import unreadable_lines
from alertd.service.tokens import tokens

SPOOFED = "claims to come from a person, but came by a feed"
REDO_LIMIT = 20
"""Stale writes in a row after which the store is treated as unavailable."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery.

    Attributes:
        body: Bytes.
        properties: What the broker says beside them.
        received_at: When they first came, aware UTC; a replay keeps that.
        by_person: True when alertd itself wrote it for a person it knows. A feed cannot accept an alert: what claims to
            come from a person but came by a feed is not read, and somebody is told.
    """

    body: bytes
    properties: Properties
    received_at: datetime
    by_person: bool = False


Totals = Mapping[MessageOutcome, int]
Fresh = list[tuple[Message, Tokens]]


class Intake:
    """Takes batches of deliveries."""

    def __init__(
        self, store: Store, ruling: Callable[[], Ruling], settings: IntakeSettings, new_id: Callable[[], str]
    ) -> None:
        self._store = store
        self._ruling = ruling
        self._settings = settings
        self._new_id = new_id

    def take(self, arrivals: Sequence[Arrival], now: datetime) -> Totals:
        """Decide and store a batch; when this returns, everything in it may be acknowledged.

        Args:
            arrivals: In the order received.
            now: Aware UTC.

        Returns:
            How many ended in each outcome.

        Raises:
            StoreUnavailable: nothing of the batch is stored; acknowledge nothing, try again.
            MatcherError: the rules do not settle for some message of the batch; nothing is stored.
        """
        ruling = self._ruling()
        readable, unreadable = self._read(arrivals, ruling.terms.hashed)
        for _ in range(REDO_LIMIT):
            try:
                return self._once(readable, unreadable, now, ruling)
            except StaleWrite:
                continue
        raise StoreUnavailable("too many stale writes in a row")

    def refuse(self, arrival: Arrival, reason: str, now: datetime) -> None:
        """Quarantine a delivery that could not be processed although it could be read; somebody is told."""
        bad = _refused(arrival, reason)
        with self._store.write(Rank.INTAKE) as writing:
            self._quarantine(writing, [bad], now, self._ruling().terms.hashed)

    def why_unreadable(self, arrival: Arrival) -> str | None:
        """Why a delivery could not be read now; None when it could. Nothing is stored."""
        _, unreadable = self._read([arrival], self._ruling().terms.hashed)
        return unreadable[0].reason if unreadable else None

    def _read(self, arrivals: Sequence[Arrival], hashed: Callable[[str], Token]) -> tuple[Fresh, list[Unreadable]]:
        readable: Fresh = []
        unreadable: list[Unreadable] = []
        options = self._settings
        for each in arrivals:
            result = decode(
                each.body, each.properties, each.received_at,
                keyed_hash=hashed, keep=options.keep, synonyms=options.synonyms,
            )  # fmt: skip
            if isinstance(result, Message) and result.source.startswith(PERSON_SOURCE) and not each.by_person:
                result = _refused(each, SPOOFED)
            if isinstance(result, Message) and drill.is_forged(result, hashed):
                result = _refused(each, drill.CLAIMED)
            if isinstance(result, Unreadable):
                unreadable.append(result)
            else:
                readable.append((result, tokens(result, hashed, by_system=options.by_system)))
        return readable, unreadable

    def _once(self, readable: Fresh, unreadable: list[Unreadable], now: datetime, ruling: Ruling) -> Totals:
        with self._store.read() as reading:
            fresh, duplicates = _without_duplicates(readable, reading)
            stored = [StoredMessage(-n, message, each) for n, (message, each) in enumerate(fresh, start=1)]
            work = Casework(ruling, self._settings.prefix, self._new_id)
            batch = work.decide(stored, now, reading)
        with self._store.write(Rank.INTAKE) as writing:
            work.write(batch, writing, now)
            self._quarantine(writing, unreadable, now, ruling.terms.hashed)
            if duplicates:
                writing.count_duplicates(len(duplicates))
                writing.heard_again(duplicates, now)
            for source in self._settings.watched.intersection(message.source for message, _ in readable):
                silence.heard(source, writing, now)
        counts = dict.fromkeys(MessageOutcome, 0)
        for outcome in batch.outcomes.values():
            counts[outcome] += 1
        counts[MessageOutcome.QUARANTINED] += len(unreadable)
        counts[MessageOutcome.DUPLICATE] += len(duplicates)
        return counts

    def _quarantine(
        self, writing: Writing, unreadable: Sequence[Unreadable], now: datetime, hashed: Callable[[str], Token]
    ) -> None:
        for each in unreadable:
            writing.quarantine_add(each)
            writing.add_obligations(unreadable_lines(each, now, hashed))


def _refused(arrival: Arrival, reason: str) -> Unreadable:
    source, id_ = sender_of(arrival.body, arrival.properties)
    return Unreadable(source, id_, reason, arrival.body, arrival.received_at, arrival.properties.given())


def _without_duplicates(readable: Fresh, reading: Reading) -> tuple[Fresh, list[tuple[str, str]]]:
    """What is new, and the (source, id) of everything that is not."""
    known = reading.seen([(message.source, message.id) for message, _ in readable])
    fresh: Fresh = []
    duplicates: list[tuple[str, str]] = []
    for message, each in readable:
        if (message.source, message.id) in known:
            duplicates.append((message.source, message.id))
        else:
            known.add((message.source, message.id))
            fresh.append((message, each))
    return fresh, duplicates
