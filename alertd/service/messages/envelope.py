"""The envelope: CloudEvents 1.0 in JSON, or plain JSON whose AMQP properties say the same.

Source: CloudEvents 1.0.2, JSON event format, section 3 (structured mode); AMQP 0-9-1, basic properties; MESSAGES.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from alertd.model.errors import InvalidMessage
from alertd.model.values import Kind

CLOUDEVENTS = "application/cloudevents+json"
TYPES: Mapping[str, Kind] = {"alertd.incident.v1": Kind.INCIDENT, "alertd.status.v1": Kind.STATUS}
TYPE_OF: Mapping[Kind, str] = {kind: name for name, kind in TYPES.items()}

LONGEST_ATTRIBUTE = 255
"""Longest `id` and `source`, in characters; both must be printable."""

UNKNOWN_SOURCE = "unknown source"
_LONGEST_SHOWN = 64
_YEAR_10000 = 253_402_300_800


@dataclass(frozen=True, slots=True)
class Properties:
    """What the AMQP delivery says beside the body.

    Attributes:
        timestamp: POSIX seconds, as AMQP 0-9-1 carries it.
    """

    content_type: str | None = None
    message_id: str | None = None
    type: str | None = None
    app_id: str | None = None
    timestamp: int | None = None

    @classmethod
    def of(cls, given: Iterable[tuple[str, str | int]]) -> Properties:
        """The same again from what `given` said."""
        said = dict(given)
        texts = {name: str(said[name]) for name in ("content_type", "message_id", "type", "app_id") if name in said}
        return cls(timestamp=int(said["timestamp"]) if "timestamp" in said else None, **texts)

    def given(self) -> tuple[tuple[str, str | int], ...]:
        """What was given, by name."""
        named = ((each.name, getattr(self, each.name)) for each in fields(self))
        return tuple((name, value) for name, value in named if value is not None)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a message says of itself, unchecked: any value may have any type."""

    source: object
    id: object
    type: object
    time: object
    data: object


@dataclass(frozen=True, slots=True)
class Envelope:
    """A checked claim; `time` stays raw, since a bad one is a note and not a refusal."""

    source: str
    id: str
    kind: Kind
    time: object
    data: Mapping[str, object]


def claim_of(document: Mapping[str, object], properties: Properties) -> Claim:
    """Take the claim from the document's attributes, else from the AMQP properties.

    A document is the envelope when the content type says so or when it has `data` or `specversion`, which the data of
    neither message type has; otherwise it is the data itself.
    """
    structured = "data" in document or "specversion" in document or _says_cloudevents(properties.content_type)
    attributes = document if structured else {}
    return Claim(
        source=attributes.get("source", properties.app_id),
        id=attributes.get("id", properties.message_id),
        type=attributes.get("type", properties.type),
        time=attributes.get("time", _iso(properties.timestamp)),
        data=attributes.get("data") if structured else document,
    )


def check(claim: Claim) -> Envelope:
    """Accept a claim whose identity, type and data can be relied on.

    Raises:
        InvalidMessage: in plain words, without any value of the message.
    """
    source = _attribute(claim.source, "source")
    message_id = _attribute(claim.id, "id")
    kind = TYPES.get(claim.type) if isinstance(claim.type, str) else None
    if kind is None:
        raise InvalidMessage(f"its `type` is none of {' and '.join(TYPES)}")
    if not isinstance(claim.data, dict):
        raise InvalidMessage("its `data` is missing or is not an object with named fields")
    return Envelope(source, message_id, kind, claim.time, claim.data)


def shown_source(claim: Claim) -> str:
    """Source for people to read: at most 64 printable ASCII characters, "unknown source" when none can be told."""
    if not isinstance(claim.source, str):
        return UNKNOWN_SOURCE
    ascii_only = "".join(c if " " <= c <= "~" else "?" for c in claim.source[:_LONGEST_SHOWN])
    return ascii_only.strip() if ascii_only.strip("? ") else UNKNOWN_SOURCE


def shown_id(claim: Claim) -> str:
    """Message id when it is fit to be one, otherwise empty."""
    return claim.id if isinstance(claim.id, str) and _is_attribute(claim.id) else ""


def _attribute(value: object, name: str) -> str:
    if isinstance(value, str) and _is_attribute(value):
        return value
    raise InvalidMessage(f"its `{name}` is missing or is not 1 to {LONGEST_ATTRIBUTE} printable characters")


def _is_attribute(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ATTRIBUTE and text.isprintable() and not text.isspace()


def _says_cloudevents(content_type: str | None) -> bool:
    return content_type is not None and content_type.strip().casefold().startswith(CLOUDEVENTS)


def _iso(timestamp: int | None) -> str | None:
    """ISO text of POSIX seconds; None when absent or when no calendar has that moment."""
    if timestamp is None or not 0 <= timestamp < _YEAR_10000:
        return None
    return datetime.fromtimestamp(timestamp, UTC).isoformat()
