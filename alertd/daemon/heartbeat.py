"""What the daemon leaves in the store so that `alertd status` can say how it fares, from any process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from alertd.model.errors import StoreError
from alertd.service.ports import Rank, Reading, Store

HEARTBEAT = "heartbeat"
REFUSED = "rules_refused"
EVERY = timedelta(seconds=5)
SILENT_AFTER = timedelta(seconds=30)
"""A daemon not heard of for this long is taken for dead: its own watchdog takes as long."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How the daemon stood at a moment.

    Attributes:
        at: Aware UTC.
        status: One line: rules, feed, troubles.
        loops: Seconds since each loop last moved on.
        queue: Messages that wait in the queue or folder.
    """

    at: datetime
    status: str
    loops: dict[str, float]
    queue: int


class Pulse:
    """Writes a heartbeat every few seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: datetime | None = None

    def beat(self, now: Heartbeat) -> None:
        """Write it when the last one is old enough; a store that fails is for others to tell."""
        if self._written is not None and now.at - self._written < EVERY:
            return
        self._written = now.at
        text = json.dumps(asdict(now) | {"at": now.at.isoformat()})
        try:
            with self._store.write(Rank.TICK) as writing:
                writing.set_note(HEARTBEAT, text)
        except StoreError:
            self._written = None


def last_heartbeat(reading: Reading) -> Heartbeat | None:
    """The last one written; None when no daemon ever ran."""
    text = reading.note(HEARTBEAT)
    if text is None:
        return None
    data = json.loads(text)
    return Heartbeat(datetime.fromisoformat(data["at"]), data["status"], data["loops"], data["queue"])


def keep_refusal(store: Store, why: str, now: datetime) -> None:
    """Keep why a reload was refused ("" once one succeeded), for `alertd status`."""
    text = json.dumps({"at": now.isoformat(), "why": why}) if why else ""
    try:
        with store.write(Rank.TICK) as writing:
            writing.set_note(REFUSED, text)
    except StoreError:
        return


def last_refusal(reading: Reading) -> tuple[datetime, str] | None:
    """When and why changed rules were last refused; None when the last load was taken."""
    text = reading.note(REFUSED)
    if not text:
        return None
    data = json.loads(text)
    return datetime.fromisoformat(data["at"]), str(data["why"])
