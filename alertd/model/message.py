"""A message after intake has read, typed and stripped it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from alertd.model.ids import Token
from alertd.model.values import Kind, Value


class Problem(StrEnum):
    """What was wrong with a field that became unknown."""

    WRONG_TYPE = "wrong type"
    GIVEN_TWICE = "given more than once"
    NOT_A_KNOWN_WORD = "not a known word"
    NO_OFFSET = "time without an offset"
    IN_THE_FUTURE = "time after the message was received"
    NOT_A_TIME = "not a time"
    OUT_OF_RANGE = "out of range"
    TOO_LONG = "too long"
    UNKNOWN_FIELD = "field not in the contract"
    SAME_VERSION_OTHER_CONTENT = "same version, other content"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class DataNote:
    """A data-quality note: the field's name and what was wrong, never its value."""

    field: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Message:
    """One readable message, stripped of what alertd does not keep.

    Attributes:
        source: CloudEvents source; with `id` the identity of the message.
        id: CloudEvents id.
        kind: INCIDENT or STATUS.
        sent_at: When the sender wrote it (`time`), aware UTC; `received_at` when absent or unusable.
        received_at: When alertd first received it, aware UTC.
        system: `record.system`; the source when absent.
        record: `record.ref`; the message id when absent.
        version: `record.version`; 1 when absent.
        fields: Dotted name → typed value. Absent is unknown. A status carries `event`, `at`, `contact.*`, `field`,
            `value`, `reference`, `by`.
        about: Status only: `case_ref` and the identifiers given, by incident field name (`person.ref`, …).
        notes: What became unknown and why.
        identity: Keyed hash of folded name and date of birth, for possible-duplicate notes; None when not given.
        case_ref: Public reference named by an incident's sender, or None.
    """

    source: str
    id: str
    kind: Kind
    sent_at: datetime
    received_at: datetime
    system: str
    record: str
    version: int
    fields: Mapping[str, Value]
    about: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[DataNote, ...] = ()
    identity: Token | None = None
    case_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What could not be read: kept raw, told to a person, never dropped.

    Attributes:
        source: Source as far as it could be told, at most 64 printable ASCII characters; "unknown source" otherwise.
        id: Message id as far as it could be told, or "".
        reason: Plain words, without any value from the message.
        beside: What the delivery said beside the bytes, by name: without it a plain body cannot be read again.
    """

    source: str
    id: str
    reason: str
    raw: bytes
    received_at: datetime
    beside: tuple[tuple[str, str | int], ...] = ()
