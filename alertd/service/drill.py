"""Exercises through the live path: the message that begins one, proof that alertd wrote it, and how far it has come.

Source: CONTRACT, `alertd drill`: "a marked exercise through the live path to the people on call; measures time to
acceptance".
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertd.model import exercise
from alertd.model.case import Alert, Facts, Notification
from alertd.model.ids import Token
from alertd.model.message import Message
from alertd.model.values import Value
from alertd.service.messages import encode_incident
from alertd.service.ports import Reading

Hashed = Callable[[str], Token]
CLAIMED = "claims to be an exercise, but alertd did not begin one"
"""Why a message is quarantined that would make a real alert look like an exercise."""
VALID_FOR = timedelta(hours=24)
"""A message of an exercise that comes later than this is not taken: a copy of it must not become a drill for ever."""


@dataclass(frozen=True, slots=True)
class Drill:
    """An exercise that was begun.

    Attributes:
        message_id: Identity of its message, which proves that alertd wrote it.
        body: The message.
        begun_at: Aware UTC.
    """

    message_id: str
    body: bytes
    begun_at: datetime


def begin(now: datetime, hashed: Hashed, new_id: Callable[[], str]) -> Drill:
    """Write the message of an exercise: an invented child of 15, booked into custody now with a blade.

    Args:
        now: Aware UTC.
        hashed: The installation's keyed hash: nobody without its key can write such a message.
        new_id: Makes unguessable names.
    """
    name = new_id()
    id_ = f"{name}.{int(now.timestamp())}.{_seal(name, now, hashed)}"
    fields: Mapping[str, Value] = {
        "record.system": "alertd-drill",
        "record.ref": name,
        "record.version": 1,
        "setting": "custody",
        "person.ref": f"drill-{name}",
        "person.age": 15,
        "custody.ref": f"drill-{name}",
        "custody.booked_in_at": now,
        "incident.offence": ("bladed_article",),
    }
    return Drill(id_, encode_incident(fields, source=exercise.SOURCE, sent_at=now, message_id=id_), now)


def is_forged(message: Message, hashed: Hashed) -> bool:
    """Whether a message claims to be an exercise and alertd did not write it, or wrote it long ago."""
    if message.source != exercise.SOURCE:
        return False
    name, _, rest = message.id.partition(".")
    stamp, _, seal = rest.partition(".")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 11):
        return True
    age = message.received_at.timestamp() - int(stamp)
    began = datetime.fromtimestamp(int(stamp), tz=message.received_at.tzinfo)
    return age > VALID_FOR.total_seconds() or not hmac.compare_digest(seal, _seal(name, began, hashed))


def _seal(name: str, at: datetime, hashed: Hashed) -> str:
    return hashed(f"drill|{name}|{int(at.timestamp())}").hex()[:32]


@dataclass(frozen=True, slots=True)
class Course:
    """How far an exercise has come.

    Attributes:
        facts: Its case.
        alert: Its alert; None when the rules made none.
        sent: Messages that left for people, oldest first.
    """

    facts: Facts
    alert: Alert | None
    sent: tuple[Notification, ...]

    def waited(self, begun_at: datetime) -> timedelta | None:
        """From the beginning to the acceptance; None while nobody has accepted."""
        closed = self.alert.closed_at if self.alert is not None and self.alert.accepted_by else None
        return None if closed is None else closed - begun_at


def course(reading: Reading, record: Token) -> Course | None:
    """Look how far an exercise has come; None while its message was not taken yet.

    Args:
        reading: The store.
        record: Token of its record.
    """
    found = reading.closure([record]).facts
    if not found:
        return None
    facts = found[0]
    sent = tuple(note for note in reading.notifications(facts.row.id) if note.sent_at is not None)
    return Course(facts, facts.alerts[-1] if facts.alerts else None, sent)
