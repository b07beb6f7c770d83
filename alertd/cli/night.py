"""The sample night of `alertd demo`: who sends what when, as messages with the times of one real night."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from alertd.core.calendar import at_local, local
from alertd.model.contract import TIME_FIELDS
from alertd.model.values import Kind
from alertd.service.messages import write_event

SCRIPT = Path(__file__).with_name("night.json")
_NOON = time(12)


@dataclass(frozen=True)
class Step:
    """One thing that happens.

    Attributes:
        at: Aware UTC.
        says: What it is, in a few words.
        source: Sender of a message; "" when a person acts.
        body: Message as it is put into the spool, or None.
        accept, record: Name of the message whose case a person acts on, or "".
        by: Who acts.
        fact: Of `record`: event, when (aware UTC), with, outcome.
        name: By which later steps mean this message's case.
    """

    at: datetime
    says: str
    source: str = ""
    body: bytes | None = None
    accept: str = ""
    record: str = ""
    by: str = ""
    fact: Mapping[str, Any] | None = None
    name: str = ""


@dataclass(frozen=True)
class Night:
    """A sample night.

    Attributes:
        evening: Local day on which it begins.
    """

    evening: date

    @cached_property
    def _script(self) -> dict[str, Any]:
        script: dict[str, Any] = json.loads(SCRIPT.read_text(encoding="utf-8"))
        return script

    @property
    def begins_at(self) -> datetime:
        """Before the first step, aware UTC."""
        return self._moment(self._script["begins"])

    @property
    def ends_at(self) -> datetime:
        """After the morning's digests, aware UTC."""
        return self._moment(self._script["ends"])

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What happens, in the order of time."""
        return tuple(self._step(each) for each in self._script["steps"])

    def _step(self, written: Mapping[str, Any]) -> Step:
        at = self._moment(written["at"])
        names = ("event", "with", "outcome")
        fact = {name: written[name] for name in names if name in written}
        if "when" in written:
            fact["when"] = self._moment(written["when"])
        given = {name: written.get(name, "") for name in ("source", "accept", "record", "by", "name")}
        return Step(at=at, says=written["says"], body=self._body(written, at), fact=fact or None, **given)

    def _body(self, written: Mapping[str, Any], at: datetime) -> bytes | None:
        if "raw" in written:
            return str(written["raw"]).encode()
        if "incident" not in written:
            return None
        data = self._timed(written["incident"], "")
        return write_event(Kind.INCIDENT, data, source=written["source"], sent_at=at)

    def _timed(self, data: Mapping[str, Any], path: str) -> dict[str, Any]:
        """The data with clock times of that night as full times."""
        timed: dict[str, Any] = {}
        for name, value in data.items():
            if isinstance(value, dict):
                timed[name] = self._timed(value, f"{path}{name}.")
            elif f"{path}{name}" in TIME_FIELDS:
                timed[name] = local(self._moment(value)).isoformat()
            else:
                timed[name] = value
        return timed

    def _moment(self, clock: str) -> datetime:
        """A clock time of the evening, or before noon of the morning after."""
        at = time.fromisoformat(clock)
        day = self.evening if at >= _NOON else self.evening + timedelta(days=1)
        return at_local(day, at)


def last_night(now: datetime) -> Night:
    """The newest night that is over: what runs on after it runs in real time."""
    night = Night(local(now).date() - timedelta(days=1))
    return night if night.ends_at <= now else Night(night.evening - timedelta(days=1))
